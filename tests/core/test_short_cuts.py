"""Short cuts of the step: each gives what the long way gives."""

import json
import math
import random
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegments.core.cells import PERIODS, Weights, key_of, period_of, value_of
from livesegments.core.cells.cell import MILLION, Past, millionths
from livesegments.core.cells.tallies import MARK
from livesegments.core.definition import parse_definition
from livesegments.core.events import Event, decode, value_at
from livesegments.core.features import MEASURES
from livesegments.core.selection import Selection, Selector, scalars_of
from livesegments.core.step import Engine
from livesegments.core.times import DAY_MS, NEVER, TIME_MAX_MS, format_time

START_MS = 1_731_000_000_000
FEATURES = {
    "orders": {"count": "Paid"},
    "recent": {"count": "Paid", "within": "3d"},
    "views": {"count": "Seen"},
    "revenue": {"sum": "Paid", "of": "revenue"},
    "least": {"min": "Paid", "of": "revenue"},
    "most": {"max": "Paid", "of": "revenue"},
    "lately": {"sum": "Paid", "of": "revenue", "within": "2d"},
    "rate": {"rate": "Paid", "per": "2d"},
    "share": {"share": "*", "of": "brand"},
    "days": {"days_since": "Paid"},
    "spent": {"decayed": "Paid", "of": "revenue", "half_life": "2d"},
    "each": {"value": "revenue / orders"},
    "double": {"value": "recent * 2"},
}
SEGMENTS = {
    "both": {"when": "orders >= 2 && views < 4"},
    "left": {"when": "orders >= 2 && revenue > 30", "exit_when": "revenue > 90 || views == 5"},
    "unlike": {"when": "orders != 2 && least != 5 && views > 1"},
    "nested": {"when": "(recent == 1 && views <= 3) && (least < 9 || share > 0.5)"},
    "cool": {"when": "recent >= 2 && views > 1", "cooldown": "1d", "min_dwell": "6h"},
    "lapsed": {"when": "days > 2 && orders > 1"},
    "warm": {"when": "spent >= 20 && each <= 20 && days < 4"},
    "again": {"when": "both && views >= 2"},
    "once": {"when": "orders == 3 && views > 0", "kind": "static"},
    "first": {"when": "most >= 9 && views > 0", "kind": "static"},  # decided where an order of less than 9 came first
    "idle": {"when": "days > 0.5 && views > 1"},  # from here on a view touches no more than one of the two
    "spree": {"when": "lately < 9 && views > 1"},
    "slow": {"when": "rate < 1 && views > 1"},
    "waning": {"when": "spent < 20 && views > 1"},
    "few": {"when": "double <= 2 && views > 1"},
    "beside": {"when": "orders >= 7 && orders > views"},  # compared with more than a constant: 7 has no place
}


def engine_of() -> Engine:
    return Engine(parse_definition(json.dumps({"features": FEATURES, "segments": SEGMENTS})))


def drawn(seed: int) -> list[Event]:
    chance = random.Random(seed)
    events, time_ms = [], START_MS
    for number in range(60):
        time_ms += chance.choice([1_000, 3_600_000, DAY_MS])
        late_ms = chance.choice([0, 0, 0, 2 * DAY_MS])
        properties = {"brand": chance.choice("ab"), "revenue": chance.choice([5, 9.5, 20.000001, -4, "x"])}
        given: dict[str, Any] = {"type": "track", "event": chance.choice(["Paid", "Seen"]), "messageId": f"m{number}"}
        given |= {"userId": "u", "timestamp": format_time(time_ms - late_ms), "properties": properties}
        events.append(decode(json.dumps(given).encode()))
    return events


def told(engine: Engine, events: list[Event], *, restores: bool) -> list[bytes]:
    profile, changes = engine.restore("u", None), []
    for number, event in enumerate(events):
        changes += engine.apply(profile, event)[1]
        if restores and number % 7 == 3:
            profile = engine.restore("u", engine.snapshot(profile))
    while profile.due_ms < NEVER:
        changes += engine.advance(profile, profile.due_ms)
    return [change.encode() for change in changes]


@pytest.mark.parametrize("restores", [False, True])
@pytest.mark.parametrize("seed", range(40))
def test_a_segment_that_is_ruled_out_would_not_have_changed(seed: int, restores: bool) -> None:
    quick, slow = engine_of(), engine_of()
    slow.program.wakes = slow.program.wakes._replace(ruled={})
    assert quick.program.wakes.ruled
    changes = told(quick, drawn(seed), restores=restores)
    assert changes == told(slow, drawn(seed), restores=restores)
    assert len(changes) > 5


def test_what_is_ruled_out_is_not_decided() -> None:
    engine = engine_of()
    profile = engine.restore("u", None)
    asked: list[str] = []
    for segment in engine.program.segments:
        when = segment.membership
        if when is not None:
            name = segment.spec.name
            segment.membership = lambda *moment, name=name, when=when: (asked.append(name), when(*moment))[1]
    for event in drawn(1):
        if event.event == "Seen":
            engine.apply(profile, event)
    assert "both" not in asked  # there was no order


@given(
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12) | st.decimals(0, 10**9, places=6)
)
def test_millionths_are_those_of_the_number_rounded_to_six_decimals(number: Any) -> None:
    assert millionths(float(number)) == round(round(float(number), 6) * MILLION)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 400 * DAY_MS),
            st.floats(0, 1e12) | st.sampled_from([0.0, -5.0, 1e-300]),
        ),
        max_size=40,
    ),
    st.integers(0, 3_000 * DAY_MS),
)
def test_a_decayed_sum_is_between_its_bounds(weights: list[tuple[int, float]], later_ms: int) -> None:
    cell = Weights(Selection(Selector(["Paid"]), [("revenue",)]), 2 * DAY_MS)
    state = None
    for after_ms, weight in weights:
        state = cell.put(state, Past(after_ms), (weight,), after_ms)  # type: ignore[arg-type]
    now_ms = max((after_ms for after_ms, _ in weights), default=0) + later_ms
    low, high = cell.bounds(state, now_ms)
    total = cell.total(state, now_ms)
    assert low <= total <= high
    assert math.isinf(low) or low >= 0.0


@pytest.mark.thorough
@given(st.dictionaries(st.text(max_size=3), st.integers(1, 6), max_size=40), st.integers(1, 4))
def test_the_top_values_are_those_of_all_in_order(counted: dict[str, int], n: int) -> None:
    definition = parse_definition(f"features: {{brands: {{top: '*', of: brand, n: {n}}}}}\nsegments: {{}}")
    counts = {key_of(value): count for value, count in counted.items()}
    found = Engine(definition).program.features[0].value([counts or None], START_MS, None)  # type: ignore[arg-type]
    ordered = sorted(counts, key=lambda key: (-counts[key], key.removeprefix(MARK)))
    assert found == ([value_of(key) for key in ordered[:n]] or None)


@pytest.mark.parametrize("measure", MEASURES)
@given(
    sessions=st.lists(st.tuples(st.integers(1, 20), st.integers(0, 5)), min_size=1, max_size=30),
    later=st.integers(0, 400),
)
def test_sessions_in_a_window_are_those_that_ended_within_it(
    measure: str, sessions: list[tuple[int, int]], later: int
) -> None:
    definition = parse_definition(f"features: {{one: {{session: {measure}, within: 2h}}}}\nsegments: {{}}")
    (feature,) = Engine(definition).program.features
    minute_ms, state, ends = 60_000, [], []
    start_ms = START_MS
    for minutes, pages in sessions:
        ends.append(start_ms + minutes * minute_ms)
        state += [start_ms, ends[-1], pages, 1]
        start_ms = ends[-1] + 31 * minute_ms
    now_ms = ends[-1] + later * minute_ms
    inside = [index for index, end_ms in enumerate(ends) if end_ms > now_ms - 120 * minute_ms]
    pages, lasted = [[part[index] for index in inside] for part in zip(*sessions, strict=True)][::-1]
    wanted = {
        "count": len(inside),
        "pages": sum(pages),
        "average_pages": sum(pages) / len(inside) if inside else None,
        "average_duration": 60 * sum(lasted) / len(inside) if inside else None,
        "days_since": later * minute_ms / DAY_MS if inside else None,
    }
    assert feature.value([state], now_ms, None) == wanted[measure]  # type: ignore[arg-type]
    edges = [end_ms + 120 * minute_ms for end_ms in ends if end_ms + 120 * minute_ms > now_ms]
    assert feature.next_edge_ms([state], now_ms) == min(edges, default=NEVER)


@given(st.integers(0, TIME_MAX_MS - 1), st.sampled_from(sorted(PERIODS)))
def test_the_period_of_an_hour_is_that_of_each_of_its_moments(time_ms: int, by: str) -> None:
    moment = datetime.fromtimestamp(time_ms // 1_000, UTC)
    wanted = {
        "hour": moment.hour,
        "weekday": moment.weekday(),
        "month": moment.month - 1,
        "season": moment.month % 12 // 3,
    }
    assert period_of(by, "UTC")(time_ms) == period_of(by, "Etc/UTC")(time_ms) == wanted[by]


@pytest.mark.parametrize("found", [None, "x", "", "y" * 300, 5, True, {"type": {"deep": "x"}}, ["a", None, ["b"]]])
@pytest.mark.parametrize("is_whole", [False, True])
def test_what_stands_in_the_context_is_read_as_elsewhere(found: Any, is_whole: bool) -> None:
    context = {"device": found if is_whole else {"type": found}, "app": "shop"}
    given = {"type": "page", "messageId": "m", "userId": "u", "timestamp": format_time(START_MS), "context": context}
    event = decode(json.dumps(given).encode())
    selection = Selection(Selector(["page"]), [("context", "device", "type"), ("context", "app")])
    values = value_at(event, selection.paths[0])
    values = values if isinstance(values, list) else [] if values is None else [values]
    values = ["a", "b"] if found == ["a", None, ["b"]] and not is_whole else values
    expected = scalars_of(values or ["shop"])
    assert selection.scalars(event) == expected
