"""Scaled units and the moments they come from."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegments.models.clusters.moments import Moments
from livesegments.models.clusters.scaling import Scaling, transformed

UNITS = Scaling(logs=(True, False, True), means=(1.0, -2.0, 0.0), deviations=(0.5, 4.0, 2.0))
OTHER = Scaling(logs=(True, False, True), means=(1.2, -1.0, 0.3), deviations=(0.7, 3.0, 2.0))


def test_missing_is_the_mean() -> None:
    assert UNITS.scale([None, 2.0, math.nan]) == (0.0, 1.0, 0.0)
    assert UNITS.scale([False, 2, "9"]) == (0.0, 1.0, 0.0)


def test_values_are_cut_at_ten_deviations() -> None:
    assert UNITS.scale([1e30, -1e30, 0.0]) == (10.0, -10.0, 0.0)
    assert UNITS.scale([10**400, 2.0, math.inf]) == (0.0, 1.0, 0.0)


def test_refunds_keep_their_sign() -> None:
    assert transformed([-9.0, 9.0], (True, True)) == [-math.log(10), math.log(10)]


def test_too_few_values_are_no_vector() -> None:
    assert UNITS.scale([1.0, None, None], minimum=2) is None
    assert UNITS.scale([None, None, None]) is None


values = st.floats(-1000, 1000)


@given(st.tuples(values, values, values))
def test_real_units_come_back(raw: tuple[float, float, float]) -> None:
    wide = Scaling(logs=UNITS.logs, means=UNITS.means, deviations=(10.0, 1000.0, 10.0))
    scaled = wide.scale(raw)
    assert scaled is not None
    assert wide.real(scaled) == pytest.approx(raw, rel=1e-9, abs=1e-6)


@given(st.lists(st.one_of(st.none(), values, st.just(math.nan), st.booleans(), st.text()), min_size=3, max_size=3))
def test_one_vector_and_a_matrix_scale_alike(raw: list[Any]) -> None:
    known = transformed(raw, UNITS.logs)
    expected = UNITS.standardise(known)
    np.testing.assert_allclose(UNITS.standardise_all(np.array([known]))[0], expected, atol=1e-12)
    scaled = UNITS.scale(raw)
    assert scaled is None or list(scaled) == expected


@given(st.tuples(st.floats(-3, 5), st.floats(-5, 5), st.floats(-5, 5)))
def test_changes_of_units_agree_with_scaling_anew(known: tuple[float, float, float]) -> None:
    shift, factor = UNITS.change_to(OTHER)
    moved = [(x - s) / f for x, s, f in zip(UNITS.standardise(known), shift, factor, strict=True)]
    np.testing.assert_allclose(moved, OTHER.standardise(known), atol=1e-12)


def test_close_units_are_told() -> None:
    assert UNITS.close_to(UNITS)
    assert not UNITS.close_to(OTHER)


def test_moments_in_parts_equal_moments_at_once() -> None:
    batch = np.random.default_rng(1).normal([1.0, 50.0], [2.0, 0.1], (5000, 2))
    batch[::7, 0] = np.nan
    parts, known = Moments(2), batch[:, 0][~np.isnan(batch[:, 0])]
    for start in range(0, 5000, 250):
        parts.merge(batch[start : start + 250])
    scaling = parts.scaling((False, False))
    assert scaling.means == pytest.approx((known.mean(), batch[:, 1].mean()), rel=1e-3)
    assert scaling.deviations == pytest.approx((known.std(), batch[:, 1].std()), rel=1e-2)


def test_one_absurd_value_hardly_moves_the_units() -> None:
    generator = np.random.default_rng(2)
    moments, twin = Moments(1), Moments(1)
    for _ in range(4):
        batch = generator.standard_normal((500, 1))
        twin.merge(batch)
        batch[250] = 1e12
        moments.merge(batch)
    one, other = moments.scaling((False,)), twin.scaling((False,))
    assert one.means == pytest.approx(other.means, abs=0.05)
    assert one.deviations == pytest.approx(other.deviations, rel=0.15)


def test_units_follow_in_the_long_run() -> None:
    moments = Moments(1, memory=1000)
    moments.merge(np.zeros((1000, 1)) + np.array([[1.0], [-1.0]] * 500))
    for _ in range(100):
        moments.merge(np.full((100, 1), 5.0))
    assert moments.scaling((False,)).means[0] == pytest.approx(5.0, abs=0.01)


@pytest.mark.parametrize("column", [np.full(300, 3.0), np.full(300, np.nan)])
def test_constant_and_missing_features_have_deviation_one(column: np.ndarray) -> None:
    moments = Moments(1)
    moments.merge(column[:, None])
    assert moments.scaling((False,)).deviations == (1.0,)


def test_moments_come_back_from_their_snapshot() -> None:
    moments = Moments(2)
    moments.merge(np.random.default_rng(3).standard_normal((200, 2)))
    restored = Moments.restore(moments.snapshot())
    for each in (moments, restored):
        each.merge(np.ones((10, 2)))
    assert restored.snapshot() == moments.snapshot()
