"""Scaled units, of one vector and of a population."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegments.models.clusters.scaling import Scaling, after_logarithm, scaling_of

UNITS = Scaling(logs=(True, False, True), means=(1.0, -2.0, 0.0), deviations=(0.5, 4.0, 2.0))
OTHER = Scaling(logs=(True, False, True), means=(1.2, -1.0, 0.3), deviations=(0.7, 3.0, 2.0))


def matrix(raw: list[Any]) -> np.ndarray:
    known = [float(x) if type(x) in (int, float) and abs(x) < 1e300 else math.nan for x in raw]
    return after_logarithm(np.array([known]), UNITS.logs)


def test_missing_is_the_mean() -> None:
    assert UNITS.scale([None, 2.0, math.nan]) == [0.0, 1.0, 0.0]
    assert UNITS.scale([False, 2, "9"]) == [0.0, 1.0, 0.0]


def test_values_are_cut_at_ten_deviations() -> None:
    assert UNITS.scale([1e30, -1e30, 0.0]) == [10.0, -10.0, 0.0]
    assert UNITS.scale([10**400, 2.0, math.inf]) == [0.0, 1.0, 0.0]


def test_refunds_keep_their_sign() -> None:
    assert after_logarithm(np.array([[-9.0, 9.0]]), (True, True)).tolist() == [[-math.log(10), math.log(10)]]


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
    scaled = UNITS.scale(raw)
    if scaled is not None:
        np.testing.assert_allclose(UNITS.scale_all(matrix(raw))[0], scaled, atol=1e-12)


@given(st.tuples(st.floats(-3, 5), st.floats(-5, 5), st.floats(-5, 5)))
def test_changes_of_units_agree_with_scaling_anew(known: tuple[float, float, float]) -> None:
    shift, factor = UNITS.change_to(OTHER)
    sample = np.array([known])
    moved = (UNITS.scale_all(sample) - np.array(shift)) / np.array(factor)
    np.testing.assert_allclose(moved, OTHER.scale_all(sample), atol=1e-12)


def test_units_are_those_of_the_users_of_whom_a_value_is_known() -> None:
    sample = np.random.default_rng(1).normal([1.0, 50.0], [2.0, 0.1], (5000, 2))
    sample[::7, 0] = np.nan
    known = sample[:, 0][~np.isnan(sample[:, 0])]
    scaling = scaling_of(sample, (False, False))
    assert scaling.means == pytest.approx((known.mean(), sample[:, 1].mean()))
    assert scaling.deviations == pytest.approx((known.std(), sample[:, 1].std()))


def test_one_absurd_value_does_not_make_all_others_equal() -> None:
    sample = np.random.default_rng(2).standard_normal((500, 1))
    absurd = sample.copy()
    absurd[250] = 1e12
    one, other = scaling_of(absurd, (False,)), scaling_of(sample, (False,))
    assert one.deviations[0] < 0.5 * absurd.std()
    assert scaling_of(np.where(absurd > 15.0, 15.0, absurd), (False,)).means == pytest.approx(other.means, abs=0.05)


def test_a_logarithm_that_hardly_differs_does_not_decide_alone() -> None:
    sample = np.random.default_rng(3).normal(1.0, 1e-6, (500, 2))
    assert scaling_of(sample, (True, False)).deviations == pytest.approx((0.02, 1e-6), rel=0.2)


@pytest.mark.parametrize("column", [np.full(300, 3.0), np.full(300, np.nan)])
def test_constant_and_missing_features_have_deviation_one(column: np.ndarray) -> None:
    assert scaling_of(column[:, None], (False,)).deviations == (1.0,)
