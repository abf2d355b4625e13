"""How far a feature is from flipping a clause: Python reads the drawn condition too, and tries the numbers."""

import math
from functools import cache
from types import CodeType
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from core.samples import definition, line
from core.test_explain import explained
from livesegments.core.errors import DefinitionError
from livesegments.core.explain import Distance
from livesegments.core.step import Engine

FEATURES = {
    "views": {"count": "Product Viewed"},
    "visits": {"count": "Product Viewed"},
    "score": {"trait": "score"},
    "brands": {"top": "Product Viewed", "of": "brand"},
    "holdout": {"bucket": "holdout"},
}
PROPERTY = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
COUNTS_TO = 2_000
NUMBERS = ["0", "1", "2", "3", "10", "0.5", "0.1", "0.3", "2.5", "-2", "-0.7"]
WRAPS = ["({e} + {c})", "({e} - {c})", "({c} + {e})", "({c} - {e})", "({e} * {c})", "({c} * {e})", "({e} / {c})"]


@st.composite
def sides(draw: st.DrawFn, name: str) -> str:
    """Draw a straight line of one name, such as `(3 - -(views / 2))`."""
    text = draw(st.sampled_from([name, name, name, f"({name} + {name})"]))
    for _ in range(draw(st.integers(0, 3))):
        wrap = draw(st.sampled_from([*WRAPS, "-{e}"]))
        number = draw(st.sampled_from(NUMBERS[1:] if "/" in wrap else NUMBERS))
        text = wrap.format(e=text if text[0] != "-" else f"({text})", c=number)
    return text


@st.composite
def conditions(draw: st.DrawFn, name: str, values: list[float]) -> tuple[str, float]:
    """Draw a condition and the value now; some compare with just what the side is now."""
    side, value = draw(sides(name)), draw(st.sampled_from(values))
    numbers = [*NUMBERS, "8", "25", "-13"]
    now = repr(float(eval(side, {}, {name: float(value)})))
    number = draw(st.one_of(st.sampled_from(numbers), st.just("1" if "e" in now else now)))
    operator = draw(st.sampled_from(["<", "<=", ">", ">=", "==", "!="]))
    return draw(st.sampled_from([f"{side} {operator} {number}", f"{number} {operator} {side}"])), value


def distance_of(condition: str, views: int = 0, score: float | None = None) -> Distance | None:
    traits = [] if score is None else [line(type="identify", event=None, traits={"score": score})]
    try:
        engine = Engine(definition(FEATURES, {"s": {"when": condition}}))
    except DefinitionError:  # such as a product with 0, which no user could ever meet
        assume(False)
        raise
    lines = [*(line(properties={"brand": "b"}) for _ in range(views)), *traits, line(type="page", event=None)]
    [segment] = explained(engine, lines).segments
    assert segment.when is not None
    return segment.when.clauses[0].distance


def answers(condition: str, **values: float) -> bool:
    """Let Python answer."""
    return bool(eval(read(condition), {}, values))


@cache
def read(condition: str) -> CodeType:
    return compile(condition, "condition", "eval")


@given(conditions("views", list(range(12))))
@PROPERTY
def test_a_count_is_told_the_nearest_count_that_flips(drawn: tuple[str, int]) -> None:
    condition, views = drawn
    now = answers(condition, views=float(views))
    flipping = [count for count in range(COUNTS_TO) if answers(condition, views=float(count)) is not now]
    distance = distance_of(condition, views)
    if distance is None:
        event("no count flips it")
        assert not flipping
        return
    found = distance.in_feature
    assert found is not None
    assert (found.feature, found.value) == ("views", views)
    if found.direction == "any":
        event("any other")
        assert now is not answers(condition, views=views + 1.0)
        assert flipping == [count for count in range(COUNTS_TO) if count != views]
        return
    event(found.direction)
    assert not found.beyond
    assert found.needs == found.target - views == int(found.needs)
    assert found.direction == ("more" if found.needs > 0 else "less")
    if flipping or found.target < COUNTS_TO:
        assert found.target == min(flipping, key=lambda count: abs(count - views))
        step = math.copysign(1, found.needs)
        assert answers(condition, views=found.target - step) is now


@given(conditions("score", [0, 1, -3, 0.5, 0.3, 7.25, 100]))
@PROPERTY
def test_a_number_is_told_how_far_it_has_to_move(drawn: tuple[str, float]) -> None:
    condition, score = drawn
    now = answers(condition, score=float(score))
    distance = distance_of(condition, score=score)
    if distance is None:
        event("nothing flips it")
        assert {answers(condition, score=10.0**power * sign) for power in range(-9, 9) for sign in (1, -1)} == {now}
        return
    found = distance.in_feature
    if found is None:
        event("rounding leaves no number that is equal")
        assert ("==" in condition and not now) or ("!=" in condition and now)
        return
    event(found.direction)
    little = 1e-9 * max(abs(found.target), 1_000)
    if found.direction == "any":
        assert {answers(condition, score=score + by) for by in (little, -little)} == {not now}
        return
    assert found.needs == found.target - score
    assert (answers(condition, score=found.target) is now) is found.beyond
    step = little if found.direction == "more" else -little
    if "!=" not in condition and "==" not in condition:
        assert answers(condition, score=found.target + step) is not now
    if abs(found.needs) > little:
        assert found.direction == ("more" if found.needs > 0 else "less")
        assert answers(condition, score=found.target - step) is now


def test_sessions_and_their_pages_are_counted() -> None:
    features = {"visits": {"session": "count"}, "pages": {"session": "pages"}, "mean": {"session": "average_pages"}}
    segments = {f"of_{name}": {"when": f"{name} >= 2.5"} for name in features}
    told = explained(Engine(definition(features, segments)), [line(type="page", event=None)]).segments
    distances = {one.segment: one.when.clauses[0].distance for one in told if one.when is not None}
    targets = {name: one and one.target for name, one in distances.items()}
    assert targets == {"of_visits": 3, "of_pages": 3, "of_mean": 2.5}


@pytest.mark.parametrize(
    ("condition", "needs"),
    [
        *(("views / 2 >= 3", 4), ("10 - views > 3", 5), ("10 <= 12 - views", 1), ("views * 2 == 8", 2)),
        *(("2 * views >= 5", 1), ("-(views - 7) <= 0.5", 5), ("3 != (views + views) / 2", 1), ("views >= 2.5", 1)),
    ],
)
def test_so_many_events_more_flip_it_and_one_less_does_not(condition: str, needs: int) -> None:
    distance = distance_of(condition, views=2)
    assert distance is not None
    assert distance.in_feature is not None
    assert (distance.in_feature.needs, distance.in_feature.direction) == (needs, "more")
    engine = Engine(definition(FEATURES, {"s": {"when": condition}}))
    members = [explained(engine, [line() for _ in range(count)]).segments[0].member for count in range(1, needs + 4)]
    assert members[1:] == [members[1]] * needs + [not members[1]] + members[needs + 2 :]


@pytest.mark.parametrize(
    ("condition", "side", "needs"),
    [
        *(("views + visits >= 6", "views + visits", 2), ("size(brands) >= 3", "size(brands)", 2)),
        *(("views * views > 5", "views * views", 1), ("6 / views >= 4", "6 / views", 1)),
        ("score / 3 == 0.1", "score / 3", 0.1),  # 0.30000000000000004 / 3 is less, the next double is more
    ],
)
def test_only_the_side_is_told_where_it_is_no_line_of_one_feature(condition: str, side: str, needs: float) -> None:
    distance = distance_of(condition, views=2, score=0)
    assert distance is not None
    assert (distance.side, distance.needs, distance.in_feature) == (side, needs, None)


@pytest.mark.parametrize(
    ("condition", "feature", "needs"),
    [("visits * 2 > score", "score", 5), ("score < views / 2", "score", 2), ("views >= visits + 2", "views", 2)],
)
def test_the_feature_that_moves_is_named_where_there_are_several(condition: str, feature: str, needs: float) -> None:
    distance = distance_of(condition, views=2, score=-1)
    assert distance is not None
    assert distance.in_feature is not None
    assert (distance.in_feature.feature, distance.in_feature.needs) == (feature, needs)


@pytest.mark.parametrize(
    "condition",
    ["views * 0 < 3", "views - views < 3", "10 - views > 20", "views * 2 == 7", "-views > 0", "holdout + 1 >= 200"],
)
def test_nothing_is_told_where_no_count_can_flip_it(condition: str) -> None:
    assert distance_of(condition, views=2) is None


def test_what_is_told_of_the_side_stays() -> None:
    found: Any = distance_of("10 - views > 3", views=2)
    assert (found.side, found.value, found.target, found.needs) == ("10 - views", 8, 3, -5)
    assert (found.direction, found.beyond) == ("less", False)
