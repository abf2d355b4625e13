"""A decision tree that grows in the stream, learned by River; answers without River."""

from typing import Any

from livesegments.models.predictions.predictor import Plain, Vector

__all__ = ["DecisionTree", "DecisionTreeScorer"]


class DecisionTree:
    """River's `HoeffdingTreeClassifier` (Domingos & Hulten, KDD 2000) with majority leaves, bounded by its depth.

    At depth 8 there are at most 256 leaves, each observing `width` columns with one Gaussian per outcome.
    """

    def __init__(self, width: int, outcomes: int = 2, depth_max: int = 8, grace_period: int = 200) -> None:
        from river import tree  # River brings pandas and scipy.stats, 2 s that only learners need to spend

        self._width = width
        self._outcomes = outcomes
        self._tree: Any = tree.HoeffdingTreeClassifier(
            grace_period=grace_period,
            max_depth=depth_max,
            leaf_prediction="mc",
            split_criterion="gini",
            delta=1e-3,
            tau=0.05,  # a tie of two splits is broken late: broken soon, the tree splits by what tells little
        )

    def learn_one(self, vector: Vector, target: float) -> None:
        """Sort the example to its leaf, and split the leaf when the Hoeffding bound allows it."""
        self._tree.learn_one(dict(enumerate(vector)), int(target))

    def predict_one(self, vector: Vector) -> list[float]:
        """Return the shares of outcomes in the vector's leaf; equal shares before anything is learned."""
        known = self._tree.predict_proba_one(dict(enumerate(vector)))
        shares = [known.get(outcome, 0.0) for outcome in range(self._outcomes)]
        return shares if any(shares) else [1.0 / self._outcomes] * self._outcomes

    def parameters(self) -> Plain:
        """Return the tree as `[column, threshold, low, high]` with outcome weights under each node."""
        root = self._tree._root
        return {} if root is None else {"width": self._width, "root": self._plain(root)}

    def _plain(self, node: Any) -> Plain:
        weights = [0.0] * self._outcomes
        if hasattr(node, "children"):
            low, high = (self._plain(child) for child in node.children)
            weights = [sum(pair) for pair in zip(low["weights"], high["weights"], strict=True)]
            return {"weights": weights, "column": node.feature, "threshold": node.threshold, "low": low, "high": high}
        for outcome, weight in node.stats.items():
            weights[outcome] = weight
        return {"weights": weights}

    def snapshot(self) -> Plain:
        """Return the whole tree with its observers as plain numbers."""
        from livesegments.models.predictions.hoeffding_state import tree_state  # it needs River, see __init__

        return tree_state(self._tree)

    def restore(self, snapshot: Plain) -> None:
        """Take over a snapshot, exactly: the tree grows on as it would have."""
        from livesegments.models.predictions.hoeffding_state import restore_tree  # it needs River, see __init__

        restore_tree(self._tree, snapshot)


class DecisionTreeScorer:
    """A tree of splits and outcome weights."""

    __slots__ = ("_root", "_width")

    def __init__(self, parameters: Plain) -> None:
        self._root = parameters["root"]
        self._width = parameters["width"]

    def scores(self, vector: Vector) -> list[float]:
        """Return the shares of outcomes in the vector's leaf."""
        node = self._root
        while "low" in node:
            node = node["low" if vector[node["column"]] <= node["threshold"] else "high"]
        return _shares(node["weights"])

    def contributions(self, vector: Vector, outcome: int) -> list[float]:
        """Return per column how the splits on it moved the share of `outcome`, from the root down (Saabas 2014)."""
        moved = [0.0] * self._width
        node = self._root
        while "low" in node:
            child = node["low" if vector[node["column"]] <= node["threshold"] else "high"]
            moved[node["column"]] += _shares(child["weights"])[outcome] - _shares(node["weights"])[outcome]
            node = child
        return moved


def _shares(weights: list[float]) -> list[float]:
    total = sum(weights)
    return [weight / total for weight in weights] if total else [1.0 / len(weights)] * len(weights)
