"""The promises of the step: state is bytes, duplicates and timers change nothing, input is never changed."""

import copy

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.samples import START, definition, line
from core.walks import Walk, check_cached, check_no_trace, check_restored, check_timers, events_of
from livesegments.core.events import decode
from livesegments.core.step import Engine
from livesegments.core.times import DAY_MS
from oracle.strategies import Case, cases

START_MS = int(START.timestamp() * 1_000)
PROPERTY = settings(max_examples=100, suppress_health_check=list(HealthCheck))


@pytest.mark.thorough
@PROPERTY
@given(cases())
def test_snapshot_and_restore_after_every_event_changes_nothing(case: Case) -> None:
    walk = Walk(case)
    check_restored(walk, Engine(walk.engine.definition), case)


@pytest.mark.thorough
@PROPERTY
@given(cases())
def test_a_duplicate_changes_nothing(case: Case) -> None:
    once, twice = Walk(case), Walk(case)
    for event in events_of(case):
        once.apply(event)
        twice.apply(event)
        before = twice.profiles.get(event.user_id)
        twice.apply(event)
        assert twice.profiles.get(event.user_id) == before
    assert twice.changes == once.changes
    assert twice.applied == once.applied


@pytest.mark.thorough
@PROPERTY
@given(cases())
def test_events_are_never_changed(case: Case) -> None:
    events = events_of(case)
    before = copy.deepcopy([msgspec.to_builtins(event) for event in events])
    walk = Walk(case)
    for event in events:
        walk.apply(event)
    assert [msgspec.to_builtins(event) for event in events] == before


@pytest.mark.thorough
@PROPERTY
@given(cases(in_order_only=True, bad_lines=False))
def test_timers_that_fire_in_time_or_late_or_never_give_the_same_changes(case: Case) -> None:
    check_timers(Walk(case), Walk(case), case)


@pytest.mark.thorough
@PROPERTY
@given(cases(in_order_only=True, bad_lines=False))
def test_a_due_time_at_which_nothing_changes_leaves_no_trace(case: Case) -> None:
    check_no_trace(Walk(case), Walk(case), case)


@pytest.mark.thorough
@PROPERTY
@given(cases(in_order_only=True, bad_lines=False), st.integers(0, 1_000_000))
def test_nothing_depends_on_what_is_in_memory(case: Case, seed: int) -> None:
    walk = Walk(case)
    check_cached(walk, Engine(walk.engine.definition), case, seed)


def test_a_timer_ahead_of_the_next_event_loses_no_change() -> None:
    features = {"views_7d": {"count": "Product Viewed", "within": "7d"}, "carts": {"count": "Product Added"}}
    engine = Engine(definition(features, {"hot": {"when": "views_7d >= 3 && carts >= 1"}}))
    profile = engine.restore("u", None)
    for day in (0, 1, 2):
        engine.apply(profile, decode(line(day=day)))
    assert engine.advance(profile, START_MS + 7 * DAY_MS) == []
    changes = engine.apply(profile, decode(line(day=6, event="Product Added")))[1]
    changes += engine.advance(profile, START_MS + 40 * DAY_MS)
    told = [(change.detail.change, (change.time_ms - START_MS) / DAY_MS) for change in changes]
    assert told == [("entered", 6), ("exited", 7)]


def test_a_timer_ahead_of_the_next_event_decides_no_static_segment_for_good() -> None:
    features = {"events": {"count": "*"}, "older": {"mean": "*", "of": "money", "between": ["10d", "5d"]}}
    engine = Engine(definition(features, {"first": {"when": "(events > 1 ? older : 0) > 1", "kind": "static"}}))
    for ahead in (False, True):
        profile = engine.restore("u", None)
        engine.apply(profile, decode(line(day=1, properties={"money": 2})))
        if ahead:  # at day 6 there is one event: decided against, were it not for the event of day 4
            assert engine.advance(profile, START_MS + 7 * DAY_MS) == []
            profile = engine.restore("u", engine.snapshot(profile))
        engine.apply(profile, decode(line(day=4)))
        assert [change.detail.segment for change in engine.advance(profile, START_MS + 7 * DAY_MS)] == ["first"]


def test_a_user_comes_back_after_an_erase_where_no_segment_is_defined() -> None:
    engine = Engine(definition({"views": {"count": "Product Viewed"}}))
    profile = engine.restore("u", None)
    for day, kind in ((0, "track"), (1, "erase"), (2, "track"), (90, "track")):
        engine.apply(profile, decode(line(day=day, type=kind)))
    assert engine.values(profile, profile.clock_ms) == [2]
    assert profile.due_ms > profile.clock_ms


def test_a_file_that_is_sent_again_counts_nothing_twice() -> None:
    engine = Engine(definition({"views": {"count": "Product Viewed"}}))
    profile = engine.restore("u", None)
    events = [decode(line(day=index / 100)) for index in range(400)]
    for event in [*events, *events]:
        engine.apply(profile, event)
        if event is events[-1]:
            profile = engine.restore("u", engine.snapshot(profile))
    assert engine.values(profile, profile.clock_ms) == [400]
    assert engine.forgotten_ids == 0


def test_ids_beyond_the_limit_are_forgotten_oldest_first_and_counted() -> None:
    engine = Engine(definition({"views": {"count": "Product Viewed"}}, limits={"message_ids": 3, "lateness": "2d"}))
    profile = engine.restore("u", None)
    events = [decode(line(day=day)) for day in (0, 1, 1.5, 1.6, 1.7, 5)]
    for event in events:
        engine.apply(profile, event)
    assert engine.forgotten_ids == 2  # of the first and the second; at day 5 all were old enough to go
    assert engine.apply(profile, events[-1])[0] == "duplicate"


def test_a_static_segment_is_entered_once_and_never_left() -> None:
    segments = {"rich": {"when": "income > 10", "kind": "static"}}
    engine = Engine(definition({"income": {"trait": "income"}}, segments))
    profile = engine.restore("u", None)
    told = []
    for day, income in enumerate((None, 20, 5, 30, None)):
        _, changes = engine.apply(profile, decode(line(day=day, type="identify", traits={"income": income})))
        told.append([(change.detail.segment, change.detail.change) for change in changes])
    assert told == [[], [("rich", "entered")], [], [], []]
