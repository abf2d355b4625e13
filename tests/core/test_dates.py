"""days_since and days_until of a trait, days_since_change: what they read, when they cross, and late events."""

import json
import random
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.samples import definition, line
from livesegments.core.cells.dates import read_date
from livesegments.core.errors import DefinitionError
from livesegments.core.events import Reading, decode
from livesegments.core.explain import explain
from livesegments.core.local_days import day_begins_ms
from livesegments.core.replay import Replay
from livesegments.core.skipped import Skip, Skipped
from livesegments.core.step import Engine
from livesegments.core.times import DAY_MS, format_time, parse_time

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Cairo"]
START_MS = parse_time("2024-01-01T00:00:00Z")


def identify(at_ms: int, **traits: Any) -> bytes:
    return line(type="identify", event=None, timestamp=format_time(at_ms), traits=traits)


@cache
def begins(day: date, zone: str) -> int:
    """Find by looking: the first quarter of an hour at which the local date is the day or later."""
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=26)
    while moment.astimezone(ZoneInfo(zone)).date() < day:
        moment += timedelta(minutes=15)
    return (moment - EPOCH) // timedelta(milliseconds=1)


def days_until(day: date, now_ms: int, zone: str) -> float:
    for year in range(max(day.year, 2020), 2120):
        try:
            anniversary = day.replace(year=year)
        except ValueError:
            anniversary = date(year, 2, 28)
        if now_ms < begins(anniversary + timedelta(days=1), zone):
            return max(0, begins(anniversary, zone) - now_ms) / DAY_MS
    raise AssertionError


@pytest.mark.parametrize(
    ("value", "zone", "time", "day"),
    [
        ("2024-03-01", "UTC", "2024-03-01T00:00:00Z", "2024-03-01"),
        ("2024-3-1", "Europe/Berlin", "2024-02-29T23:00:00Z", "2024-03-01"),
        (" 2024-03-01\n", "America/New_York", "2024-03-01T05:00:00Z", "2024-03-01"),
        ("2024-03-01T23:30:00Z", "Europe/Berlin", "2024-03-01T23:30:00Z", "2024-03-02"),
        ("2024-03-01 02:00", "America/New_York", "2024-03-01T02:00:00Z", "2024-02-29"),
        ("1990-05-17T00:00:00.000Z", "America/New_York", "1990-05-17T00:00:00Z", "1990-05-17"),
        ("1990-05-17T02:00:00+02:00", "America/New_York", "1990-05-17T00:00:00Z", "1990-05-17"),
        ("1956-04-02", "Europe/Berlin", "1956-04-01T23:00:00Z", "1956-04-02"),
        (1_709_287_200, "UTC", "2024-03-01T10:00:00Z", "2024-03-01"),
        (1_709_287_200_123.0, "UTC", "2024-03-01T10:00:00.123Z", "2024-03-01"),
        ("1709287200", "UTC", "2024-03-01T10:00:00Z", "2024-03-01"),
        ("9999-12-31", "America/New_York", "9999-12-31T05:00:00Z", "9999-12-31"),
        ("9999-12-31T23:00:00Z", "Asia/Kathmandu", "9999-12-31T23:00:00Z", "9999-12-31"),
    ],
)
def test_dates_and_times_are_read(value: Any, zone: str, time: str, day: str) -> None:
    assert read_date(value, zone) == (parse_time(time), date.fromisoformat(day).toordinal())


@pytest.mark.parametrize(
    "value",
    ["soon", "2024-02-30", "17.05.1990", "0001-01-01", "0001-01-01T00:00:00Z", True, ["2024-01-01"], {"y": 1}, 1e300],
)
def test_what_is_no_date_is_null_and_counted(value: Any) -> None:
    skipped = Skipped()
    engine = Engine(definition({"age": {"days_since": {"trait": "born"}}, "next": {"days_until": {"trait": "born"}}}))
    profile = engine.restore("u", None)
    for at, born in enumerate(["1990-05-17", value, " ", None]):
        event = decode(identify(START_MS + at * DAY_MS, born=born), reading=Reading(skipped=skipped))
        engine.apply(profile, event)
        values = engine.values(profile, profile.clock_ms)[:2]
        assert (values == [None, None]) is (at > 0)
    assert skipped.most() == [Skip("identify", "traits.born", 1)]


def test_days_since_is_negative_while_ahead_and_crosses_to_the_millisecond() -> None:
    engine = Engine(
        definition(
            {"since": {"days_since": {"trait": "renews"}}},
            {"soon": {"when": "since > -7 && since < 0"}, "past": {"when": "since >= 0"}},
            timezone="America/New_York",
        )
    )
    changes = [
        (change.detail.segment, change.detail.change, format_time(change.time_ms))
        for change in Replay(engine, START_MS + 40 * DAY_MS).run([identify(START_MS, renews="2024-02-01")])
    ]
    assert changes == [
        ("soon", "entered", "2024-01-25T05:00:00.001Z"),
        ("past", "entered", "2024-02-01T05:00:00.000Z"),
        ("soon", "exited", "2024-02-01T05:00:00.000Z"),
    ]


@pytest.mark.parametrize("zone", ZONES)
def test_a_day_begins_with_the_first_moment_of_its_date(zone: str) -> None:
    for day in range(730):
        found = date(2023, 6, 1) + timedelta(days=day)
        assert day_begins_ms(found, zone) == begins(found, zone)


def test_days_that_are_skipped_or_begin_with_a_change_of_the_clock() -> None:
    # Samoa had no 30 December 2011; Toronto's clock went from 23:30 to 00:30 in 1919
    assert day_begins_ms(date(2011, 12, 30), "Pacific/Apia") == parse_time("2011-12-30T10:00:00Z")
    assert day_begins_ms(date(2011, 12, 31), "Pacific/Apia") == parse_time("2011-12-30T10:00:00Z")
    assert day_begins_ms(date(1919, 3, 31), "America/Toronto") == parse_time("1919-03-31T04:30:00Z")


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("born", ["1990-05-17", "1988-02-29", "2001-12-31", "1999-01-01", "2024-03-31", "2026-11-03"])
def test_days_until_is_what_a_calendar_says(zone: str, born: str) -> None:
    engine = Engine(definition({"next": {"days_until": {"trait": "born"}}}, timezone=zone))
    profile = engine.restore("u", None)
    engine.apply(profile, decode(identify(START_MS, born=born)))
    chance = random.Random(born + zone)
    day = date.fromisoformat(born)
    times = [START_MS + chance.randrange(5 * 365 * DAY_MS) for _ in range(20)]
    for year in range(2024, 2028):
        anniversary = date(year, 2, 28) if born == "1988-02-29" and year % 4 else day.replace(year=year)
        for edge in (begins(anniversary, zone), begins(anniversary + timedelta(days=1), zone)):
            times += [edge - 1, edge, edge + 1]
    for now_ms in sorted(time for time in times if time > START_MS):
        assert engine.values(profile, now_ms)[0] == days_until(day, now_ms, zone), format_time(now_ms)


COMPARISONS = {
    "<": lambda value, other: value < other,
    "<=": lambda value, other: value <= other,
    ">": lambda value, other: value > other,
    ">=": lambda value, other: value >= other,
}


@pytest.mark.thorough
@settings(max_examples=25)
@given(
    st.sampled_from(ZONES),
    st.dates(date(1940, 1, 1), date(2026, 12, 31)),
    st.sampled_from(sorted(COMPARISONS)),
    st.sampled_from([0, 1, 7, 6.95, 30.5, 364, 364.96, 365, 366, 1000, -1]),
)
def test_days_until_changes_segments_at_the_first_millisecond(
    zone: str, born: date, operator: str, other: float
) -> None:
    segments = {"near": {"when": f"next {operator} {other}"}}
    engine = Engine(definition({"next": {"days_until": {"trait": "born"}}}, segments, timezone=zone))
    end_ms = START_MS + 1_200 * DAY_MS
    changes = list(Replay(engine, end_ms).run([identify(START_MS, born=born.isoformat())]))

    def holds(now_ms: int) -> bool:
        return COMPARISONS[operator](days_until(born, now_ms, zone), other)

    member, at = False, {change.time_ms for change in changes}
    for change in changes:
        assert change.detail.cause.kind == ("event" if change.time_ms == START_MS else "time")
        assert holds(change.time_ms) is not member
        if change.time_ms > START_MS:
            assert holds(change.time_ms - 1) is member
        member = not member
    expected = holds(START_MS)
    for now_ms in range(START_MS, end_ms, DAY_MS // 2 + 7):  # none is missed
        crossed = sum(1 for time in at if START_MS < time <= now_ms)
        assert holds(now_ms) is (expected ^ bool(crossed % 2))


def test_explain_tells_when_a_birthday_comes() -> None:
    engine = Engine(
        definition(
            {"birthday": {"days_until": {"trait": "born"}}},
            {"birthday_week": {"when": "birthday <= 7"}},
            timezone="Europe/Berlin",
        )
    )
    profile = engine.restore("u", None)
    engine.apply(profile, decode(identify(START_MS, born="1990-05-17")))
    told = explain(engine, profile, START_MS)
    assert told.features[0].meaning == "days until the next anniversary of trait born"
    assert told.features[0].window is None
    assert told.features[0].continuous
    assert told.segments[0].when.clauses[0].flips_at == "2024-05-09T22:00:00.000Z"
    assert told.next_change is not None
    assert told.next_change.at == "2024-05-09T22:00:00.000Z"
    birthday_ms = parse_time("2024-05-17T10:00:00Z")
    engine.advance(profile, birthday_ms)
    on_the_day = explain(engine, profile, birthday_ms).features[0]
    assert (on_the_day.value, on_the_day.continuous) == (0.0, False)
    assert on_the_day.changes_at == "2024-05-17T22:00:00.000Z"


def since_change(events: list[tuple[int, Any]], now_ms: int) -> float | None:
    """Find by looking: events are (time, value as JSON) in the order of arrival."""
    ordered = sorted(events, key=lambda event: event[0])
    newest = ordered[-1][1]
    start = ordered[-1][0]
    for time_ms, value in reversed(ordered):
        if value != newest:
            break
        start = time_ms
    return None if newest is None else (now_ms - start) / DAY_MS


@pytest.mark.thorough
@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.sampled_from(["1", "2", "null", "1.0", "true", '["a"]'])),
        min_size=1,
        max_size=14,
    ),
    st.booleans(),
)
def test_days_since_change_of_events_in_any_order_is_that_of_sorted_ones(
    given_events: list[tuple[int, str]], restored: bool
) -> None:
    definition_ = definition({"since": {"days_since_change": "plan"}}, limits={"lateness": "30s"})
    engine = Engine(definition_)
    profile, clock, applied = engine.restore("u", None), 0, []
    for second, text in given_events:
        if second < clock - 30:
            continue  # too late
        clock = max(clock, second)
        at_ms = START_MS + second * 1_000
        engine.apply(profile, decode(identify(at_ms, plan=json.loads(text))))
        plain = "1" if text == "1.0" else text
        applied.append((at_ms, None if text == "null" else plain))
        if restored:
            profile = engine.restore("u", engine.snapshot(profile))
        now_ms = profile.clock_ms + 5
        assert engine.values(profile, now_ms)[0] == since_change(applied, now_ms)


def test_days_since_change_keeps_a_bounded_number_of_times() -> None:
    engine = Engine(definition({"since": {"days_since_change": "plan"}}, limits={"samples": 5}))
    profile = engine.restore("u", None)
    for number in range(100):
        engine.apply(profile, decode(identify(START_MS + number * 1_000, plan="pro")))
    [state] = profile.cells
    assert [time - START_MS for time in state[2]] == [0, 96_000, 97_000, 98_000, 99_000]
    engine.apply(profile, decode(identify(START_MS + 8 * DAY_MS, plan="pro")))
    assert [time - START_MS for time in profile.cells[0][2]] == [0, 8 * DAY_MS]  # what no late event can touch goes


def test_has_had_a_plan_for_a_month_is_told_when_the_month_is_over() -> None:
    engine = Engine(
        definition(
            {"plan": {"trait": "plan"}, "held": {"days_since_change": "plan"}},
            {"settled": {"when": 'plan == "pro" && held >= 30'}},
        )
    )
    lines = [identify(START_MS + day * DAY_MS, plan=plan) for day, plan in [(0, "free"), (1, "pro"), (20, "pro")]]
    [change] = Replay(engine, START_MS + 60 * DAY_MS).run([*lines, identify(START_MS + 10 * DAY_MS, name="A")])
    assert (change.detail.change, change.time_ms) == ("entered", START_MS + 31 * DAY_MS)


@pytest.mark.parametrize(
    ("feature", "message"),
    [
        ({"days_until": "birthday"}, "write {trait: birthday}"),
        ({"days_until": {"trai": "birthday"}}, 'did you mean "trait"?'),
        ({"days_until": {"trait": "traits.birthday"}}, "traits are named as they are: write birthday"),
        ({"days_until": {"trait": 5}}, "expected the name of a trait, found 5"),
        ({"days_since": {"trait": "a..b"}}, 'expected the name of a trait, found "a..b"'),
        ({"days_since": {"trait": "signed_up"}, "where": "vip"}, "`where` is about events: a trait takes none"),
        ({"days_since": {}}, "expected a trait, such as {trait: birthday}, found none"),
        ({"days_since_change": {"trait": "plan"}}, "write days_since_change: plan"),
        ({"days_since_change": "traits.plan"}, "traits are named as they are: write plan"),
        ({"days_since_changes": "plan"}, 'did you mean "days_since_change"?'),
    ],
)
def test_a_mistake_is_told_with_what_to_write(feature: dict[str, Any], message: str) -> None:
    with pytest.raises(DefinitionError) as wrong:
        definition({"a": feature})
    assert any(message in problem.message for problem in wrong.value.problems), wrong.value.problems


@pytest.mark.parametrize("condition", ["d == 0", "d + 1 > 2", "d < e", "d in [1]"])
def test_they_stand_alone_in_a_comparison(condition: str) -> None:
    features = {"d": {"days_until": {"trait": "born"}}, "e": {"days_since_change": "plan"}}
    with pytest.raises(DefinitionError, match="changes with time alone"):
        definition(features, {"s": {"when": condition}})
