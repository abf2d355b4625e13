"""followed and unfollowed: matched in order of time whatever the order of arrival, due to the millisecond, bounded."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.pair_cases import START_MS, Seen, followed, unfollowed
from core.samples import definition, line
from livesegments.core.definition import Definition
from livesegments.core.errors import DefinitionError
from livesegments.core.events import decode
from livesegments.core.explain import explain
from livesegments.core.profile import Profile
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from livesegments.core.times import NEVER, format_time

PROPERTY = settings(max_examples=80, suppress_health_check=list(HealthCheck))
SECOND_MS = 1_000
LATE_S = 20
WINDOWS: list[Any] = [None, ("within", "25s"), ("between", ["40s", "12s"])]
SPANS = {None: None, "25s": (25_000, 0), "40s": (40_000, 12_000)}
NAMES = {"a": "Checkout Started", "b": "Order Completed", "ab": "Cart Reordered"}
FIRST, SECOND = ["Checkout Started", "Cart Reordered"], ["Order Completed", "Cart Reordered"]


def features(kind: str, option: str, span_s: int) -> dict[str, Any]:
    """Give a feature for each window, with `by` and without, and with `where`."""
    found = {}
    for number, window in enumerate(WINDOWS):
        for by in (False, True):
            keys: dict[str, Any] = {kind: [FIRST, SECOND], option: f"{span_s}s", "where": "good"}
            if window is not None:
                keys[window[0]] = window[1]
            if by:
                keys["by"] = "cart"
            found[f"{kind}_{number}_{'by' if by else 'any'}"] = keys
    return found


def raw(event: Seen) -> bytes:
    properties = {"cart": event.cart, "good": event.good}
    return line(event=NAMES[event.name], timestamp=format_time(event.time_ms), properties=properties)


def put(engine: Engine, profile: Profile, event: Seen) -> None:
    engine.apply(profile, decode(raw(event)))


def window_of(keys: dict[str, Any]) -> tuple[int, int] | None:
    if "within" in keys:
        return SPANS[keys["within"]]
    return SPANS[keys["between"][0]] if "between" in keys else None


def expected(name: str, keys: dict[str, Any], events: list[Seen], now_ms: int, span_s: int) -> int:
    count = followed if name.startswith("followed") else unfollowed
    return count(events, now_ms, span_s * SECOND_MS, "by" in keys, window_of(keys))


EVENTS = st.lists(
    st.builds(
        lambda second, name, cart, good: Seen(START_MS + second * SECOND_MS, name, cart, good),
        st.integers(0, 70),
        st.sampled_from(["a", "a", "b", "b", "ab"]),
        st.sampled_from(["x", "y", 1, None]),
        st.sampled_from([True, True, True, False]),
    ),
    max_size=25,
)


@pytest.mark.thorough
@PROPERTY
@given(EVENTS, st.sampled_from([1, 5, 10]), st.booleans(), st.integers(0, 30_000))
def test_values_are_those_of_sorted_input_after_every_event(
    events: list[Seen], span_s: int, restored: bool, later_ms: int
) -> None:
    wanted = features("followed", "in", span_s) | features("unfollowed", "after", span_s)
    engine = Engine(definition(wanted, limits={"lateness": f"{LATE_S}s"}))
    profile, clock_ms, applied = engine.restore("u", None), 0, []
    for event in events:
        if event.time_ms < clock_ms - LATE_S * SECOND_MS:
            continue
        clock_ms = max(clock_ms, event.time_ms)
        put(engine, profile, event)
        applied.append(event)
        if restored:
            profile = engine.restore("u", engine.snapshot(profile))
        ahead = engine.restore("u", engine.snapshot(profile))
        for seen, now_ms in ((profile, clock_ms), (ahead, clock_ms + later_ms)):
            values = engine.values(seen, now_ms)
            for name, keys in wanted.items():
                value = values[engine.program.slots[name]]
                assert value == expected(name, keys, applied, now_ms, span_s), (name, keys, applied)


@pytest.mark.thorough
@PROPERTY
@given(EVENTS, st.sampled_from([1, 5, 10]))
def test_segments_change_at_exactly_the_moment_at_which_the_count_does(events: list[Seen], span_s: int) -> None:
    wanted = features("followed", "in", span_s) | features("unfollowed", "after", span_s)
    segments = {f"s_{name}": {"when": f"{name} >= 1"} for name in wanted} | {
        f"t_{name}": {"when": f"{name} == 2"} for name in wanted
    }
    engine = Engine(definition(wanted, segments))
    ordered = sorted(events, key=lambda event: event.time_ms)
    end_ms = START_MS + 200 * SECOND_MS
    changes = list(Replay(engine, end_ms).run([raw(event) for event in ordered]))
    for segment in segments:
        name = segment[2:]
        found = [(change.time_ms, change.detail.change) for change in changes if change.detail.segment == segment]
        wanted_changes, member = [], False
        if ordered:
            moments = {event.time_ms for event in ordered}
            for edge_s in (0, span_s, 12, 25, 40):
                moments |= {event.time_ms + edge_s * SECOND_MS + shift for event in ordered for shift in (-1, 0, 1)}
            for now_ms in sorted(time_ms for time_ms in moments if ordered[0].time_ms <= time_ms <= end_ms):
                so_far = [event for event in ordered if event.time_ms <= now_ms]
                same_time = sum(event.time_ms == now_ms for event in so_far)
                for known in range(len(so_far) - same_time, len(so_far) + 1):  # decided after each event of the moment
                    if known == 0:
                        continue
                    count = expected(name, wanted[name], so_far[:known], now_ms, span_s)
                    holds = count >= 1 if segment.startswith("s_") else count == 2
                    if holds is not member:
                        member = holds
                        wanted_changes.append((now_ms, "entered" if holds else "exited"))
        assert found == wanted_changes, (segment, wanted[name], ordered)


def cart_definition(**limits: Any) -> Definition:
    features = {
        "abandoned": {"unfollowed": ["Product Added", "Order Completed"], "after": "1h", "within": "3d"},
        "by_cart": {"unfollowed": ["Product Added", "Order Completed"], "after": "1h", "by": "cart"},
        "quick": {"followed": ["Product Added", "Order Completed"], "in": "1h", "by": "cart"},
    }
    return definition(features, {"abandoned_cart": {"when": "abandoned >= 1"}}, limits=limits)


def test_an_abandoned_cart_is_due_to_the_millisecond_and_leaves_with_the_order_or_the_window() -> None:
    hour = 1 / 24
    engine = Engine(cart_definition())
    added, again = line(event="Product Added"), line(event="Product Added", day=1)
    ordered = line(event="Order Completed", day=2 * hour)
    changes = [
        (change.detail.change, change.detail.cause.kind, format_time(change.time_ms))
        for change in Replay(engine, START_MS + 90 * 3_600_000).run([added, ordered, again])
    ]
    assert changes == [
        ("entered", "time", "2024-01-01T01:00:00.000Z"),
        ("exited", "event", "2024-01-01T02:00:00.000Z"),
        ("entered", "time", "2024-01-02T01:00:00.000Z"),
    ]
    [*_, gone] = Replay(engine, START_MS + 99 * 3_600_000).run([added])
    assert (gone.detail.change, format_time(gone.time_ms)) == ("exited", "2024-01-04T00:00:00.000Z")


def test_state_is_bounded_by_samples() -> None:
    engine = Engine(cart_definition(samples=4))
    profile = engine.restore("u", None)
    sizes = set()
    for number in range(200):
        day = number / 1_000
        engine.apply(profile, decode(line(event="Product Added", day=day, properties={"cart": f"c{number}"})))
        if number % 3 == 0:
            ended = {"cart": f"c{number - number % 2}"}
            engine.apply(profile, decode(line(event="Order Completed", day=day, properties=ended)))
        sizes.add(len(engine.snapshot(profile) or b"") // 100)
    assert max(sizes) < 60  # most of it are hashes of message ids
    values = engine.values(profile, profile.clock_ms + 3_600_000)
    assert values[engine.program.slots["by_cart"]] == 4
    told = {feature.feature: feature.limit for feature in explain(engine, profile, profile.clock_ms).features}
    assert told["by_cart"] == "at 4: only the newest count"
    due_ms = profile.due_ms
    while due_ms != NEVER:  # and it comes to rest
        engine.advance(profile, due_ms)
        due_ms = profile.due_ms


def test_explain_says_what_comes_next_and_what_would_stop_it() -> None:
    engine = Engine(cart_definition())
    profile = engine.restore("u", None)
    engine.apply(profile, decode(line(event="Product Added", properties={"cart": "c"})))
    told = explain(engine, profile, START_MS + 1_800_000)
    meanings = {feature.feature: feature.meaning for feature in told.features}
    assert meanings == {
        "abandoned": "number of Product Added not followed by Order Completed, from 1 hour on",
        "by_cart": "number of Product Added not followed by Order Completed of the same cart, from 1 hour on",
        "quick": "number of Product Added followed by Order Completed of the same cart in less than 1 hour",
    }
    clause = told.segments[0].when.clauses[0]
    assert (clause.flips_at, clause.flips_to) == ("2024-01-01T01:00:00.000Z", True)
    assert clause.unless == "Order Completed"
    assert told.next_change is not None
    assert told.next_change.at == "2024-01-01T01:00:00.000Z"
    later = explain(engine, profile, START_MS + 7_200_000).segments[0].when.clauses[0]
    assert (later.flips_to, later.unless) == (False, None)


@pytest.mark.parametrize(
    ("feature", "message"),
    [
        ({"followed": ["a", "b"]}, "expected `in: DURATION`, found nothing"),
        ({"followed": ["a", "b"], "within": "1h"}, "found only `within`, the window of the first"),
        ({"unfollowed": ["a", "b"]}, "expected `after: DURATION`, found nothing"),
        ({"unfollowed": ["a", "b"], "within": "1h"}, "how long it must not, found only `within`"),
        ({"unfollowed": "a", "after": "1h"}, "expected two selectors such as [Product Added, Order Completed]"),
        ({"unfollowed": ["a"], "after": "1h"}, "expected two selectors"),
        ({"unfollowed": ["a", 5], "after": "1h"}, "expected an event name"),
        ({"unfollowed": ["a", "b"], "after": "1h", "within": "1h"}, "a window that is longer than `after`"),
        ({"unfollowed": ["a", "b"], "after": "1h", "by": "properties.cart"}, "write cart for properties.cart"),
        ({"unfollowed": ["a", "b"], "after": "1h", "by": ["cart"]}, "expected a path such as cart_id"),
        ({"unfollowed": ["a", "b"], "after": "1h", "by": "a..b"}, "expected a path such as"),
        ({"unfollowed": ["a", "b"], "afte": "1h"}, 'did you mean "after"?'),
        ({"unfolowed": ["a", "b"], "after": "1h"}, 'did you mean "unfollowed"?'),
    ],
)
def test_a_mistake_is_told_with_what_to_write(feature: dict[str, Any], message: str) -> None:
    with pytest.raises(DefinitionError) as wrong:
        definition({"a": feature})
    assert any(message in problem.message for problem in wrong.value.problems), wrong.value.problems
