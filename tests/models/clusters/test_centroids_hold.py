"""Centroids: who is who when everything moves, and centres that stand still for what chance brings."""

from __future__ import annotations

import numpy as np
import pytest

from livesegments.models.clusters.centroids import Centroids
from livesegments.models.clusters.identity import Ids
from livesegments.models.clusters.scaling import scaling_of


def users_of(centres: list[list[float]], spread: float, seed: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return np.vstack([np.array(centre) + spread * generator.standard_normal((200, 2)) for centre in centres])


def fitted(model: Centroids, points: np.ndarray) -> dict[int, list[float]]:
    model.learn_many(points)
    model.refit()
    return {centre.id: centre.point for centre in model.centres()}


def test_ids_stay_with_their_members_where_a_young_shop_outgrows_its_units() -> None:
    young, logs = users_of([[0.0, 0.0], [0.3, 1.0], [1.0, 0.1]], 0.05, seed=1), (False, False)
    grown = young * [3.0, 5.0]
    before, after = scaling_of(young, logs), scaling_of(grown, logs)
    model = Centroids(3)
    first = fitted(model, before.scale_all(young))
    model.rescale(*before.change_to(after))
    second = fitted(model, after.scale_all(grown))
    assert list(second) == list(first)
    for known, point in first.items():
        assert second[known] == pytest.approx(point)


@pytest.mark.parametrize(("now", "stays"), [([3] * 6 + [4] * 2, True), ([3] * 4 + [4] * 4, False)])
def test_an_id_goes_with_more_than_half_of_its_members(now: list[int], stays: bool) -> None:
    ids = Ids([7, 3, 4], 8)
    ids.follow(np.array([[0.0], [9.0], [18.0]]), np.array([[9.0], [18.0], [99.0], [98.0]]))
    assert ids.current == [3, 4, 8, 9]
    ids.follow_members([7, 3, 4], np.zeros(8, dtype=int), np.array([place - 1 for place in now]))
    assert ids.current == [3, 4, 7 if stays else 8, 9]


def test_an_id_does_not_go_with_members_who_are_few_of_the_new_cluster() -> None:
    ids = Ids([1, 2], 3)
    ids.follow(np.array([[0.0], [9.0]]), np.array([[9.0], [50.0]]))
    ids.follow_members([1, 2], np.array([0, 0, 1, 1, 1]), np.array([1, 1, 1, 1, 1]))
    assert ids.current == [2, 3]


def test_centres_stand_still_for_what_chance_brings_and_go_where_users_go() -> None:
    model, groups = Centroids(3), [[0.0, 0.0], [3.0, 0.0], [0.0, 3.0]]
    first = fitted(model, users_of(groups, 0.5, seed=1))
    assert fitted(model, users_of(groups, 0.5, seed=1) + 0.01) == first
    moved = fitted(model, users_of(groups, 0.5, seed=1) + 0.5)
    assert list(moved) == list(first)
    for known, point in first.items():
        assert moved[known] == pytest.approx(np.array(point) + 0.5, abs=0.15)


def test_without_slack_centres_go_all_the_way() -> None:
    model, groups = Centroids(2, slack=0.0), [[0.0, 0.0], [3.0, 0.0]]
    first = fitted(model, users_of(groups, 0.5, seed=1))
    moved = fitted(model, users_of(groups, 0.5, seed=1) + 0.01)
    for known, point in first.items():
        assert moved[known] == pytest.approx(np.array(point) + 0.01)
