"""Windows of the calendar: days, weeks, months and years of a time zone, through all changes of its clock."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.samples import definition
from core.streams_by_hand import changes_of, encoded, ordered, values_after, with_timers
from livesegments.core.cells.calendar import UNITS, Calendar
from livesegments.core.definition import parse_definition
from livesegments.core.errors import DefinitionError
from livesegments.core.events import decode
from livesegments.core.explain import History, explain
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from livesegments.core.times import DAY_MS, NEVER, format_time, parse_time

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo"]

MIDNIGHTS = [
    ("UTC", "2024-03-01", "2024-03-01T00:00:00.000Z"),
    ("Europe/Berlin", "2024-03-31", "2024-03-30T23:00:00.000Z"),
    ("Europe/Berlin", "2024-04-01", "2024-03-31T22:00:00.000Z"),
    ("America/New_York", "2024-11-03", "2024-11-03T04:00:00.000Z"),
    ("America/New_York", "2024-11-04", "2024-11-04T05:00:00.000Z"),
    ("Australia/Lord_Howe", "2024-04-07", "2024-04-06T13:00:00.000Z"),  # half an hour back on that night
    ("Australia/Lord_Howe", "2024-04-08", "2024-04-07T13:30:00.000Z"),
    ("Asia/Kathmandu", "2024-02-29", "2024-02-28T18:15:00.000Z"),
    ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00.000Z"),  # no midnight: from 0:00 to 1:00
    ("Asia/Beirut", "2022-03-27", "2022-03-26T22:00:00.000Z"),  # the same
    ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00.000Z"),  # this day was left out
    ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00.000Z"),
    ("America/Havana", "2024-11-03", "2024-11-03T04:00:00.000Z"),  # midnight comes twice: from 1:00 to 0:00
    ("America/St_Johns", "2010-11-07", "2010-11-07T02:30:00.000Z"),  # from 0:01 to 23:01
]


@pytest.mark.parametrize(("zone", "day", "begins"), MIDNIGHTS)
def test_a_day_begins_at_its_first_moment(zone: str, day: str, begins: str) -> None:
    calendar = Calendar("day", zone)
    assert format_time(calendar.start_ms(date.fromisoformat(day).toordinal())) == begins


def test_a_day_that_has_begun_does_not_end_when_the_clock_is_put_back_over_midnight() -> None:
    sunday = date(2010, 11, 7).toordinal()
    for text, index in [("02:29:59.999", sunday - 1), ("02:30:00.000", sunday), ("02:45:00.000", sunday)]:
        assert Calendar("day", "America/St_Johns").index_of(parse_time(f"2010-11-07T{text}Z")) == index


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("zone", [*ZONES, "America/Havana", "America/St_Johns", "Pacific/Apia"])
def test_every_time_lies_in_its_period_and_periods_follow_one_another(zone: str, unit: Any) -> None:
    chance, calendar = random.Random(zone + unit), Calendar(unit, zone)
    for _ in range(400):
        time_ms = chance.randrange(parse_time("1970-01-03T00:00:00Z"), parse_time("2100-01-01T00:00:00Z"))
        index = calendar.index_of(time_ms)
        assert calendar.start_ms(index) <= time_ms < calendar.start_ms(index + 1)
        begin_ms = calendar.start_ms(index)
        assert calendar.index_of(begin_ms) == index
        if calendar.start_ms(index - 1) < begin_ms:  # a day that was left out has no moment
            assert calendar.index_of(begin_ms - 1) == index - 1
    assert calendar.start_ms(-5) == -NEVER
    assert calendar.start_ms(4_000_000) == NEVER


def test_a_week_begins_on_monday_and_beyond_the_calendar_nothing_does() -> None:
    week = Calendar("week", "Europe/Berlin")
    index = week.index_of(parse_time("2024-04-07T21:59:59.999Z"))
    assert format_time(week.start_ms(index)) == "2024-03-31T22:00:00.000Z"
    assert format_time(week.start_ms(index + 1)) == "2024-04-07T22:00:00.000Z"


def periods_back(unit: str, zone: str, time_ms: int) -> int:
    """Number the period of a time from its local date alone."""
    local = datetime.fromtimestamp(time_ms // 1_000, UTC).astimezone(ZoneInfo(zone)).date()
    if unit == "day":
        return (local - date(1970, 1, 1)).days
    if unit == "week":
        return (local - timedelta(days=local.weekday()) - date(1969, 12, 29)).days // 7
    return local.year * 12 + local.month if unit == "month" else local.year


LAST = {"day": 3, "week": 2, "month": 2, "year": 2}
SPANS_DAYS = {"day": 5, "week": 30, "month": 120, "year": 1_000}
AROUND = ["2024-03-31T01:00:00Z", "2024-11-03T06:00:00Z", "2024-04-06T15:00:00Z", "2024-02-29T12:00:00Z"]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("seed", range(4))
def test_an_event_counts_in_its_period_and_the_next_ones(zone: str, unit: str, seed: int) -> None:
    """Against the local dates of the events and of the moment; and nothing moves between two edges."""
    chance = random.Random(f"{zone} {unit} {seed}")
    middle_ms, span_ms = parse_time(AROUND[seed]), SPANS_DAYS[unit] * DAY_MS
    times = sorted(middle_ms + chance.randrange(-span_ms, span_ms) for _ in range(30))
    engine = Engine(definition({"n": {"count": "A", "within": {"calendar": unit, "last": LAST[unit]}}}, timezone=zone))
    profile = engine.restore("u", None)
    slot = engine.program.slots["n"]
    for number, time_ms in enumerate(times):
        engine.apply(profile, decode(encoded(number, "A", time_ms)))

        def expected(now_ms: int, known: int = number) -> int:
            first = periods_back(unit, zone, now_ms) - LAST[unit]
            return sum(periods_back(unit, zone, one) > first for one in times[: known + 1])

        assert engine.values(profile, time_ms)[slot] == expected(time_ms)
    now_ms, feature = times[-1], engine.program.features[0]
    while now_ms < NEVER:
        edge_ms = feature.next_edge_ms(engine.program.states_of(profile, 0), now_ms)
        if edge_ms < NEVER:
            assert expected(edge_ms - 1) == expected(now_ms) != expected(edge_ms)
            assert engine.values(profile, edge_ms)[slot] == expected(edge_ms)
        now_ms = edge_ms


KINDS: dict[str, dict[str, Any]] = {
    "count": {"count": "A"},
    "sum": {"sum": "A", "of": "x"},
    "mean": {"mean": "A", "of": "x", "where": "x > 2"},
    "min": {"min": "A", "of": "x"},
    "max": {"max": "A", "of": "x"},
    "distinct": {"distinct": "A", "of": "products.id"},
    "top": {"top": "A", "of": "products.id"},
    "share": {"share": "A", "of": "products.id", "items": "id < 3"},
    "share_of": {"share": "A", "of": "products.id", "equals": 2},
    "ratio": {"ratio": ["A", "*"]},
    "rate": {"rate": "A", "per": "1d"},
    "peak": {"peak": "A", "by": "hour"},
    "peak_share": {"peak_share": "A", "by": "weekday"},
    "sessions": {"session": "count", "gap": "2h"},
    "pages": {"session": "average_pages", "gap": "2h"},
    "length": {"session": "average_duration", "gap": "2h"},
    "idle": {"session": "days_since", "gap": "2h"},
    "followed": {"followed": ["A", "B"], "in": "1d"},
    "unfollowed": {"unfollowed": ["A", "B"], "after": "3h"},
    "since": {"count": "A", "since": "B"},
    "sum_since": {"sum": "*", "of": "x", "since": "B"},
    "distinct_since": {"distinct": "A", "of": "products.id", "since": "B"},
}


def drawn(chance: random.Random, middle_ms: int) -> list[bytes]:
    lines = []
    for number in range(chance.randrange(2, 40)):
        time_ms = middle_ms + chance.randrange(-72, 72) * 3_600_000
        products = [{"id": chance.randrange(5)} for _ in range(chance.randrange(3))]
        x = chance.choice([1, 2.5, 3.25, None])
        lines.append(encoded(number, chance.choice("AAB"), time_ms, x=x, products=products))
    return lines


def same(found: Any, expected: Any) -> bool:
    return bool(found == (pytest.approx(expected, rel=1e-12) if isinstance(expected, float) else expected))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("seed", range(12))
def test_late_events_give_the_values_of_sorted_input(zone: str, seed: int) -> None:
    chance = random.Random(f"{zone} {seed}")
    window = {"calendar": chance.choice(["day", "day", "week"]), "last": chance.randrange(1, 4)}
    features = {name: kind | {"within": window} for name, kind in KINDS.items()}
    lines = drawn(chance, parse_time(AROUND[seed % 4]))
    clock_ms = max(decode(raw).time_ms for raw in lines)
    at_ms = clock_ms + chance.randrange(0, 80) * 3_600_000
    found = values_after(features, lines, at_ms, chance, timezone=zone)
    expected = values_after(features, ordered(lines), at_ms, timezone=zone)
    assert {name for name in features if not same(found[name], expected[name])} == set()


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("seed", range(12))
def test_each_kind_has_the_value_of_the_events_inside_alone(zone: str, seed: int) -> None:
    chance = random.Random(f"{zone} {seed} alone")
    unit, last = chance.choice(["day", "day", "week", "month"]), chance.randrange(1, 4)
    left_out = {"session", "since", "rate", "followed", "unfollowed"}  # read more than what is inside
    kinds = {name: kind for name, kind in KINDS.items() if not left_out & set(kind)}
    lines = ordered(drawn(chance, parse_time(AROUND[seed % 4])))
    at_ms = decode(lines[-1]).time_ms + chance.randrange(0, 80) * 3_600_000
    first = periods_back(unit, zone, at_ms) - last
    inside = [raw for raw in lines if periods_back(unit, zone, decode(raw).time_ms) > first]
    window = {"calendar": unit, "last": last}
    found = values_after({name: kind | {"within": window} for name, kind in kinds.items()}, lines, at_ms, timezone=zone)
    start = encoded(900, "identify", decode(lines[0]).time_ms)
    expected = values_after(kinds, [start, *inside], at_ms, timezone=zone)
    assert {name for name in kinds if not same(found[name], expected[name])} == set()


def test_over_any_limit_the_periods_stay_exact_and_what_has_left_is_dropped() -> None:
    window = {"calendar": "day", "last": 3}
    features = {
        "count": {"count": "A", "within": window},
        "share": {"share": "A", "of": "x", "equals": 1, "within": window},
        "sum": {"sum": "A", "of": "x", "within": window},
        "visits": {"session": "count", "gap": "1m", "within": window},
    }
    start_ms = parse_time("2024-01-01T00:00:00Z")
    lines = [encoded(number, "A", start_ms + number * 3_600_000, x=number % 2) for number in range(960)]
    engine = Engine(definition(features, limits={"samples": 3, "message_ids": 1, "lateness": "1d"}))
    profile, sizes = engine.restore("u", None), []
    for raw in lines:
        engine.apply(profile, decode(raw))
        sizes.append(len(engine.snapshot(profile) or b""))
    assert engine.values(profile, profile.clock_ms) == [72, 0.5, 36.0, 72]
    assert max(sizes[120:]) <= max(sizes[:120])
    states = [engine.program.states_of(profile, slot) for slot in range(3)]
    assert not any(engine.program.features[slot].in_panes(state) for slot, state in enumerate(states))
    assert engine.values(profile, profile.clock_ms + 3_600_000) == [48, 0.5, 24.0, 48]


def test_a_rate_divides_by_the_time_that_the_periods_have_lasted() -> None:
    feature = {"r": {"rate": "A", "per": "1d", "within": {"calendar": "month", "last": 1}}}
    noon_ms = parse_time("2024-03-11T12:00:00Z")
    early = encoded(0, "identify", parse_time("2024-01-01T00:00:00Z"))
    lines = [early, *(encoded(number, "A", noon_ms + number) for number in range(1, 22))]
    assert values_after(feature, lines, noon_ms + 100) == {"r": pytest.approx(2.0, rel=1e-6)}
    changes = changes_of(feature, {"busy": "r > 1.5"}, lines, parse_time("2024-05-01T00:00:00Z"))
    assert changes == ["entered busy 2024-03-11T12:00:00.016Z", "exited busy 2024-03-15T00:00:00.000Z"]


def test_members_leave_at_local_midnight() -> None:
    feature = {"views": {"count": "A", "within": {"calendar": "day", "last": 2}}}
    late_ms = parse_time("2018-11-03T02:59:59.999Z")  # in Sao Paulo the last millisecond of 2 November
    lines = [encoded(0, "A", late_ms), encoded(1, "A", late_ms + 1)]
    until_ms = late_ms + 9 * DAY_MS
    assert changes_of(
        feature, {"seen": "views > 0", "twice": "views > 1"}, lines, until_ms, timezone="America/Sao_Paulo"
    ) == [
        "entered seen 2018-11-03T02:59:59.999Z",
        "entered twice 2018-11-03T03:00:00.000Z",
        "exited twice 2018-11-04T03:00:00.000Z",
        "exited seen 2018-11-05T02:00:00.000Z",
    ]


@pytest.mark.thorough
def test_timers_change_nothing_that_replay_does_not_say() -> None:
    features = {name: kind | {"within": {"calendar": "day", "last": 2}} for name, kind in KINDS.items()}
    segments = {
        "counts": {"when": "count >= 2"},
        "spends": {"when": "sum > 4"},
        "fast": {"when": "rate > 1.25", "exit_when": "rate < 0.75"},
        "since_b": {"when": "since > 0 && share_of < 0.5"},
        "idles": {"when": "idle > 0.5"},
    }
    for seed in range(20):
        chance = random.Random(seed)
        lines = ordered(drawn(chance, parse_time(AROUND[seed % 4])))
        engine = Engine(definition(features, segments, timezone="Australia/Lord_Howe"))
        until_ms = decode(lines[-1]).time_ms + 5 * DAY_MS
        plain = [change.encode() for change in Replay(engine, until_ms).run(lines)]
        assert with_timers(engine, lines, until_ms, chance) == plain


def test_what_is_kept_serves_every_window_of_the_unit_after_an_edit() -> None:
    def of(**last: int) -> Engine:
        return Engine(
            definition({k: {"count": "A", "within": {"calendar": "day", "last": n}} for k, n in last.items()})
        )

    engine = of(a=2, b=5)
    assert len(engine.program.cells) == 1
    profile = engine.restore("u", None)
    for number in range(4):
        engine.apply(profile, decode(encoded(number, "A", parse_time("2024-01-01T10:00:00Z") + number * DAY_MS)))
    assert engine.values(profile, profile.clock_ms) == [2, 4]
    edited = of(c=3)
    again = edited.restore("u", engine.snapshot(profile))
    assert edited.values(again, again.clock_ms) == [3]


def test_explain_says_which_periods_and_when_they_end() -> None:
    features = {
        "month": {"count": "A", "within": {"calendar": "month"}},
        "weeks": {"count": "A", "within": {"calendar": "week", "last": 4}},
    }
    engine = Engine(definition(features, {"new": {"when": "month > 0"}}, timezone="Europe/Berlin"))
    history = History(engine, "u", None)
    history.read([encoded(0, "A", parse_time("2024-03-10T12:00:00Z"))])
    told = explain(engine, history.profile, history.now_ms)
    month, weeks = told.features
    assert month.window == "this calendar month in Europe/Berlin"
    assert weeks.window == "last 4 calendar weeks, this one included, in Europe/Berlin"
    assert (month.changes_at, weeks.changes_at) == ("2024-03-31T22:00:00.000Z", "2024-03-31T22:00:00.000Z")
    assert told.next_change is not None
    assert told.next_change.at == "2024-03-31T22:00:00.000Z"


@pytest.mark.parametrize(
    ("feature", "message"),
    [
        ("{count: x, within: {calender: day}}", 'did you mean "calendar"?'),
        ("{count: x, within: {calendar: days}}", 'did you mean "day"?'),
        ("{count: x, within: {last: 3}}", "expected one of day, week, month, year, found nothing"),
        ("{count: x, within: {calendar: day, last: 0}}", "expected a whole number from 1 to 128"),
        ("{count: x, within: {calendar: day, last: true}}", "expected a whole number from 1 to 128"),
        (
            "{count: x, within: {calendar: day, last: 365}}",
            "use a longer unit of the calendar, or a greater `limits.samples`",
        ),
        ("{count: x, within: {calendar: day}, between: [2d, 1d]}", "found both"),
        ("{count: x, between: {calendar: day}}", "a window of the calendar is `within: {calendar: day, last: 7}`"),
        ("{first: x, of: y, within: {calendar: day}}", 'unknown option of `first` "within"'),
    ],
)
def test_mistakes_say_what_to_write(feature: str, message: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        parse_definition(f"features:\n  f: {feature}")
    assert message in str(caught.value)
