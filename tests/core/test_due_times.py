"""When a user is looked at although no event came: at the exact time where that is known, and never too late."""

import json
from typing import Any

import pytest

from livesegments.core.changes import Change
from livesegments.core.definition import parse_definition
from livesegments.core.events import Event, decode
from livesegments.core.step import Engine
from livesegments.core.times import DAY_MS, NEVER, format_time

START_MS = 1_731_000_000_000
OTHER = {"n": {"count": "Other"}}
SEGMENTS = {"apart": {"when": "n > 3"}, "s": {"when": "f > 10"}}


def engine_of(feature: dict[str, Any], when: str = "f > 10") -> Engine:
    segments = {**SEGMENTS, "s": {"when": when}}
    return Engine(parse_definition(json.dumps({"features": {**OTHER, "f": feature}, "segments": segments})))


def event(name: str, after_ms: int, **properties: Any) -> Event:
    time_ms = START_MS + after_ms
    given = {"type": "track", "event": name, "messageId": f"{name} {after_ms}", "userId": "u", "properties": properties}
    return decode(json.dumps(given | {"timestamp": format_time(time_ms)}).encode())


def told(engine: Engine, events: list[Event], restored_after: int = -1) -> list[bytes]:
    """Give all changes, also those that come due later; the profile is once restored from its bytes."""
    profile = engine.restore("u", None)
    changes: list[Change] = []
    for number, one in enumerate(events):
        changes += engine.apply(profile, one)[1]
        if number == restored_after:
            profile = engine.restore("u", engine.snapshot(profile))
    while profile.due_ms < NEVER:
        changes += engine.advance(profile, profile.due_ms)
    return [change.encode() for change in changes]


@pytest.mark.parametrize("restored_after", range(4))
@pytest.mark.parametrize(
    ("feature", "amounts"),
    [
        ({"decayed": "Paid", "of": "revenue", "half_life": "1d"}, [100, 1, -50, 1]),
        ({"decayed": "Paid", "of": "revenue", "half_life": "1d"}, [100, 1, 0, 1e-12]),
        ({"sum": "Paid", "of": "revenue", "within": "2d"}, [100, 1, -50, 1]),
        ({"max": "Paid", "of": "revenue", "within": "2d"}, [100, 1, 50, 12]),
        ({"min": "Paid", "of": "revenue", "within": "2d"}, [5, 100, 4, 50]),
    ],
)
def test_no_time_is_missed_after_a_restore(feature: dict[str, Any], amounts: list[float], restored_after: int) -> None:
    engine = engine_of(feature)
    events = [event("Paid", number * 3_600_000, revenue=amount) for number, amount in enumerate(amounts)]
    assert told(engine, events, restored_after) == told(engine, events)
    assert len(told(engine, events)) >= 2


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("f > 10", 9 * 1_000),  # the tenth of 20 events leaves
        ("f >= 10.5", 9 * 1_000),
        ("f < 20", 0),  # equal to a constant: one less is on its other side
        ("f > 40", None),
        ("f > -1", None),
    ],
)
@pytest.mark.parametrize("within", ["2d", {"calendar": "day", "last": 2}])
def test_a_count_comes_due_when_it_reaches_a_constant(when: str, expected: int | None, within: Any) -> None:
    engine = engine_of({"count": "Added", "within": within}, when)
    profile = engine.restore("u", None)
    for number in range(20):
        engine.apply(profile, event("Added", number * 1_000))
    if expected is None:
        assert engine.program.triggers[0].due_ms(profile, profile.clock_ms) == NEVER
    elif within == "2d":
        assert engine.program.triggers[0].due_ms(profile, profile.clock_ms) == START_MS + expected + 2 * DAY_MS
    else:
        midnight_ms = -(-START_MS // DAY_MS) * DAY_MS
        assert engine.program.triggers[0].due_ms(profile, profile.clock_ms) == midnight_ms + DAY_MS


def test_an_event_that_ends_what_was_counted_leaves_the_next_time() -> None:
    engine = engine_of({"count": "Added", "within": "2d", "since": "Ordered"}, "f > 2")
    events = [event("Added", number * 1_000) for number in range(10)]
    late = event("Ordered", 4_500)
    changes = told(engine, [*events, late])
    assert [json.loads(change)["time"] for change in changes] == [
        format_time(START_MS + 2_000),
        format_time(START_MS + 7_000 + 2 * DAY_MS),
    ]


def test_between_constants_an_event_has_nothing_asked_again() -> None:
    engine = engine_of({"count": "Added", "within": "2d"})
    profile = engine.restore("u", None)
    for number in range(30):
        engine.apply(profile, event("Added", number * 1_000))
    due_ms = profile.due_ms
    assert due_ms == START_MS + 2 * DAY_MS  # of the eleventh event: all before may leave
    assert engine.advance(profile, due_ms) == []
    assert profile.due_ms == START_MS + 19_000 + 2 * DAY_MS


@pytest.mark.parametrize("restored_after", [-1, 0, 1])
@pytest.mark.parametrize(
    ("feature", "value"),
    [
        ({"count": "Added", "within": "2d"}, "f * 2"),
        ({"followed": ["Added", "Paid"], "in": "1h", "within": "2d"}, "f * 2"),
        ({"sum": "Added", "of": "revenue", "within": "2d"}, "f - 4"),
    ],
)
def test_a_value_made_of_what_is_compared_too_is_looked_at_at_each_edge(
    feature: dict[str, Any], value: str, restored_after: int
) -> None:
    features = {"f": feature, "made": {"value": value}}
    segments = {"both": {"when": "f > 100 || made > 3"}}
    engine = Engine(parse_definition(json.dumps({"features": features, "segments": segments})))
    events = [
        event(name, number * 60_000 + paid, revenue=4)
        for number in range(3)  # the user leaves with the second that does
        for name, paid in [("Added", 0), ("Paid", 1)]
    ]
    changes = [json.loads(change) for change in told(engine, events, restored_after)]
    assert [change["type"].rsplit(".", 2)[-2] for change in changes] == ["entered", "exited"]
    assert changes[1]["time"] == format_time(START_MS + 60_000 + 2 * DAY_MS)


@pytest.mark.parametrize("restored_after", [-1, 0, 1, 2])
def test_a_late_event_that_is_followed_instead_brings_the_exit_nearer(restored_after: int) -> None:
    engine = engine_of({"followed": ["Added", "Paid"], "in": "1h", "within": "2d"}, "f >= 1")
    events = [event("Added", 600_000), event("Paid", 1_200_000), event("Added", 300_000)]  # the last one is late
    changes = [json.loads(change) for change in told(engine, events, restored_after)]
    assert [change["type"].rsplit(".", 2)[-2] for change in changes] == ["entered", "exited"]
    assert changes[1]["time"] == format_time(START_MS + 300_000 + 2 * DAY_MS)


@pytest.mark.parametrize("when", ["f >= 1", "f >= n", "f >= n * n"])
@pytest.mark.parametrize("before_ms", [1, 2, 3])
def test_a_crossing_just_after_an_event_is_told_at_its_millisecond(when: str, before_ms: int) -> None:
    engine = engine_of({"days_since": "Paid"}, when)
    profile = engine.restore("u", None)
    engine.apply(profile, event("Paid", 0))
    engine.apply(profile, event("Other", DAY_MS - before_ms))  # n is 1 from now on
    [entered] = engine.advance(profile, START_MS + 2 * DAY_MS)
    assert entered.time_ms == START_MS + DAY_MS


def test_what_decays_counts_1_for_each_event_without_of() -> None:
    engine = engine_of({"decayed": "Paid", "half_life": "1d"})
    profile = engine.restore("u", None)
    for number in range(4):
        engine.apply(profile, event("Paid", number * DAY_MS, revenue=10))
    value = engine.values(profile, profile.clock_ms)[engine.program.slots["f"]]
    assert value == 1 + 1 / 2 + 1 / 4 + 1 / 8


@pytest.mark.parametrize("when", ["f > 0", "f > n", "f >= n", "f < n"])
def test_a_sum_of_0_that_decays_crosses_nothing(when: str) -> None:
    engine = engine_of({"decayed": "Paid", "of": "revenue", "half_life": "1d"}, when)
    events = [event("Else", 0), event("Paid", 1, revenue=0), event("Else", DAY_MS)]
    assert len(told(engine, events)) == (when == "f >= n")
    assert told(engine, events, 1) == told(engine, events)
