"""Explain: what it tells equals what the step did, and what it foretells equals what the step does next."""

import math
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from core.replays import definition_of
from livesegments.core.changes import Change
from livesegments.core.errors import BadEvent
from livesegments.core.events import decode
from livesegments.core.explain import HORIZON_MS, Explanation, History, explain
from livesegments.core.profile import Profile
from livesegments.core.program import CompiledClause
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from livesegments.core.times import DAY_MS, NEVER, format_time, parse_time
from oracle.strategies import Case, case_of, cases

PROPERTY = settings(max_examples=30, suppress_health_check=list(HealthCheck))


def told(engine: Engine, profile: Profile, now_ms: int) -> Explanation:
    """Explain, and assert that the profile stays as it is."""
    before = engine.snapshot(profile)
    explanation = explain(engine, profile, now_ms)
    assert engine.snapshot(profile) == before
    return explanation


def check_because(engine: Engine, profile: Profile, changes: list[Change], now_ms: int) -> int:
    """Assert that clauses are told as in the changes of this very moment; give how many there were."""
    segments = {segment.segment: segment for segment in told(engine, profile, now_ms).segments}
    checked = 0
    for change in changes:
        detail = change.detail
        if change.time_ms != now_ms or detail.segment is None:
            continue
        segment = segments[detail.segment]
        condition = segment.when if detail.change == "entered" or segment.exit_when is None else segment.exit_when
        clauses = [] if condition is None else condition.clauses
        found = [(clause.clause, clause.holds, clause.values) for clause in clauses]
        assert found == [(part.clause, part.holds, part.values) for part in detail.because]
        assert segment.member is (detail.change == "entered")
        assert segment.since == (format_time(now_ms) if segment.member else None)
        checked += 1
    return checked


def check_clauses(case: Case) -> int:
    checked = 0
    engine = Engine(definition_of(case.definition))
    profiles: dict[str, Profile] = {}
    for raw in case.lines:
        try:
            event = decode(raw)
            profile = profiles.setdefault(event.user_id, engine.restore(event.user_id, None))
            _, changes = engine.apply(profile, event)
        except BadEvent:
            continue
        by_event = [change for change in changes if change.detail.cause.kind == "event"]
        if by_event:
            checked += check_because(engine, profile, by_event, profile.clock_ms)
    for profile in profiles.values():
        while profile.due_ms < profile.clock_ms + 90 * DAY_MS:
            due_ms = profile.due_ms
            if changes := engine.advance(profile, due_ms):
                checked += check_because(engine, profile, changes, due_ms)
    return checked


def check_next_change(case: Case) -> None:
    engine = Engine(definition_of(case.definition))
    short = Replay(engine, case.until_ms)
    list(short.run(case.lines))
    now_ms = case.until_ms if case.until_ms is not None else short.greatest_ms
    if now_ms is None:
        return
    longer = list(Replay(engine, now_ms + HORIZON_MS).run(case.lines))
    for user in short.profiles:
        explanation = told(engine, short.profiles[user], now_ms)
        later = [change for change in longer if change.detail.user_id == user and change.time_ms > now_ms]
        expected = [msgspec.to_builtins(change.record) for change in later if change.time_ms == later[0].time_ms]
        found = explanation.next_change
        assert (found.changes if found else []) == expected
        if found:
            assert parse_time(found.at) == now_ms + found.in_ms == later[0].time_ms


def check_history(case: Case) -> None:
    engine = Engine(definition_of(case.definition))
    run = Replay(engine, case.until_ms)
    changes = [change.encode() for change in run.run(case.lines)]
    for user in run.profiles:
        history = History(engine, user, case.until_ms)
        history.read(case.lines)
        assert history.now_ms == (run.greatest_ms if case.until_ms is None else case.until_ms)
        assert engine.snapshot(history.profile) == engine.snapshot(run.profiles[user])
        mine = [line for line in changes if msgspec.json.decode(line)["subject"] == user]
        assert history.counts.changes == len(mine)
        assert [change.encode() for change in history.changes] == mine[-10:]


def check_distances(case: Case) -> int:
    checked = 0
    engine = Engine(definition_of(case.definition))
    run = Replay(engine, case.until_ms)
    list(run.run(case.lines))
    now_ms = case.until_ms if case.until_ms is not None else run.greatest_ms
    for user in run.profiles:
        explanation = told(engine, run.profiles[user], now_ms or 0)
        values = engine.values(run.profiles[user], now_ms or 0)
        for segment in explanation.segments:
            compiled = next(one for one in engine.program.segments if one.spec.name == segment.segment)
            for condition, parts in ((segment.when, compiled.when_clauses), (segment.exit_when, compiled.exit_clauses)):
                for clause, part in zip(condition.clauses if condition else [], parts, strict=bool(condition)):
                    checked += check_distance(engine, clause, part, values)
    return checked


def check_distance(engine: Engine, clause: Any, part: CompiledClause, values: list[Any]) -> int:
    distance = clause.distance.in_feature if clause.distance else None
    if distance is None or not math.isfinite(distance.target):
        return 0
    slot = engine.program.slots[distance.feature]
    assert clause.distance.side != distance.feature or clause.distance.needs == distance.needs
    ends = {"more": [math.inf], "less": [-math.inf], "any": [math.inf, -math.inf]}[distance.direction]
    targets = [math.nextafter(distance.target, end) for end in ends] if distance.beyond else [distance.target]
    for target in targets:
        moved = list(values)
        moved[slot] = target
        assert part.holds(moved) is not clause.holds
    if not distance.beyond and distance.needs:  # and not before: a step back from the target it is as it was
        moved = list(values)
        moved[slot] = math.nextafter(distance.target, distance.value)
        assert part.holds(moved) is clause.holds or distance.target == int(distance.target)
    assert distance.needs == distance.target - distance.value
    assert clause.holds is not None
    return 1


def check_times(case: Case) -> None:
    engine = Engine(definition_of(case.definition))
    run = Replay(engine, case.until_ms)
    list(run.run(case.lines))
    now_ms = case.until_ms if case.until_ms is not None else run.greatest_ms or 0
    for user in run.profiles:
        profile = run.profiles[user]
        explanation = told(engine, profile, now_ms)
        slots = engine.program.slots

        def values_after(after_ms: int, profile: Profile = profile) -> list[Any]:
            return engine.values(profile, now_ms + after_ms)

        now = values_after(0)
        for feature in explanation.features:
            slot, after_ms = slots[feature.feature], feature.changes_in_ms
            assert now[slot] == feature.value
            for probe_ms in (1, 1_000, 3_600_000, DAY_MS, 400 * DAY_MS, NEVER):
                if after_ms is None or probe_ms < after_ms:
                    assert values_after(min(probe_ms, HORIZON_MS))[slot] == feature.value
            if after_ms is not None:
                assert values_after(after_ms)[slot] != feature.value
                assert values_after(after_ms - 1)[slot] == feature.value
        parts = {part.text: part for one in engine.program.segments for part in (*one.when_clauses, *one.exit_clauses)}
        for segment in explanation.segments:
            for condition in (segment.when, segment.exit_when):
                for clause in condition.clauses if condition else []:
                    if clause.flips_in_ms is None:
                        assert parts[clause.clause].holds(values_after(HORIZON_MS)) is clause.holds
                    else:
                        assert parts[clause.clause].holds(values_after(clause.flips_in_ms)) is clause.flips_to
                        assert parts[clause.clause].holds(values_after(clause.flips_in_ms - 1)) is clause.holds


@pytest.mark.thorough
@PROPERTY
@given(cases())
def test_clauses_are_told_as_in_the_change(case: Case) -> None:
    check_clauses(case)


@pytest.mark.thorough
@PROPERTY
@given(cases(in_order_only=True))
def test_the_next_change_is_the_first_that_a_longer_replay_emits(case: Case) -> None:
    check_next_change(case)


@pytest.mark.thorough
@PROPERTY
@given(cases(small_limits=True))
def test_one_users_history_is_that_of_the_replay_of_all(case: Case) -> None:
    check_history(case)


@pytest.mark.thorough
@PROPERTY
@given(cases())
def test_a_distance_flips_its_clause_when_applied(case: Case) -> None:
    check_distances(case)


@pytest.mark.thorough
@PROPERTY
@given(cases())
def test_clauses_and_features_change_by_time_when_told_and_not_before(case: Case) -> None:
    check_times(case)


@pytest.mark.thorough
@pytest.mark.parametrize("check", [check_clauses, check_distances])
def test_the_checks_see_enough(check: Callable[[Case], int]) -> None:
    assert sum(check(case_of(seed)) for seed in range(30)) > 50
