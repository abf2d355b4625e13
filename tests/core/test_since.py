"""The option `since`: only events later than the user's newest event of a selector, in whatever order they come."""

from __future__ import annotations

import random
from typing import Any

import pytest

from core.samples import definition
from core.streams_by_hand import changes_of, encoded, ordered, values_after, with_timers
from livesegments.core.definition import parse_definition
from livesegments.core.errors import DefinitionError
from livesegments.core.events import decode
from livesegments.core.explain import History, explain
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from livesegments.core.times import parse_time
from livesegments.survey import Survey, findings_of, never_matched

START_MS = parse_time("2024-01-01T00:00:00Z")
HOUR_MS = 3_600_000
ADDED, ORDER = "Product Added", "Order Completed"


def stream(*events: tuple[str, float]) -> list[bytes]:
    return [encoded(number, name, START_MS + round(hour * HOUR_MS)) for number, (name, hour) in enumerate(events)]


CARTS: list[tuple[str, list[tuple[str, float]], int]] = [
    ("nothing ordered: everything counts", [(ADDED, 1), (ADDED, 2)], 2),
    ("an order ends what was before it", [(ADDED, 1), (ORDER, 2), (ADDED, 3)], 1),
    ("of equal times the later one is the newer: order last", [(ADDED, 1), (ORDER, 1)], 0),
    ("of equal times the later one is the newer: order first", [(ORDER, 1), (ADDED, 1)], 1),
    ("a late event from before the order does not count", [(ORDER, 2), (ADDED, 1), (ADDED, 3)], 1),
    ("a late event at the time of the order came later", [(ORDER, 2), (ADDED, 3), (ADDED, 2)], 2),
    (
        "a late order ends what was before it and no more",
        [(ADDED, 1), (ADDED, 2), (ADDED, 4), (ORDER, 2), (ADDED, 3)],
        2,
    ),
    ("a late order that is not the newest changes nothing", [(ADDED, 1), (ORDER, 3), (ADDED, 4), (ORDER, 2)], 1),
    ("two orders", [(ADDED, 1), (ORDER, 2), (ADDED, 3), (ADDED, 4), (ORDER, 3)], 1),
    ("of two orders at one time the later one is the newer", [(ORDER, 1), (ADDED, 1), (ORDER, 1)], 0),
    ("only orders", [(ORDER, 1), (ORDER, 2)], 0),
]


@pytest.mark.parametrize(("events", "count"), [case[1:] for case in CARTS], ids=[case[0] for case in CARTS])
@pytest.mark.parametrize("window", [{}, {"within": "30d"}])
def test_events_count_since_the_newest_order(
    events: list[tuple[str, float]], count: int, window: dict[str, str]
) -> None:
    features = {"added": {"count": ADDED, "since": ORDER, **window}, "days": {"days_since": ADDED, "since": ORDER}}
    found = values_after(features, stream(*events))
    assert found["added"] == count
    assert (found["days"] is None) == (count == 0)


def test_an_event_that_ends_the_others_does_not_count_itself() -> None:
    features = {"all": {"count": "*", "since": [ORDER, "Email *"]}, "pages": {"count": ["page", ORDER], "since": ORDER}}
    lines = stream((ADDED, 1), (ORDER, 2), ("page", 3), ("Email Opened", 4), (ADDED, 5), ("page", 6))
    assert values_after(features, lines) == {"all": 2, "pages": 2}


def test_a_session_since_an_order_begins_after_it() -> None:
    features = {
        "pages": {"session": "pages", "since": ORDER},
        "sessions": {"session": "count", "since": ORDER, "within": "2d"},
        "long": {"session": "average_duration", "since": ORDER},
    }
    lines = stream(("page", 1), ("page", 1.2), (ORDER, 1.3), ("page", 1.4), ("page", 1.5), ("page", 3), ("page", 3.1))
    assert values_after(features, lines) == {"pages": 4, "sessions": 2, "long": 360.0}
    late = [*lines[:2], *lines[3:], lines[2]]
    assert values_after(features, late) == {"pages": 4, "sessions": 2, "long": 360.0}


KINDS: dict[str, dict[str, Any]] = {
    "count": {"count": "A *"},
    "count_within": {"count": "A *", "within": "2d"},
    "count_between": {"count": "A *", "between": ["2d", "6h"]},
    "sum": {"sum": "A *", "of": "x"},
    "sum_within": {"sum": "A *", "of": "x", "within": "3d", "where": "x > 2"},
    "mean": {"mean": "*", "of": "x"},
    "mean_within": {"mean": "*", "of": "x", "within": "30h"},
    "min": {"min": "A *", "of": "x"},
    "max_within": {"max": "A *", "of": "x", "within": "2d"},
    "first": {"first": "A *", "of": "products.id"},
    "last": {"last": "A *", "of": "products.id"},
    "recent": {"recent": "A *", "of": "products.id", "n": 4},
    "distinct": {"distinct": "A *", "of": "products.id"},
    "distinct_within": {"distinct": "A *", "of": "products.id", "within": "2d", "items": "id > 1"},
    "top": {"top": "*", "of": "products.id", "n": 2},
    "share_within": {"share": "A *", "of": "products.id", "within": "3d"},
    "share_of": {"share": "A *", "of": "products.id", "equals": 2},
    "ratio": {"ratio": ["A 1", "A *"]},
    "ratio_within": {"ratio": ["A 1", "*"], "within": "2d"},
    "rate": {"rate": "A *", "per": "1d", "within": "4d"},
    "days_since": {"days_since": "A *"},
    "decayed": {"decayed": "A *", "of": "x", "half_life": "1d"},
    "peak": {"peak": "A *", "by": "hour"},
    "peak_within": {"peak": "A *", "by": "weekday", "within": "3d"},
    "sessions": {"session": "count", "gap": "2h"},
    "pages": {"session": "average_pages", "gap": "2h", "within": "2d"},
    "followed": {"followed": ["A 1", "A 2"], "in": "1d"},
    "followed_by": {"followed": ["A *", "page"], "in": "2d", "by": "x", "within": "3d", "where": "x > 1"},
    "unfollowed": {"unfollowed": ["A 1", "A 2"], "after": "6h"},
    "unfollowed_within": {"unfollowed": ["A *", "page"], "after": "1h", "within": "2d", "items": "id > 1"},
    "span": {"session": "average_duration", "gap": "2h", "events": "*"},
}


def drawn(seed: int) -> list[bytes]:
    """Give some days of one user, many events at equal times, in no order."""
    chance = random.Random(seed)
    lines = []
    for number in range(chance.randrange(2, 40)):
        name = chance.choice(["A 1", "A 2", "page", ORDER, "B"])
        products = [{"id": chance.randrange(4)} for _ in range(chance.randrange(3))]
        time_ms = START_MS + chance.randrange(5 * 24) * HOUR_MS
        lines.append(encoded(number, name, time_ms, x=chance.choice([1, 2.5, 3, "4", None]), products=products))
    return lines


def same(found: Any, expected: Any) -> bool:
    return bool(found == (pytest.approx(expected, rel=1e-12) if isinstance(expected, float) else expected))


@pytest.mark.parametrize("seed", range(60))
def test_late_events_give_the_values_of_sorted_input(seed: int) -> None:
    lines = drawn(seed)
    since = {name: kind | {"since": ORDER} for name, kind in KINDS.items()}
    found = values_after(since, lines, chance=random.Random(seed))
    expected = values_after(since, ordered(lines))
    assert {name for name in since if not same(found[name], expected[name])} == set()


@pytest.mark.parametrize("seed", range(60))
def test_the_values_are_those_of_the_events_since_alone(seed: int) -> None:
    """Without `since`, over those events of the stream that are later than the newest order."""
    lines = drawn(seed)
    events = [decode(raw) for raw in lines]
    orders = [(event.time_ms, place) for place, event in enumerate(events) if event.event == ORDER]
    newest = max(orders, default=(-1, -1))
    left = [
        raw for place, (raw, event) in enumerate(zip(lines, events, strict=True)) if (event.time_ms, place) > newest
    ]
    clock_ms = max(event.time_ms for event in events)
    first_ms = min(event.time_ms for event in events)
    others = [encoded(900, "identify", first_ms), encoded(901, "identify", clock_ms)]  # that count nowhere
    found = values_after({name: kind | {"since": ORDER} for name, kind in KINDS.items()}, lines)
    expected = values_after(KINDS, [*others, *left])
    assert {name for name in KINDS if not same(found[name], expected[name])} == set()


def test_what_was_read_before_the_order_is_read_anew_after_it() -> None:
    engine = Engine(definition({"added": {"count": ADDED, "since": ORDER, "within": "9d"}}))
    profile, found = engine.restore("u", None), []
    for raw in stream((ADDED, 1), (ADDED, 2), (ORDER, 3), (ADDED, 4), (ORDER, 5)):
        engine.apply(profile, decode(raw))
        found += engine.values(profile, profile.clock_ms)
    assert found == [1, 2, 0, 1, 0]


def test_over_the_limit_only_a_late_order_is_inexact_and_explain_says_so() -> None:
    feature = {"added": {"count": ADDED, "since": ORDER}}
    many = stream(*((ADDED, hour) for hour in range(10)))
    engine = Engine(definition(feature, limits={"samples": 4}))
    history = History(engine, "u", None)
    history.read(many)
    [told] = explain(engine, history.profile, history.now_ms).features
    assert told.meaning == "number of Product Added, since the last Order Completed"
    assert told.limit == (
        "over 4 events since: one of Order Completed that comes late ends none of those before the newest 4"
    )
    for hour, count in ((2, 10), (6, 3), (9, 0), (20, 0)):
        late = [*many, encoded(99, ORDER, START_MS + hour * HOUR_MS)]
        assert values_after(feature, late, limits={"samples": 4}) == {"added": count}


def test_what_is_kept_is_bounded_and_found_again_after_an_edit() -> None:
    features = {"added": {"count": ADDED, "since": ORDER}, "all": {"count": ADDED}}
    engine = Engine(definition(features, limits={"samples": 4, "message_ids": 1}))
    profile, sizes = engine.restore("u", None), []
    for raw in stream(*((ADDED, hour) for hour in range(200))):
        engine.apply(profile, decode(raw))
        sizes.append(len(engine.snapshot(profile) or b""))
    assert max(sizes[10:]) - min(sizes[10:]) <= 4
    edited = Engine(definition({"renamed": features["added"]}, limits={"samples": 4, "message_ids": 1}))
    again = edited.restore("u", engine.snapshot(profile))
    assert edited.values(again, again.clock_ms) == [200]
    other = Engine(definition({"added": {"count": ADDED, "since": "Order *"}}, limits={"samples": 4}))
    again = other.restore("u", engine.snapshot(profile))
    assert other.values(again, again.clock_ms) == [0]


def test_an_abandoned_cart_ends_with_the_order() -> None:
    features = {
        "cart": {"days_since": ADDED, "since": ORDER},
        "added": {"count": ADDED, "since": ORDER, "within": "2d"},
    }
    segments = {"abandoned": "added >= 2 && cart >= 0.125"}
    lines = stream((ADDED, 1), (ADDED, 2), (ORDER, 7), (ADDED, 8), (ADDED, 9))
    assert changes_of(features, segments, lines, START_MS + 90 * HOUR_MS) == [
        "entered abandoned 2024-01-01T05:00:00.000Z",
        "exited abandoned 2024-01-01T07:00:00.000Z",
        "entered abandoned 2024-01-01T12:00:00.000Z",
        "exited abandoned 2024-01-03T08:00:00.000Z",
    ]


def test_an_order_has_segments_decided_that_compare_no_numbers() -> None:
    features = {"newest": {"last": ADDED, "of": "x", "since": ORDER}}
    lines = [*(encoded(n, ADDED, START_MS + n, x="hat") for n in range(2)), encoded(2, ORDER, START_MS + 2)]
    assert changes_of(features, {"hat": 'newest == "hat"'}, lines, START_MS + 9) == [
        "entered hat 2024-01-01T00:00:00.000Z",
        "exited hat 2024-01-01T00:00:00.002Z",
    ]


SEGMENTS = {
    "many": {"when": "count_between >= 2"},
    "idle": {"when": "days_since > 0.5 && sum > 3"},
    "fast": {"when": "rate > 1", "exit_when": "rate < 0.5"},
    "warm": {"when": "decayed >= 2"},
    "visits": {"when": "pages > 0.5 || ratio_within < 0.5", "min_dwell": "3h"},
    "cart": {"when": "days_a < days_order"},
}


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(30))
def test_timers_change_nothing_that_replay_does_not_say(seed: int) -> None:
    features = {name: kind | {"since": ORDER} for name, kind in KINDS.items()}
    features |= {"days_a": {"days_since": "A *"}, "days_order": {"days_since": ORDER}}
    engine = Engine(definition(features, SEGMENTS))
    lines, chance = ordered(drawn(seed)), random.Random(seed)
    until_ms = decode(lines[-1]).time_ms + 9 * 24 * HOUR_MS
    plain = [change.encode() for change in Replay(engine, until_ms).run(lines)]
    assert with_timers(engine, lines, until_ms, chance) == plain


@pytest.mark.parametrize(
    ("feature", "message"),
    [
        ("{count: x, since: 7d}", "a span of time is `within: 7d`"),
        (
            "{count: x, since: 2017-06-01}",
            'not since a date, found the date "2017-06-01"',
        ),
        ("{count: x, since: [a, 5]}", "expected an event name"),
        ("{count: x, since: {trait: a}}", "expected an event name"),
        ("{count: x, since: x}", "no x is later than the newest of x"),
        ("{count: [Email Opened, page], since: ['Email *', page]}", "nothing is ever counted"),
        ("{ratio: [a, b], since: b}", "no b is later"),
        ("{followed: [a, b], in: 1h, since: b}", "no b is later"),
        ("{unfollowed: [a, b], after: 1h, since: a}", "no a is later"),
        ("{session: count, since: '*'}", "nothing is ever counted"),
        ("{count: x, sinse: y}", 'did you mean "since"?'),
        ("{trait: x, since: y}", 'unknown option of `trait` "since"'),
        ("{value: '1', since: y}", 'unknown option of `value` "since"'),
    ],
)
def test_mistakes_say_what_to_write(feature: str, message: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        parse_definition(f"features:\n  f: {feature}")
    assert message in str(caught.value)


def test_check_reads_the_events_of_since() -> None:
    survey = Survey(definition({"f": {"count": ADDED, "since": "Orders Completed"}}))
    for raw in stream(("orders  completed", 1), ("orders  completed", 2)):
        survey.add(raw)
    assert [finding.near for finding in findings_of(survey)] == ["Orders Completed"]
    [never] = never_matched(survey)
    assert never.reason == "no event Product Added came"
