"""What makes a few small trees answer well: draws and columns of their own, leaves that lean on the nodes above."""

import math
import random
from collections import Counter

import msgspec
import pytest

from livesegments.models.predictions.decision_tree import (
    SMOOTHING,
    TREES,
    DecisionTree,
    DecisionTreeScorer,
    columns_of,
    draws,
)

WIDTH = 6


def examples(count, seed):
    """Return vectors whose chance grows slowly with three of six columns, and what came of them."""
    chance = random.Random(seed)
    rows = []
    for _ in range(count):
        vector = [chance.gauss(0, 1) for _ in range(WIDTH)]
        odds = 0.8 * vector[0] + 0.8 * vector[2] + 0.8 * vector[4]
        rows.append((vector, int(chance.random() < 1 / (1 + math.exp(-odds)))))
    return rows


def learned(rows, trees=TREES, seed=1):
    model = DecisionTree(WIDTH, seed=seed, trees=trees)
    for vector, outcome in rows:
        model.learn_one(vector, outcome)
    return model


def loss(scores, rows):
    return -sum(math.log(max(scores(vector)[outcome], 1e-9)) for vector, outcome in rows) / len(rows)


def kept(model):
    return msgspec.msgpack.decode(msgspec.msgpack.encode(model.snapshot()))


def test_a_tree_learns_an_example_as_often_as_a_draw_with_a_mean_and_variance_of_one_says():
    source = draws(7, 4)
    rows = [next(source) for _ in range(5000)]
    for tree in range(4):
        weights = [row[tree] for row in rows]
        mean = sum(weights) / 5000
        assert mean == pytest.approx(1.0, abs=0.06)
        assert sum((weight - mean) ** 2 for weight in weights) / 5000 == pytest.approx(1.0, abs=0.1)
    alike = sum(row[0] == row[1] for row in rows) / 5000  # of two independent draws .31
    assert 0.25 < alike < 0.37
    other = draws(8, 4)
    assert [next(other) for _ in range(20)] != rows[:20]


def test_draws_go_on_from_any_example():
    source = draws(7, 3)
    rows = [next(source) for _ in range(2500)]
    for skipped in (0, 1, 1023, 1024, 2047):
        assert next(draws(7, 3, skipped)) == rows[skipped]


@pytest.mark.parametrize(("width", "read"), [(1, 1), (2, 2), (3, 2), (6, 4), (8, 6), (40, 27)])
def test_each_tree_reads_two_columns_of_three_and_each_column_is_read_about_as_often(width, read):
    columns = columns_of(5, 12, width)
    assert all(read <= len(set(one)) == len(one) and one == sorted(one) for one in columns)
    readers = Counter(column for one in columns for column in one)
    assert set(readers) == set(range(width))
    assert max(readers.values()) - min(readers.values()) <= 2
    assert columns == columns_of(5, 12, width)
    assert width < 3 or (columns != columns_of(6, 12, width) and len(set(map(tuple, columns))) > 1)


def test_a_tree_splits_by_no_column_that_it_does_not_read():
    def split(node):
        return set() if type(node[-1]) is not list else {node[0]} | split(node[2]) | split(node[3])

    trees = learned(examples(6000, 1)).parameters()["trees"]
    found = list(map(split, trees))
    assert any(found)
    for columns, used in zip(columns_of(1, TREES, WIDTH), found, strict=True):
        assert used <= set(columns)


def test_many_trees_foretell_better_than_each_of_them():
    unseen = examples(2000, 2)
    parameters = learned(examples(6000, 1)).parameters()
    together = loss(DecisionTreeScorer(parameters).scores, unseen)
    alone = [loss(DecisionTreeScorer({**parameters, "trees": [tree]}).scores, unseen) for tree in parameters["trees"]]
    assert len(alone) == TREES
    assert len(set(alone)) == TREES
    assert together < min(alone)


def test_a_leaf_of_few_leans_on_the_node_above():
    tree = [0, 1.0, [300.0, 100.0], [2.0, 0.0]]
    scores = DecisionTreeScorer({"width": 1, "smoothing": 20.0, "trees": [tree]}).scores
    above = 100 / 402
    assert scores([2.0])[1] == pytest.approx(20.0 * above / 22.0)
    assert scores([0.0])[1] == pytest.approx((100.0 + 20.0 * above) / 420.0)


def test_leaves_lean_on_a_node_that_leans_on_the_one_above_it():
    tree = [0, 1.0, [0, 0.0, [30.0, 10.0], [0.0, 4.0]], [50.0, 50.0]]
    scores = DecisionTreeScorer({"width": 1, "smoothing": 20.0, "trees": [tree]}).scores
    root = 64 / 144
    below = (14.0 + 20.0 * root) / 64.0
    assert scores([0.5])[1] == pytest.approx((4.0 + 20.0 * below) / 24.0)


def test_what_is_published_leans_so_too_and_no_leaf_of_one_outcome_is_sure():
    model = learned([([float(number % 2)] * WIDTH, number % 2) for number in range(2000)])
    parameters = model.parameters()
    assert parameters["smoothing"] == SMOOTHING == 20.0
    assert 0.0 < model.predict_one([0.0] * WIDTH)[1] < 0.03
    assert DecisionTreeScorer({**parameters, "smoothing": 0.0}).scores([0.0] * WIDTH)[1] == 0.0


def test_contributions_lead_from_the_roots_to_the_answer():
    parameters = learned(examples(4000, 3)).parameters()
    scorer, flat = DecisionTreeScorer(parameters), DecisionTreeScorer({**parameters, "smoothing": 1e15})
    for vector, _ in examples(100, 4):
        for outcome in (0, 1):
            parts = scorer.contributions(vector, outcome)
            assert sum(parts) == pytest.approx(scorer.scores(vector)[outcome] - flat.scores(vector)[outcome])


def test_a_contribution_belongs_to_the_column_that_was_split_and_a_value_at_the_threshold_goes_low():
    tree = [0, 1.0, [30.0, 10.0], [2, 5.0, [10.0, 30.0], [4.0, 16.0]]]
    scorer = DecisionTreeScorer({"width": 3, "smoothing": 0.0, "trees": [tree, [50.0, 50.0]]})
    root, high = 56 / 100, 46 / 60
    assert scorer.scores([1.0, 0.0, 9.0])[1] == pytest.approx((0.25 + 0.5) / 2)
    assert scorer.contributions([1.0, 0.0, 9.0], 1) == pytest.approx([(0.25 - root) / 2, 0.0, 0.0])
    parts = scorer.contributions([2.0, 0.0, 5.0], 1)
    assert parts == pytest.approx([(high - root) / 2, 0.0, (0.75 - high) / 2])
    assert scorer.contributions([2.0, 0.0, 5.0], 0) == pytest.approx([-part for part in parts])


@pytest.mark.thorough
def test_of_two_columns_that_tell_the_same_a_restored_tree_takes_the_one_that_it_would_have_taken():
    twins = [([vector[0]] * WIDTH, outcome) for vector, outcome in examples(3000, 5)]
    straight = learned(twins)
    for cut in (40, 333, 1500):
        first, second = learned(twins[:cut]), DecisionTree(WIDTH, seed=1)
        second.restore(kept(first))
        for vector, outcome in twins[cut:]:
            second.learn_one(vector, outcome)
        assert second.parameters() == straight.parameters()
        assert kept(second) == kept(straight)


def test_trees_of_before_that_read_all_columns_become_more_that_go_on_doing_so():
    rows = examples(1500, 6)
    before = DecisionTree(WIDTH, trees=5)
    before._columns = [list(range(WIDTH))] * 5
    for vector, outcome in rows:
        before.learn_one(vector, outcome)
    state = kept(before)
    del state["columns"]
    now = DecisionTree(WIDTH)
    now.restore(state)
    assert now.predict_one(rows[0][0]) == pytest.approx(before.predict_one(rows[0][0]))
    assert now.snapshot()["columns"] == [list(range(WIDTH))] * TREES
    for vector, outcome in rows:
        now.learn_one(vector, outcome)
    assert now.parameters()["trees"][0] != now.parameters()["trees"][5]


def test_a_single_tree_of_an_earlier_version_still_answers_and_grows_on():
    leaves = {"low": {"weights": [3.0, 1.0]}, "high": {"weights": [1.0, 4.0]}}
    root = {"weights": [4.0, 5.0], "column": 1, "threshold": 0.5, **leaves}
    scorer = DecisionTreeScorer({"width": 2, "root": root})
    assert scorer.scores([9.0, 0.5]) == [0.75, 0.25]
    assert scorer.contributions([9.0, 0.6], 1) == [0.0, pytest.approx(0.8 - 5 / 9)]
    one, many = DecisionTree(1, trees=1), DecisionTree(1)
    for number in range(30):
        one.learn_one([float(number)], number % 2)
    many.restore(one.snapshot()["trees"][0])
    assert many.predict_one([1.0]) == pytest.approx(one.predict_one([1.0]))
    many.learn_one([1.0], 1)
