"""Profiles out: the profile document of one user, at the user's clock."""

from __future__ import annotations

from typing import Any

import msgspec

from livesegments.core.definition import Field
from livesegments.core.profile import Profile
from livesegments.core.program import Program
from livesegments.core.times import DAY_MS, format_time

__all__ = ["DocumentWriter", "tombstone"]


class DocumentWriter:
    """Writes the profile documents of a program; where each value stands is found once."""

    def __init__(self, program: Program) -> None:
        self._features = [(name, program.slots[name]) for name in program.definition.features]
        self._sections: dict[str, list[tuple[Field, int | None]]] = {}
        for field in program.definition.profile:
            slot = None if field.feature is None else program.slots[field.feature]
            self._sections.setdefault(field.section, []).append((field, slot))
        self._encode = msgspec.json.Encoder().encode

    def encode(self, profile: Profile, values: list[Any], predictions: dict[str, Any]) -> bytes:
        """Give the profile document of the contract, section 6, as JSON; `values` are those at the clock, by slot."""
        clock_ms = profile.clock_ms
        found: dict[str, Any] = {
            "user_id": profile.user_id,
            "sequence": profile.sequence,
            "updated_at": format_time(clock_ms),
        }
        for section, fields in self._sections.items():
            found[section] = {
                field.name: _shown(field, None if slot is None else values[slot], clock_ms) for field, slot in fields
            }
        found["segments"] = profile.segments
        found["clusters"] = {name: held.name for name, held in sorted(profile.clusters.items())}
        found["predictions"] = dict(sorted(predictions.items()))
        found["features"] = {name: values[slot] for name, slot in self._features}
        return self._encode(found)


def tombstone(user_id: str) -> bytes:
    """Give the record that says in files that a user was erased."""
    return msgspec.json.encode({"user_id": user_id, "erased": True})


def _shown(field: Field, value: Any, clock_ms: int) -> Any:
    if field.as_list:
        return value if isinstance(value, list) else [] if value is None else [value]
    if field.as_time:
        return None if value is None else format_time(clock_ms - round(value * DAY_MS))
    return value
