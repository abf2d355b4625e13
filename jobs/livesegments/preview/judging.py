"""Judging tests of users: what was expected, what was found, and the clauses that say why."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import msgspec

from livesegments.core.changes import Change, SegmentChange
from livesegments.core.definition import Definition
from livesegments.core.profile import Profile
from livesegments.core.reasons import Reasons
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from livesegments.core.times import format_time
from livesegments.preview.cases import Case, CaseFile, ExpectedChange
from livesegments.preview.differing import why_in, why_out

__all__ = ["Failure", "Verdict", "judge"]

EngineOf = Callable[[CaseFile, int], Engine]


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not as expected, and why it is as it is."""

    of: str
    expected: Any
    found: Any
    why: list[str] = []


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one test; it passed when there are no failures."""

    file: str
    line: int
    name: str
    failures: list[Failure]


def judge(cases: CaseFile, engine_of: EngineOf) -> list[Verdict]:
    """Replay the events up to the time of each test and judge it; `engine_of` gives an engine for that time."""
    verdicts = []
    told: dict[int, tuple[Replay, list[Change]]] = {}
    for case in cases.cases:
        if case.at_ms not in told:
            replay = Replay(engine_of(cases, case.at_ms), case.at_ms)
            told[case.at_ms] = replay, list(replay.run(cases.lines))
        replay, changes = told[case.at_ms]
        failures = [
            *_segments(case, replay),
            *_features(case, replay),
            *_changes(case, changes, replay.engine.definition),
        ]
        verdicts.append(Verdict(file=cases.file, line=case.line, name=case.name, failures=failures))
    return verdicts


def _segments(case: Case, replay: Replay) -> list[Failure]:
    profile = replay.profiles[case.user]
    return [
        Failure(
            of=name,
            expected="in" if wanted else "out",
            found="out" if wanted else "in",
            why=_why(replay.engine, profile, name, case.at_ms),
        )
        for name, wanted in (case.segments or {}).items()
        if (name in profile.members) is not wanted
    ]


def _why(engine: Engine, profile: Profile, name: str, now_ms: int) -> list[str]:
    clauses, note = (why_in if name in profile.members else why_out)(engine, profile, name, now_ms)
    told = [
        f"{'' if clause.part == 'when' else 'leaves when '}{_told(*clause.as_it_counts, clause.values)}"
        for clause in clauses
    ]
    return [*told, note] if note else told


def _features(case: Case, replay: Replay) -> list[Failure]:
    if not case.features:
        return []
    profile, slots = replay.profiles[case.user], replay.engine.program.slots
    values = replay.engine.values(profile, case.at_ms)
    return [
        Failure(of=name, expected=wanted, found=values[slots[name]])
        for name, wanted in case.features.items()
        if not _is_equal(values[slots[name]], wanted)
    ]


def _is_equal(found: Any, wanted: Any) -> bool:
    """Compare as people write: numbers within a billionth, and an average need not be told to its last digit."""
    numbers = int | float
    if isinstance(found, bool) or isinstance(wanted, bool):
        return found is wanted
    if isinstance(found, numbers) and isinstance(wanted, numbers):
        return math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-9)
    return bool(found == wanted)


def _changes(case: Case, changes: list[Change], definition: Definition) -> list[Failure]:
    if case.changes is None:
        return []
    found = [
        change
        for change in changes
        if isinstance(change.detail, SegmentChange) and change.detail.segment and change.detail.user_id == case.user
    ]
    as_expected = len(found) == len(case.changes) and all(map(_is_expected, found, case.changes))
    if as_expected:
        return []
    place = next(
        (number for number, pair in enumerate(zip(found, case.changes, strict=False)) if not _is_expected(*pair)),
        min(len(found), len(case.changes)),
    )
    why = _reasons(found[place], definition) if place < len(found) else []
    return [
        Failure(
            of=f"change {place + 1}",
            expected=_expected_text(case.changes[place]) if place < len(case.changes) else "no more changes",
            found=_found_text(found[place]) if place < len(found) else "no more changes",
            why=why,
        )
    ]


def _reasons(change: Change, definition: Definition) -> list[str]:
    parts = Reasons(definition).of(msgspec.json.decode(change.encode())["data"])
    return [_told(part["clause"], part["holds"], part["values"]) for part in parts]


def _told(clause: str, holds: bool | None, values: dict[str, Any]) -> str:
    word = "holds" if holds else "does not hold" if holds is False else "is unknown"
    return f"{clause} {word} [{', '.join(f'{name} {_json(value)}' for name, value in values.items())}]"


def _is_expected(found: Change, wanted: ExpectedChange) -> bool:
    detail = found.detail
    assert isinstance(detail, SegmentChange)
    return (
        (detail.change == "entered") is (wanted.change == "entered")
        and detail.segment == wanted.segment
        and wanted.at_ms in (None, found.time_ms)
        and wanted.cause in (None, detail.cause.kind)
    )


def _expected_text(wanted: ExpectedChange) -> str:
    at = "" if wanted.at_ms is None else f" at {format_time(wanted.at_ms)}"
    return f"{wanted.change} {wanted.segment}{at}{'' if wanted.cause is None else f' by {wanted.cause}'}"


def _found_text(found: Change) -> str:
    detail = found.detail
    assert isinstance(detail, SegmentChange)
    verb = "entered" if detail.change == "entered" else "left"
    return f"{verb} {detail.segment} at {format_time(found.time_ms)} by {detail.cause.kind}"


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
