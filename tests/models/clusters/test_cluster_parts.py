"""The parts of clusterers: k-means, samples, identity, names, transitions, DBSCAN, quality."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from livesegments.models.clusters.centroids import Centroids
from livesegments.models.clusters.dbscan import NOISE, dbscan, usual_radius
from livesegments.models.clusters.identity import Ids, match
from livesegments.models.clusters.lloyd import Fit, lloyd, move_centre, plus_plus, squared_distances, start
from livesegments.models.clusters.naming import describe, name_clusters
from livesegments.models.clusters.quality import adjusted_rand_index, batch_kmeans, silhouette, ssq
from livesegments.models.clusters.transitions import Transition, transitions

SQUARE = np.array([[0.0, 0.0], [0.0, 1.0], [9.0, 0.0], [9.0, 1.0]])


def cloud(count: int, seed: int = 1) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return generator.standard_normal((count, 3)) + 4.0 * generator.integers(0, 4, (count, 1))


def test_lloyd_finds_the_two_sides() -> None:
    fit = lloyd(SQUARE, np.array([[1.0, 0.0], [5.0, 0.0]]))
    assert fit.centres.tolist() == [[0.0, 0.5], [9.0, 0.5]]
    assert fit.ssq == pytest.approx(1.0)
    assert fit.counts().tolist() == [2, 2]


def test_each_iteration_lowers_the_error() -> None:
    points = cloud(500)
    errors = [lloyd(points, points[:5], iterations=count, tolerance=0.0).ssq for count in range(8)]
    assert errors == sorted(errors, reverse=True)


def test_best_of_all_partitions_is_found() -> None:
    points = np.random.default_rng(5).standard_normal((9, 2))

    def error(labels: tuple[int, ...]) -> float:
        groups = [points[np.array(labels) == label] for label in set(labels)]
        return sum(float(((group - group.mean(axis=0)) ** 2).sum()) for group in groups)

    best = min(error(labels) for labels in itertools.product(range(3), repeat=9))
    assert batch_kmeans(points, 3, restarts=30).ssq == pytest.approx(best)


def test_there_are_no_more_centres_than_points() -> None:
    same = np.ones((50, 2))
    assert len(plus_plus(same, 4, np.random.default_rng(1))) == 1
    assert start(SQUARE, 9, np.random.default_rng(1)).ssq == 0.0


def test_a_useless_centre_moves_to_where_it_helps() -> None:
    points = np.vstack([SQUARE, SQUARE + 50.0])
    stuck = lloyd(points, np.array([[0.0, 0.0], [0.0, 1.0], [30.0, 30.0]]))
    moved = move_centre(points, stuck, np.random.default_rng(1))
    assert moved.ssq < 0.7 * stuck.ssq


def test_nothing_moves_where_everything_fits() -> None:
    fit = Fit(SQUARE, np.arange(4), 0.0)
    assert move_centre(SQUARE, fit, np.random.default_rng(1), removed=0).ssq == 0.0
    assert (
        move_centre(np.ones((3, 2)), Fit(np.ones((1, 2)), np.zeros(3, int), 0.0), np.random.default_rng(1)).ssq == 0.0
    )


def test_a_move_that_would_save_too_little_is_not_made() -> None:
    points = cloud(5000)
    fit = batch_kmeans(points, 4)
    assert move_centre(points, fit, np.random.default_rng(1), gain=0.01) is fit


def test_a_poor_grouping_is_left_for_a_better_one() -> None:
    # Two centres share one group, and one has two: by Lloyd's iterations alone that stays so for ever.
    groups = np.array([[0.0, 0.0], [8.0, 0.0], [8.0, 0.6]])
    generator = np.random.default_rng(1)
    first, rest = 0.2 * generator.standard_normal((20, 2)), 0.2 * generator.standard_normal((3000, 2))
    rest += groups[generator.integers(3, size=3000)]
    errors = {}
    for gain in (0.003, 1.0):
        model = Centroids(3, search_gain=gain)
        for points in (first, rest, rest, rest):
            model.learn_many(points)
            model.refit()
        errors[gain] = ssq(rest, np.array([centre.point for centre in model.centres()])) / len(rest)
    assert errors[0.003] == pytest.approx(0.08, rel=0.2)
    assert errors[1.0] > 0.1


def test_ids_follow_the_nearest_centres() -> None:
    assert match(SQUARE, SQUARE[::-1] + 0.1) == {0: 3, 1: 2, 2: 1, 3: 0}


def test_one_far_centre_does_not_pull_the_others_out_of_their_pairs() -> None:
    old = np.array([[0.0], [4.0], [8.0]])
    new = np.array([[4.0], [8.0], [30.0]])
    assert match(old, new) == {0: 1, 1: 2}


@given(st.data())
def test_the_pairs_are_those_of_the_hungarian_method_whatever_the_ties(data: st.DataObject) -> None:
    places = st.tuples(st.integers(0, 6), st.integers(0, 2))
    old, new = (np.array(data.draw(st.lists(places, min_size=1, max_size=5)), float) for _ in range(2))
    apart = np.sqrt(squared_distances(old, old)[np.triu_indices(len(old), 1)])
    limit = (0.5 * apart.mean()) ** 2 if len(old) > 1 else 1e300
    squares = squared_distances(old, new)
    pairs = zip(*linear_sum_assignment(np.minimum(squares, limit)), strict=True)
    assert match(old, new) == {column: row for row, column in pairs if squares[row, column] <= limit}


def test_ids_are_never_used_twice() -> None:
    ids = Ids()
    assert ids.follow(np.empty((0, 1)), np.array([[0.0], [10.0]])) == [0, 1]
    assert ids.follow(np.array([[0.0], [10.0]]), np.array([[10.5]])) == [1]
    assert ids.follow(np.array([[10.5]]), np.array([[10.0], [50.0]])) == [1, 2]


@pytest.mark.parametrize(("weights", "stays"), [([1.0, 2.0, 5.0], 1), ([2.0, 1.0, 5.0], 0)])
def test_of_two_clusters_that_become_one_the_heavier_keeps_its_id(weights: list[float], stays: int) -> None:
    old, new = np.array([[0.0], [1.0], [9.0]]), np.array([[0.5], [9.0], [20.0]])
    assert Ids([0, 1, 2], 3).follow(old, new, weights=weights) == [stays, 2, 3]


def test_a_cluster_that_faded_counts_for_what_it_is_now() -> None:
    generator, model = np.random.default_rng(1), Centroids(3)
    for groups, shares, count in (([0.0, 2.5, 9.0], [0.15, 0.7, 0.15], 500), ([0.0, 9.0, 9.9], [0.4, 0.3, 0.3], 2000)):
        before = {round(centre.point[0]): centre.id for centre in model.centres()}
        for group in generator.choice(groups, size=count, p=shares):
            model.learn_one([group + 0.05 * generator.standard_normal()])
        model.refit()
    after = {round(centre.point[0]): centre.id for centre in model.centres()}
    assert after[0] == before[0]


def test_a_cluster_that_ended_far_away_hands_its_id_to_nobody() -> None:
    old, new = np.array([[0.0], [9.0], [18.0]]), np.array([[0.0], [9.0], [40.0]])
    assert Ids([0, 1, 2], 3).follow(old, new, weights=[1.0, 1.0, 9.0])[:2] == [0, 1]


def test_names_go_from_low_to_high_and_stay() -> None:
    centres = [[1.0, 1.0], [-1.0, -1.0], [0.0, 0.1]]
    names = ["Low", "Moderate", "High"]
    given = name_clusters({}, [0, 1, 2], centres, ["a", "b"], names)
    assert given == {0: "High", 1: "Low", 2: "Moderate"}
    # Cluster 1 is gone, 3 is born above all others: it gets the name that is free.
    assert name_clusters(given, [0, 2, 3], [*centres[::2], [9.0, 9.0]], ["a", "b"], names)[3] == "Low"
    # There is no name left.
    assert name_clusters(given, [0, 1, 2, 3], [*centres, [9.0, 9.0]], ["a", "b"], names)[3] == "high a, high b"


def test_two_clusters_of_three_names_are_low_and_high() -> None:
    assert name_clusters({}, [0, 1], [[2.0], [1.0]], ["a"], ["Low", "Moderate", "High"]) == {0: "High", 1: "Low"}


def test_descriptions_are_distinct() -> None:
    assert describe([0.1, 0.2], ["a", "b"]) == "average"
    assert describe([1.0, 0.9, 0.8], ["a", "b", "c"], {"high a, high b"}) == "high a, high b, high c"
    assert describe([1.0], ["a"], {"high a", "high a (2)"}) == "high a (3)"


def told(
    old_ids: list[int], old: list[int], new_ids: list[int], new: list[int]
) -> list[tuple[str, int, tuple[int, ...]]]:
    found = transitions(old_ids, np.array(old), new_ids, np.array(new))
    return [(transition.kind, transition.cluster, transition.others) for transition in found]


def test_clusters_survive_with_their_ids() -> None:
    assert told([1, 2], [0, 0, 1, 1], [1, 2], [0, 0, 1, 0]) == [("survived", 1, ()), ("survived", 2, ())]
    assert transitions([1], np.array([0, 0]), [1], np.array([0, 0]))[0].overlap == 1.0


def test_a_cluster_splits() -> None:
    assert told([1], [0, 0, 0, 0], [1, 7], [0, 0, 1, 1]) == [("survived", 1, ()), ("split", 1, (7,))]
    assert told([1], [0, 0, 0, 0], [6, 7], [0, 0, 1, 1]) == [("split", 1, (6, 7))]


def test_a_cluster_merges_into_another() -> None:
    assert told([1, 2], [0, 0, 1, 1], [1], [0, 0, 0, 0]) == [("survived", 1, ()), ("merged", 2, (1,))]


def test_clusters_are_born_and_die() -> None:
    # Nobody that was there before is in 9; the members of 2 are scattered.
    ids, after = [1, 3, 4, 5, 9], [0, 0, 1, 2, 3]
    assert told([1, 2], [0, 1, 1, 1, 1], ids, after) == [
        ("born", 3, ()),
        ("born", 4, ()),
        ("born", 5, ()),
        ("born", 9, ()),
        ("survived", 1, ()),
        ("died", 2, ()),
    ]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40))
def test_every_cluster_has_exactly_one_fate(labels: list[tuple[int, int]]) -> None:
    old, new = (np.array(column) for column in zip(*labels, strict=True))
    found = transitions([0, 1, 2, 3], old, [2, 3, 4, 5], new)
    fates = [told.cluster for told in found if told.kind in ("survived", "died", "merged")]
    splits = [told.cluster for told in found if told.kind == "split" and told.cluster not in (2, 3)]
    assert sorted(fates + splits) == [0, 1, 2, 3]
    parts = {other for told in found for other in told.others}
    assert {told.cluster for told in found if told.kind == "born"} == {4, 5} - parts
    assert all(isinstance(told, Transition) for told in found)


def test_dbscan_finds_shapes_and_noise() -> None:
    angles = np.linspace(0, 2 * np.pi, 200)
    ring = np.column_stack([np.cos(angles), np.sin(angles)])
    points = np.vstack([3.0 * ring, 0.3 * ring, [[8.0, 8.0]]])
    labels = dbscan(points, 0.3, 4)
    assert labels.tolist() == [0] * 200 + [1] * 200 + [NOISE]


def test_the_usual_radius_joins_a_cloud() -> None:
    points = np.random.default_rng(1).standard_normal((400, 2))
    labels = dbscan(points, usual_radius(points, 4), 4)
    assert (labels == 0).mean() > 0.85


def test_quality_of_what_is_known() -> None:
    assert ssq(SQUARE, np.array([[0.0, 0.5], [9.0, 0.5]])) == pytest.approx(1.0)
    assert adjusted_rand_index([0, 0, 1, 1], [5, 5, 3, 3]) == 1.0
    # The example of Hubert and Arabie as scikit-learn's documentation gives it.
    assert adjusted_rand_index([0, 0, 1, 2], [0, 0, 1, 1]) == pytest.approx(0.5714, abs=1e-4)
    assert adjusted_rand_index([0, 0, 0], [1, 1, 1]) == 1.0


def test_silhouette_by_hand() -> None:
    points, labels = np.array([[0.0], [1.0], [10.0]]), np.array([0, 0, 1])
    assert silhouette(points, labels) == pytest.approx((0.9 + 8 / 9 + 0.0) / 3)
    assert np.isnan(silhouette(points, np.zeros(3, int)))
    assert silhouette(cloud(3000), np.repeat([0, 1, 2], 1000)) < 0.05


def test_a_snapshot_of_before_with_a_parameter_that_is_gone_is_gone_on_from() -> None:
    model = Centroids(2)
    for value in (0.0, 5.0, 0.1, 5.1):
        model.learn_one([value])
    model.refit()
    before = model.snapshot()
    before["parameters"]["search_every"] = 4
    assert Centroids.restore(before).centres() == model.centres()
