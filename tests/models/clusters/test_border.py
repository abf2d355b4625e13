"""When an idle user crosses a border is worked out: against asking a model at each moment."""

from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livesegments.core.times import DAY_MS, NEVER
from livesegments.models.clusters.ahead import VersionsAhead
from livesegments.models.clusters.border import Borders
from livesegments.models.clusters.model import ClusterModel
from livesegments.models.clusters.scaling import Scaling, logarithms

NOW_MS = 20_000 * DAY_MS
YEAR_MS = 365 * DAY_MS
ROUNDING_MS = 2
MARGIN = 0.1


def drawn_model(seed: int, *, width: int = 3, centres: int = 4, logs: bool = True) -> ClusterModel:
    generator = np.random.default_rng(seed)
    points = generator.normal(size=(centres, width))
    return ClusterModel(
        clustering="groups",
        version=seed,
        effective_at=0,
        algorithm="centroids",
        features=tuple(f"f{place}" for place in range(width)),
        minimum=1,
        scaling=Scaling(
            logs=(logs,) * width,
            means=tuple(generator.uniform(1.0, 4.0, width)),
            deviations=tuple(generator.uniform(0.3, 1.5, width)),
        ),
        ids=tuple(range(centres)),
        names=tuple(f"c{place}" for place in range(centres)),
        centres=tuple(map(tuple, points)),
        shares=(1 / centres,) * centres,
        error=1.0,
    )


def values_at(values: list[float | None], moving: list[int], after_ms: int) -> list[float | None]:
    days = after_ms / DAY_MS
    return [value + days if place in moving and value is not None else value for place, value in enumerate(values)]


def moves_at(model: ClusterModel, own: int, values: list[float | None], moving: list[int], after_ms: int) -> bool:
    place = model.place(values_at(values, moving, after_ms), own, MARGIN)
    return place is not None and place.id != own


def crossing(model: ClusterModel, own: int, values: list[float | None], moving: list[int]) -> int:
    borders = Borders(model, MARGIN)
    numbers, courses = numbers_and_courses(model, values, moving)
    after_ms = borders.leaves_ms(own, numbers, borders.near(numbers), courses, YEAR_MS)
    return NEVER if after_ms == NEVER else NOW_MS + after_ms


def numbers_and_courses(
    model: ClusterModel, values: list[float | None], moving: list[int]
) -> tuple[list[float], list[tuple[int, float]]]:
    courses = [(place, value) for place in moving if (value := values[place]) is not None]
    return logarithms(values, model.scaling.logs), courses


def settled(model: ClusterModel, values: list[float | None], drawn: int) -> int:
    """Give a cluster that a user of these values stays in: a drawn one, or the nearest."""
    own = drawn % len(model.ids)
    if moves_at(model, own, values, [], 0):
        nearest = model.place(values)
        assert nearest is not None
        return nearest.id
    return own


numbers = st.one_of(st.none(), st.floats(0.0, 300.0), st.floats(0.0, 5.0))


@settings(max_examples=300)
@given(st.integers(0, 5000), st.lists(numbers, min_size=3, max_size=3), st.integers(0, 3), st.booleans(), st.data())
def test_a_user_never_moves_before_the_time_given(
    seed: int, values: list[float | None], drawn: int, logs: bool, data: st.DataObject
) -> None:
    model = drawn_model(seed, logs=logs)
    moving = data.draw(st.lists(st.sampled_from([0, 1, 2]), unique=True, max_size=3))
    if all(value is None for value in values):
        return
    own = settled(model, values, drawn)
    crossing_ms = crossing(model, own, values, moving)
    last_ms = min(crossing_ms - NOW_MS - ROUNDING_MS, YEAR_MS)
    for after_ms in {*np.geomspace(1, max(last_ms, 1), 40).astype(int).tolist(), last_ms}:
        if 0 < after_ms <= last_ms:
            assert not moves_at(model, own, values, moving, after_ms)
    assert crossing_ms > NOW_MS


@settings(max_examples=200)
@given(st.integers(0, 5000), st.lists(st.floats(0.0, 60.0), min_size=2, max_size=2), st.booleans())
def test_with_two_centres_the_time_given_is_when_the_user_moves(seed: int, values: list[float], logs: bool) -> None:
    model = drawn_model(seed, width=2, centres=2, logs=logs)
    own = settled(model, values, seed)
    for moving in ([0], [0, 1]):
        crossing_ms = crossing(model, own, values, moving)
        if crossing_ms == NEVER:
            assert not moves_at(model, own, values, moving, YEAR_MS - 1)
        elif len(moving) == 1:
            assert moves_at(model, own, values, moving, crossing_ms - NOW_MS + ROUNDING_MS)


def test_nobody_moves_while_nothing_does() -> None:
    model = drawn_model(1)
    assert crossing(model, 0, [1.0, 2.0, 3.0], []) == NEVER
    assert crossing(model, 0, [None, 2.0, 3.0], [0]) == NEVER
    assert crossing(model, 9, [1.0, 2.0, 3.0], [0]) == NEVER


@settings(max_examples=200)
@given(st.integers(0, 5000), st.lists(numbers, min_size=3, max_size=3), st.integers(0, 3), st.booleans())
def test_a_user_moves_in_the_time_of_no_version_that_is_passed_over(
    seed: int, values: list[float | None], drawn: int, logs: bool
) -> None:
    if all(value is None for value in values):
        return
    models = [drawn_model(seed + number, logs=logs) for number in range(6)]
    times = [NOW_MS + (1 + 7 * number) * DAY_MS for number in range(7)]
    ahead = VersionsAhead(models, MARGIN, times[:-1], times[1:])
    own = settled(models[0], values, drawn)
    first = ahead.first_possible(0, own, *numbers_and_courses(models[0], values, [0]), NOW_MS)
    for number, (begins, ends) in enumerate(pairwise(times)):
        if first is not None and number >= first:
            break
        for after_ms in np.linspace(begins, ends - 1, 12).astype(int) - NOW_MS:
            assert not moves_at(models[number], own, values, [0], int(after_ms))


def test_a_version_that_matters_is_found_and_others_are_not() -> None:
    model = drawn_model(3)
    values: list[float | None] = [2.0, 3.0, 2.5]
    nearest = model.place(values)
    assert nearest is not None
    user = numbers_and_courses(model, values, [])
    times = [NOW_MS + (1 + 7 * number) * DAY_MS for number in range(501)]
    same = VersionsAhead([model] * 300, MARGIN, times[:300], times[1:301])
    assert [same.first_possible(first, nearest.id, *user, NOW_MS) for first in (0, 50, 299)] == [None, None, None]
    without = drawn_model(3, centres=4)
    gone = tuple(one for one in without.ids if one != nearest.id)
    other = ClusterModel(**{name: getattr(without, name) for name in without.__struct_fields__} | {
        "ids": gone, "centres": tuple(without.centres[one] for one in gone)
    })  # fmt: skip
    for before in (5, 15, 16, 143, 144, 300):
        count = before + 6
        mixed = VersionsAhead([model] * before + [other] + [model] * 5, MARGIN, times[:count], times[1 : count + 1])
        assert mixed.first_possible(1, nearest.id, *user, NOW_MS) == before
        assert mixed.first_possible(before + 1, nearest.id, *user, NOW_MS) is None


@pytest.mark.parametrize("values", [[None, 3.0, 2.5], [2.0, 1e200, 2.5]])
def test_a_user_who_cannot_be_reckoned_with_is_looked_at_with_each_version(values: list[float | None]) -> None:
    times = [NOW_MS + (1 + 7 * number) * DAY_MS for number in range(4)]
    ahead = VersionsAhead([drawn_model(3)] * 3, MARGIN, times[:-1], times[1:])
    user = numbers_and_courses(drawn_model(3), values, [])
    assert [ahead.first_possible(first, 0, *user, NOW_MS) for first in (0, 1, 2)] == [0, 1, 2]


@settings(max_examples=300)
@given(
    st.integers(0, 5000), st.lists(st.one_of(numbers, st.floats(-1e9, 1e9)), min_size=3, max_size=3), st.integers(0, 3),
    st.integers(1, 3), st.booleans(),
)  # fmt: skip
def test_who_may_not_leave_is_where_the_model_puts_them(
    seed: int, values: list[float | None], own: int, minimum: int, logs: bool
) -> None:
    model = msgspec.structs.replace(drawn_model(seed, logs=logs), minimum=minimum)
    borders = Borders(model, MARGIN)
    found, near = borders.read(values)
    assert np.array_equal(found, logarithms(values, model.scaling.logs), equal_nan=True)
    if borders.keeps(own, found, near):
        place = model.place(values, own, MARGIN)
        assert place is not None
        assert place.id == own


@settings(max_examples=200)
@given(st.integers(0, 5000), st.lists(numbers, min_size=3, max_size=3))
def test_a_vector_is_the_one_of_the_scaling(seed: int, values: list[float | None]) -> None:
    model = drawn_model(seed)
    borders = Borders(model, MARGIN)
    vector = borders.vector(borders.read(values)[0])
    assert (None if vector is None else list(vector)) == model.scaling.scale(values, model.minimum)
