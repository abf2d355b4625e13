"""Models: who is in which cluster, and what a stored model keeps."""

import math
import os
import subprocess
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegments.models.clusters.model import ClusterModel, Place
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


def place(orders: float, spend: float, current_id: int | None = None, margin: float = 0.25) -> Place:
    """Place a vector in scaled units."""
    found = MODEL.place(UNITS.real([orders, spend]), current_id, margin)
    assert found is not None
    return found


def test_a_newcomer_goes_to_the_nearest_centre() -> None:
    assert place(1.9, 0.0) == (9, "High", pytest.approx(0.1), None)


def test_a_user_moves_once_past_the_border_by_the_margin() -> None:
    # From -1 to 0 the border is at -0.5; a quarter of the way from there to the other centre is -0.375.
    assert place(-0.4, 0.0, current_id=2)[::2] == (2, pytest.approx(0.6))
    assert place(-0.37, 0.0, current_id=2)[::2] == (5, pytest.approx(0.37))
    assert place(-0.49, 0.0, current_id=2, margin=0.0)[0] == 5
    assert place(-0.51, 0.0, current_id=2, margin=0.0)[0] == 2


def test_no_outlier_is_stuck() -> None:
    # Far out on the other axis both centres are nearly as far: the border is where it was.
    assert place(-0.37, 9.0, current_id=2).id == 5
    assert place(2.5, 9.9, current_id=2).id == 9


def test_a_user_of_a_cluster_that_is_gone_goes_to_the_nearest() -> None:
    assert place(0.1, 0.0, current_id=77) == (5, "Moderate", pytest.approx(0.1), None)


def test_the_smallest_id_counts_among_equally_near_centres() -> None:
    assert place(-0.5, 0.0).id == 2


def test_places_carry_names() -> None:
    assert MODEL.place([20, 0.0]) == (9, "High", 0.0, None)


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


@given(st.floats(-10, 10), st.floats(-10, 10), st.sampled_from(MODEL.ids), st.floats(0, 0.9))
def test_whoever_moved_stays(orders: float, spend: float, current: int, margin: float) -> None:
    nearest, found = place(orders, spend), place(orders, spend, current, margin)
    assert found.id in (current, nearest.id)
    assert place(orders, spend, found.id, margin).id == found.id


def test_medians_are_shown_where_they_are_known() -> None:
    told = msgspec.structs.replace(MODEL, sizes=(5, 3, 2), medians=((1.0, None), (2.0, 7.0), (9.0, 99.0)))
    assert told.real_centres() == [[1.0, None], [2.0, 7.0], [9.0, 99.0]]


def test_whoever_only_assigns_does_not_load_river() -> None:
    code = (
        "import sys\nfrom livesegments.models.clusters.model import ClusterModel\n"
        "print([name for name in ('river', 'scipy', 'pandas') if name in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
