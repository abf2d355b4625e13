"""Why a user is in a segment of a definition at a time, or is not."""

from __future__ import annotations

from typing import Any, Literal

from livesegments.core.conditions import Node
from livesegments.core.profile import Profile
from livesegments.core.program import CompiledClause, CompiledSegment
from livesegments.core.step import Engine
from livesegments.core.times import format_time
from livesegments.preview.clauses import decisive, outcome
from livesegments.preview.records import DecidingClause

__all__ = ["why_in", "why_out"]

Part = Literal["when", "exit_when"]


def why_out(engine: Engine, profile: Profile, name: str, now_ms: int) -> tuple[list[DecidingClause], str]:
    """Give the clauses that decide that a user is out, or a note where it is not today's values that decide.

    The profile was advanced to now.
    """
    segment = next(one for one in engine.program.segments if one.spec.name == name)
    spec = segment.spec
    if profile.empty:
        return [], "has no profile: erased, or no event was applied"
    if spec.members is not None:
        return [], "is not on the list"
    values = engine.values(profile, now_ms)
    if spec.static and segment.fingerprint in profile.decided:
        return [], f"was decided once, at {format_time(profile.decided[segment.fingerprint])}"
    if spec.exit_when is not None:
        leaves, met = _deciding("exit_when", spec.exit_when, segment.exit_clauses, values)
        if met:
            return leaves, ""
    assert spec.when is not None
    fails, met = _deciding("when", spec.when, segment.when_clauses, values)
    return (fails, "") if not met else ([], _note(segment, profile))


def why_in(engine: Engine, profile: Profile, name: str, now_ms: int) -> tuple[list[DecidingClause], str]:
    """Give the clauses that decide that a user is in, or a note where it is not today's values that decide.

    The profile was advanced to now.
    """
    segment = next(one for one in engine.program.segments if one.spec.name == name)
    spec, since = segment.spec, f"in since {format_time(profile.members[name])}"
    if spec.members is not None:
        return [], "is on the list"
    assert spec.when is not None
    values = engine.values(profile, now_ms)
    holds, met = _deciding("when", spec.when, segment.when_clauses, values)
    if met:
        return holds, since
    if spec.exit_when is not None:
        stays, leaves = _deciding("exit_when", spec.exit_when, segment.exit_clauses, values)
        if not leaves:
            return stays, since
    return [], f"{since}: {'decided once' if spec.static else 'stays for min_dwell'}"


def _deciding(
    part: Part, condition: Node, clauses: tuple[CompiledClause, ...], values: list[Any]
) -> tuple[list[DecidingClause], bool]:
    answers = [clause.holds(values) for clause in clauses]
    found = [
        DecidingClause(
            part=part,
            clause=clauses[index].text,
            holds=answers[index],
            values={name: values[slot] for name, slot in clauses[index].names},
            negated=clauses[index].negated,
        )
        for index in decisive(condition, answers)
    ]
    return found, outcome(condition, answers) is True


def _note(segment: CompiledSegment, profile: Profile) -> str:
    left_ms = profile.left.get(segment.spec.name)
    if left_ms is None:
        return "the condition holds by now"
    return f"left at {format_time(left_ms)}: the cooldown is not over"
