"""Decision trees that grow in the stream, learned by River; they answer without River."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from livesegments.models.predictions.predictor import Plain, Vector

__all__ = ["DecisionTree", "DecisionTreeScorer", "columns_of", "draws"]

TREES = 10
"""Trees whose answers are averaged: one alone is wrong about who is near its few thresholds."""

SMOOTHING = 20.0
"""Examples for which the shares of the node above count in a node's own."""

_BLOCK = 1024

Node = list[Any]
"""A split `[column, threshold, low, high]`, or a leaf: the weights of its outcomes."""

_Ready = tuple[int, float, Any, Any, list[float]]
"""A split and the shares of outcomes at it; at a leaf the column is -1."""


class DecisionTree:
    """A few of River's `HoeffdingTreeClassifier` (Domingos & Hulten, KDD 2000), each taught a draw of its own.

    Each tree learns an example as often as a Poisson draw says (Oza & Russell, "Online bagging and boosting", AISTATS
    2001), and reads two columns of three (Ho, "The random subspace method", PAMI 1998). So they differ, and their mean
    answer is smoother than a single one's. At depth 8 each has at most 256 leaves, which observe their columns with one
    Gaussian per outcome.
    """

    def __init__(self, width: int, outcomes: int = 2, seed: int = 0, trees: int = TREES) -> None:
        from river import tree  # River brings pandas and scipy.stats, 2 s that only learners need to spend

        self._width = width
        self._outcomes = outcomes
        self._seed = seed
        self._learned = 0
        self._draws = draws(seed, trees)
        self._columns = columns_of(seed, trees, width)
        self._trees: list[Any] = [
            tree.HoeffdingTreeClassifier(
                grace_period=50,
                max_depth=8,
                leaf_prediction="mc",
                split_criterion="gini",
                delta=0.05,  # a split is soon dared: what one tree gets wrong, the others make good
                tau=0.05,  # a tie of two splits is broken late: broken soon, the tree splits by what tells little
            )
            for _ in range(trees)
        ]

    def learn_one(self, vector: Vector, target: float) -> None:
        """Sort the example to its leaf of each tree that drew it, and split where the Hoeffding bound allows it."""
        for tree, columns, weight in zip(self._trees, self._columns, next(self._draws), strict=True):
            if weight:
                tree.learn_one({column: vector[column] for column in columns}, int(target), w=weight)
        self._learned += 1

    def predict_one(self, vector: Vector) -> list[float]:
        """Return the mean shares of outcomes in the vector's leaves; equal shares before anything is learned."""
        parameters = self.parameters()
        return DecisionTreeScorer(parameters).scores(vector) if parameters else [1.0 / self._outcomes] * self._outcomes

    def parameters(self) -> Plain:
        """Return the trees as lists, see `Node`."""
        roots = [tree._root for tree in self._trees if tree._root is not None]
        return {"width": self._width, "smoothing": SMOOTHING, "trees": list(map(self._plain, roots))} if roots else {}

    def _plain(self, node: Any) -> Node:
        if hasattr(node, "children"):
            low, high = (self._plain(child) for child in node.children)
            return [node.feature, node.threshold, low, high]
        weights = [0.0] * self._outcomes
        for outcome, weight in node.stats.items():
            weights[outcome] = round(weight, 3)
        return weights

    def snapshot(self) -> Plain:
        """Return the trees with their observers as plain numbers."""
        from livesegments.models.predictions.hoeffding_state import tree_state  # it needs River, see __init__

        return {"learned": self._learned, "trees": list(map(tree_state, self._trees)), "columns": self._columns}

    def restore(self, snapshot: Plain) -> None:
        """Take over a snapshot, exactly: the trees grow on as they would have.

        Of before, when trees were fewer and read all columns, each becomes a few that go on doing so.
        """
        from livesegments.models.predictions.hoeffding_state import restore_tree  # it needs River, see __init__

        states = snapshot.get("trees", [snapshot])
        for place, tree in enumerate(self._trees):
            restore_tree(tree, states[place % len(states)])
        self._columns = snapshot.get("columns", [list(range(self._width))] * len(self._trees))
        self._learned = snapshot.get("learned", 0)
        self._draws = draws(self._seed, len(self._trees), self._learned)


class DecisionTreeScorer:
    """Trees of splits and outcome weights; a node's shares lean on those of the node above."""

    __slots__ = ("_roots", "_width")

    def __init__(self, parameters: Plain) -> None:
        smoothing, trees = parameters.get("smoothing", 0.0), parameters.get("trees")
        if trees is None:  # a version of before 0.2: a single tree
            trees = [_of_before(parameters["root"])]
        self._roots = [_ready(tree, _shares(_weights(tree)), smoothing) for tree in trees]
        self._width = parameters["width"]

    def scores(self, vector: Vector) -> list[float]:
        """Return the mean shares of outcomes in the vector's leaves."""
        found = []
        for root in self._roots:
            column, threshold, low, high, shares = root
            while column >= 0:
                column, threshold, low, high, shares = low if vector[column] <= threshold else high
            found.append(shares)
        return [sum(shares) / len(found) for shares in zip(*found, strict=True)]

    def contributions(self, vector: Vector, outcome: int) -> list[float]:
        """Return per column how the splits on it moved the share of `outcome`, from the roots down (Saabas 2014)."""
        moved = [0.0] * self._width
        for root in self._roots:
            column, threshold, low, high, shares = root
            while column >= 0:
                split, before = column, shares[outcome]
                column, threshold, low, high, shares = low if vector[column] <= threshold else high
                moved[split] += (shares[outcome] - before) / len(self._roots)
        return moved


def columns_of(seed: int, trees: int, width: int) -> list[list[int]]:
    """Give the columns that each tree reads: a third is left out, each column by about as many trees as any other."""
    without = width // 3
    random = np.random.default_rng([seed, width, trees])
    dealt: list[int] = [column for _ in range(trees) for column in random.permutation(width).tolist()]
    left_out = [dealt[place * without : (place + 1) * without] for place in range(trees)]
    return [[column for column in range(width) if column not in left] for left in left_out]


def draws(seed: int, trees: int, skipped: int = 0) -> Iterator[list[int]]:
    """Give how often each tree learns each example, from the one of that number on."""
    block, place = divmod(skipped, _BLOCK)
    while True:
        yield from np.random.default_rng([seed, block]).poisson(1.0, (_BLOCK, trees))[place:].tolist()
        block, place = block + 1, 0


def _ready(node: Node, above: list[float], smoothing: float) -> _Ready:
    """Give the node with its shares, which lean on those above."""
    weights = _weights(node)
    total = sum(weights) + smoothing
    shares = above
    if total:
        shares = [(weight + smoothing * share) / total for weight, share in zip(weights, above, strict=True)]
    if type(node[-1]) is not list:
        return -1, 0.0, None, None, shares
    return node[0], node[1], _ready(node[2], shares, smoothing), _ready(node[3], shares, smoothing), shares


def _weights(node: Node) -> list[float]:
    if type(node[-1]) is not list:
        return node
    return [low + high for low, high in zip(_weights(node[2]), _weights(node[3]), strict=True)]


def _of_before(node: Plain) -> Node:
    if "low" not in node:
        return list(node["weights"])
    return [node["column"], node["threshold"], _of_before(node["low"]), _of_before(node["high"])]


def _shares(weights: list[float]) -> list[float]:
    total = sum(weights)
    return [weight / total for weight in weights] if total else [1.0 / len(weights)] * len(weights)
