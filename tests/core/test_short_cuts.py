"""Short cuts of the step: each gives what the long way gives."""

import json
import math
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegments.core.cells import Weights
from livesegments.core.cells.cell import MILLION, Past, millionths
from livesegments.core.definition import parse_definition
from livesegments.core.events import Event, decode
from livesegments.core.selection import Selection, Selector
from livesegments.core.step import Engine
from livesegments.core.times import DAY_MS, NEVER, format_time

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
