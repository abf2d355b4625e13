"""Profiles out: the profile document of one user, at the user's clock."""

from __future__ import annotations

from typing import Any

import msgspec

from livesegments.core.definition import Field
from livesegments.core.profile import Profile
from livesegments.core.step import Engine
from livesegments.core.times import DAY_MS, format_time

__all__ = ["document", "profile_document", "tombstone"]

_encoder = msgspec.json.Encoder()


def document(engine: Engine, profile: Profile) -> bytes | None:
    """Give the profile as JSON, or None for a user that has none or was erased."""
    found = profile_document(engine, profile)
    return None if found is None else _encoder.encode(found)


def profile_document(engine: Engine, profile: Profile) -> dict[str, Any] | None:
    """Give the profile document of the contract, section 6; every value is that at the user's clock."""
    if profile.empty:
        return None
    program = engine.program
    values = engine.values(profile, profile.clock_ms)
    found: dict[str, Any] = {
        "user_id": profile.user_id,
        "sequence": profile.sequence,
        "updated_at": format_time(profile.clock_ms),
    }
    for field in engine.definition.profile:
        value = None if field.feature is None else values[program.slots[field.feature]]
        found.setdefault(field.section, {})[field.name] = _shown(field, value, profile.clock_ms)
    found["segments"] = profile.segments
    found["clusters"] = profile.clusters
    found["predictions"] = profile.predictions
    found["features"] = {name: values[program.slots[name]] for name in engine.definition.features}
    return found


def tombstone(user_id: str) -> bytes:
    """Give the record that says in files that a user was erased."""
    return _encoder.encode({"user_id": user_id, "erased": True})


def _shown(field: Field, value: Any, clock_ms: int) -> Any:
    if field.as_time:
        return None if value is None else format_time(clock_ms - round(value * DAY_MS))
    if field.as_list and not isinstance(value, list):
        return [] if value is None else [value]
    return value
