"""Profiles out: the profile document of one user, at the user's clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from itertools import groupby
from typing import Any

import msgspec

from livesegments.core.definition import Field
from livesegments.core.profile import Profile
from livesegments.core.program import Program
from livesegments.core.program.source import Source, indented
from livesegments.core.times import DAY_MS, format_time

__all__ = ["DocumentWriter", "tombstone"]


class DocumentWriter:
    """Writes the profile documents of a program, by code that is made once: where each value stands is known then."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._encode = msgspec.json.Encoder().encode

    @cached_property
    def _document(self) -> Callable[[Profile, list[Any], dict[str, Any]], dict[str, Any]]:
        """Make the code, once a document is wanted: most engines write none."""
        definition, slots = self._program.definition, self._program.slots
        names = {"listed": _listed, "time_at": _time_at, "format_time": format_time}
        source = Source({**names, "cluster_names": _cluster_names, "ids": _ids})
        fields = ["'user_id': profile.user_id", "'sequence': profile.sequence", "'updated_at': format_time(clock_ms)"]
        for section, in_it in groupby(definition.profile, key=lambda field: field.section):
            fields.append(f"{section!r}: {self._section(list(in_it), slots, source)}")
        fields += ["'segments': profile.segments", "'clusters': cluster_names(profile)"]
        fields.append("'predictions': dict(sorted(predictions.items()))")
        fields.append(
            f"'features': {{{', '.join(f'{name!r}: values[{slots[name]}]' for name in definition.features)}}}"
        )
        if definition.identity is not None:
            fields.append("'identities': ids(profile)")
        lines = ["clock_ms = profile.clock_ms", "return {", *indented(f"{field}," for field in fields), "}"]
        return source.function("profile document", "profile, values, predictions", lines)

    def encode(self, profile: Profile, values: list[Any], predictions: dict[str, Any]) -> bytes:
        """Give the profile document of the contract, section 6, as JSON; `values` are those at the clock, by slot."""
        return self._encode(self._document(profile, values, predictions))

    def _section(self, fields: list[Field], slots: Mapping[str, int], source: Source) -> str:
        """Give the expression of one section; one that no feature fills is always the same."""
        if all(field.feature is None for field in fields):
            empty: dict[str, Any] = {field.name: [] if field.as_list else None for field in fields}
            return source.bind(msgspec.Raw(self._encode(empty)), "empty")
        return f"{{{', '.join(f'{field.name!r}: {_shown(field, slots)}' for field in fields)}}}"


def tombstone(user_id: str) -> bytes:
    """Give the record that says in files that a user was erased, or a visitor merged."""
    return msgspec.json.encode({"user_id": user_id, "erased": True})


def _shown(field: Field, slots: Mapping[str, int]) -> str:
    if field.feature is None:
        return "[]" if field.as_list else "None"
    value = f"values[{slots[field.feature]}]"
    return f"listed({value})" if field.as_list else f"time_at({value}, clock_ms)" if field.as_time else value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _time_at(days: Any, clock_ms: int) -> str | None:
    return None if days is None else format_time(clock_ms - round(days * DAY_MS))


def _cluster_names(profile: Profile) -> dict[str, str]:
    return {name: held.name for name, held in sorted(profile.clusters.items())}


def _ids(profile: Profile) -> dict[str, list[str]]:
    return {"anonymous_ids": profile.identities.anonymous_ids if profile.identities else []}
