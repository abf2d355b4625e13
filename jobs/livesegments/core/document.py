"""Profiles out: the profile document of one user, at the user's clock."""

from __future__ import annotations

from typing import Any

import msgspec

from livesegments.core.definition import Field
from livesegments.core.profile import Profile
from livesegments.core.program import Program
from livesegments.core.times import DAY_MS, format_time

__all__ = ["profile_document", "tombstone"]


def profile_document(program: Program, profile: Profile, values: list[Any]) -> dict[str, Any]:
    """Give the profile document of the contract, section 6; `values` are those at the user's clock, by slot."""
    found: dict[str, Any] = {
        "user_id": profile.user_id,
        "sequence": profile.sequence,
        "updated_at": format_time(profile.clock_ms),
    }
    for field in program.definition.profile:
        value = None if field.feature is None else values[program.slots[field.feature]]
        found.setdefault(field.section, {})[field.name] = _shown(field, value, profile.clock_ms)
    found["segments"] = profile.segments
    found["clusters"] = {name: membership[1] for name, membership in sorted(profile.clusters.items())}
    found["predictions"] = {name: answer[0] for name, answer in sorted(profile.predictions.items())}
    found["features"] = {name: values[program.slots[name]] for name in program.definition.features}
    return found


def tombstone(user_id: str) -> bytes:
    """Give the record that says in files that a user was erased."""
    return msgspec.json.encode({"user_id": user_id, "erased": True})


def _shown(field: Field, value: Any, clock_ms: int) -> Any:
    if field.as_time:
        return None if value is None else format_time(clock_ms - round(value * DAY_MS))
    if field.as_list and not isinstance(value, list):
        return [] if value is None else [value]
    return value
