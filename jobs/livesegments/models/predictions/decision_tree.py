"""Decision trees that grow in the stream, learned by River; they answer without River."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from livesegments.models.predictions.predictor import Plain, Vector

__all__ = ["DecisionTree", "DecisionTreeScorer", "draws"]

TREES = 5
"""Trees whose answers are averaged: one alone is wrong about who is near its few thresholds."""

SMOOTHING = 20.0
"""Examples for which the shares of the node above count in a node's own."""

_BLOCK = 1024

Node = list[Any]
"""A split `[column, threshold, low, high]`, or a leaf: the weights of its outcomes."""


class DecisionTree:
    """A few of River's `HoeffdingTreeClassifier` (Domingos & Hulten, KDD 2000), each taught a draw of its own.

    Each tree learns an example as often as a Poisson draw says (Oza & Russell, "Online bagging and boosting", AISTATS
    2001), so that they differ, and their mean answer is smoother than a single one's. At depth 8 each has at most 256
    leaves, which observe `width` columns with one Gaussian per outcome.
    """

    def __init__(self, width: int, outcomes: int = 2, seed: int = 0, trees: int = TREES) -> None:
        from river import tree  # River brings pandas and scipy.stats, 2 s that only learners need to spend

        self._width = width
        self._outcomes = outcomes
        self._seed = seed
        self._learned = 0
        self._draws = draws(seed, trees)
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
        row = dict(enumerate(vector))
        for tree, weight in zip(self._trees, next(self._draws), strict=True):
            if weight:
                tree.learn_one(row, int(target), w=weight)
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

        return {"learned": self._learned, "trees": list(map(tree_state, self._trees))}

    def restore(self, snapshot: Plain) -> None:
        """Take over a snapshot, exactly: the trees grow on as they would have. One tree of before becomes all."""
        from livesegments.models.predictions.hoeffding_state import restore_tree  # it needs River, see __init__

        states = snapshot["trees"] if "trees" in snapshot else [snapshot] * len(self._trees)
        for tree, state in zip(self._trees, states, strict=True):
            restore_tree(tree, state)
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
        for node in self._roots:
            while len(node) > 1:
                node = node[3] if vector[node[1]] <= node[2] else node[4]
            found.append(node[0])
        return [sum(shares) / len(found) for shares in zip(*found, strict=True)]

    def contributions(self, vector: Vector, outcome: int) -> list[float]:
        """Return per column how the splits on it moved the share of `outcome`, from the roots down (Saabas 2014)."""
        moved = [0.0] * self._width
        for node in self._roots:
            while len(node) > 1:
                child = node[3] if vector[node[1]] <= node[2] else node[4]
                moved[node[1]] += (child[0][outcome] - node[0][outcome]) / len(self._roots)
                node = child
        return moved


def draws(seed: int, trees: int, skipped: int = 0) -> Iterator[list[int]]:
    """Give how often each tree learns each example, from the one of that number on."""
    block, place = divmod(skipped, _BLOCK)
    while True:
        yield from np.random.default_rng([seed, block]).poisson(1.0, (_BLOCK, trees))[place:].tolist()
        block, place = block + 1, 0


def _ready(node: Node, above: list[float], smoothing: float) -> tuple[Any, ...]:
    """Give shares alone for a leaf, and with a split its column, threshold and both sides."""
    weights = _weights(node)
    total = sum(weights) + smoothing
    shares = above
    if total:
        shares = [(weight + smoothing * share) / total for weight, share in zip(weights, above, strict=True)]
    if type(node[-1]) is not list:
        return (shares,)
    return shares, node[0], node[1], _ready(node[2], shares, smoothing), _ready(node[3], shares, smoothing)


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
