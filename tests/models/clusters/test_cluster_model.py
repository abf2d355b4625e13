"""Models: who is in which cluster, and what a stored model keeps."""

import math
import os
import subprocess
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegments.models.clusters.model import ClusterModel
from livesegments.models.clusters.scaling import Scaling

UNITS = Scaling(logs=(False, True), means=(10.0, 0.0), deviations=(5.0, 1.0))
MODEL = ClusterModel(
    clustering="engagement",
    version=3,
    effective_at=1_700_000_000_000,
    algorithm="centroids",
    features=("orders", "spend"),
    minimum=1,
    scaling=UNITS,
    ids=(2, 5, 9),
    names=("Low", "Moderate", "High"),
    centres=((-1.0, 0.0), (0.0, 0.0), (2.0, 0.0)),
    shares=(0.5, 0.3, 0.2),
    error=0.4,
)


def test_a_newcomer_goes_to_the_nearest_centre() -> None:
    assert MODEL.assign([1.9, 0.0]) == (9, pytest.approx(0.1), None)


def test_a_user_stays_unless_another_centre_is_nearer_by_the_margin() -> None:
    # 0.55 from the current centre, 0.45 from the nearest: 18 % nearer.
    assert MODEL.assign([-0.45, 0.0], current_id=2) == (2, pytest.approx(0.55), pytest.approx(0.55))
    assert MODEL.assign([-0.45, 0.0], current_id=2, margin=0.1) == (5, pytest.approx(0.45), pytest.approx(0.55))
    # 0.4 and 0.6: a third nearer.
    assert MODEL.assign([-0.4, 0.0], current_id=2) == (5, pytest.approx(0.4), pytest.approx(0.6))


@given(st.floats(-5, 25), st.floats(-0.9, 20), st.sampled_from([2, 5, 9, 77]), st.sampled_from([0.0, 0.25, 0.6]))
def test_the_quick_question_has_the_answer_of_the_long_one(
    orders: float, spend: float, current_id: int, margin: float
) -> None:
    place = MODEL.place([orders, spend], current_id, margin)
    assert place is not None
    assert MODEL.keeper(margin)([orders, spend], current_id) == (place.id == current_id)


def test_a_user_of_a_cluster_that_is_gone_goes_to_the_nearest() -> None:
    assert MODEL.assign([0.1, 0.0], current_id=77) == (5, pytest.approx(0.1), None)


def test_the_smallest_id_counts_among_equally_near_centres() -> None:
    assert MODEL.assign([-0.5, 0.0]).id == 2


def test_places_carry_names() -> None:
    assert MODEL.place([20, 0.0]) == (9, "High", 0.0, None)
    assert MODEL.name_of(5) == "Moderate"
    assert MODEL.name_of(6) is None


@pytest.mark.parametrize("values", [[None, None], [math.nan, "text"], [True, math.inf]])
def test_users_without_any_value_are_in_no_cluster(values: list[object]) -> None:
    assert MODEL.place(values) is None


def test_the_minimum_counts_values_that_are_there() -> None:
    strict = msgspec.structs.replace(MODEL, minimum=2)
    assert strict.place([20, None]) is None
    assert strict.place([20, 0.0]) is not None
    assert MODEL.place([20, None]) is not None


def test_centres_in_real_units() -> None:
    assert MODEL.real_centres() == [[5.0, 0.0], [10.0, 0.0], [20.0, 0.0]]


def test_models_come_back_from_json_as_they_were() -> None:
    assert ClusterModel.decode(MODEL.encode()) == MODEL
    later = msgspec.json.encode({**msgspec.to_builtins(MODEL), "added_later": 1})
    assert ClusterModel.decode(later) == MODEL


def test_a_model_with_a_missing_part_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="missing required field"):
        ClusterModel.decode('{"clustering": "engagement"}')


coordinates = st.tuples(st.floats(-10, 10), st.floats(-10, 10))


@given(coordinates, st.sampled_from(MODEL.ids), st.floats(0, 0.9))
def test_nobody_is_further_than_the_margin_allows(vector: tuple[float, float], current: int, margin: float) -> None:
    nearest = MODEL.assign(vector)
    found = MODEL.assign(vector, current, margin)
    assert found.id in (current, nearest.id)
    assert (1.0 - margin) * found.distance <= nearest.distance
    # Asking again changes nothing.
    assert MODEL.assign(vector, found.id, margin).id == found.id


def test_whoever_only_assigns_does_not_load_river() -> None:
    code = (
        "import sys\nfrom livesegments.models.clusters.model import ClusterModel\n"
        "print([name for name in ('river', 'scipy', 'pandas') if name in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
