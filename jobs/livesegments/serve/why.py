"""Why a user is in a segment or not: the newest change, and the clauses on the values of the profile now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from livesegments.core.conditions import Clause, as_it_counts, clauses, compile_condition
from livesegments.serve.reading import Reader, shown_time

if TYPE_CHECKING:
    from livesegments.core.definition import Definition, SegmentSpec

__all__ = ["Why", "why"]


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """One segment of one user; `now` has the clauses that decide next, none without a profile or a condition."""

    segment: str
    is_member: bool
    since: str | None
    newest: dict[str, Any] | None  # the newest change
    now: list[dict[str, Any]]


def why(reader: Reader, definition: Definition, user_id: str, document: dict[str, Any]) -> list[Why]:
    """Tell it of every segment: those the user is in first, then by name."""
    inside = set(document["segments"])
    newest = {
        segment: msgspec.json.decode(record, type=dict)
        for segment, record in reader.all(
            "SELECT segment, record FROM changes WHERE user_id = ? AND kind != 'moved' ORDER BY sequence", [user_id]
        )
    }
    values = {**document.get("features", {}), **{name: name in inside for name in definition.segments}}
    found = []
    for name in sorted(definition.segments.keys() | inside, key=lambda one: (one not in inside, one)):
        since = None
        if name in inside:
            row = reader.one("SELECT since_ms FROM members WHERE segment = ? AND user_id = ?", (name, user_id))
            since = shown_time(row[0]) if row else None
        spec = definition.segments.get(name)
        now = [] if spec is None or not document.get("features") else _now(spec, values, name in inside)
        found.append(Why(segment=name, is_member=name in inside, since=since, newest=newest.get(name), now=now))
    return found


def _now(spec: SegmentSpec, values: dict[str, Any], is_member: bool) -> list[dict[str, Any]]:
    """Give the clauses of what lets a user in, or of what lets a member out, with the values of the profile."""
    node = spec.exit_when if is_member and spec.exit_when is not None else spec.when
    return [] if node is None else [_clause(clause, values) for clause in clauses(node)]


def _clause(clause: Clause, values: dict[str, Any]) -> dict[str, Any]:
    names = [name for name in clause.names if name in values]
    holds: bool | None = None
    if len(names) == len(clause.names):
        slots = {name: place for place, name in enumerate(names)}
        holds = compile_condition(clause.node, slots)([values[name] for name in names])
    text, met = as_it_counts(clause.text, holds, clause.negated)
    return {"clause": text, "holds": met, "values": {name: values[name] for name in names}}
