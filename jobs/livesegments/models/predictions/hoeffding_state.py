"""A River Hoeffding tree as plain lists and back: what it learned, without a pickle.

Covers trees of `decision_tree`: binary splits on numbers, majority leaves, Gaussian observers. The order of every
dictionary is kept, because River breaks ties by it.
"""

from typing import Any

from river.proba import Gaussian
from river.stats import Mean, Var
from river.tree.nodes.branch import NumericBinaryBranch
from river.tree.nodes.htc_nodes import LeafMajorityClass

from livesegments.models.predictions.predictor import Plain

__all__ = ["restore_tree", "tree_state"]

_COUNTERS = (
    "_n_active_leaves",
    "_n_inactive_leaves",
    "_inactive_leaf_size_estimate",
    "_active_leaf_size_estimate",
    "_size_estimate_overhead_fraction",
    "_growth_allowed",
    "_train_weight_seen_by_model",
)


def tree_state(tree: Any) -> Plain:
    """Return the state of a `HoeffdingTreeClassifier`."""
    root = None if tree._root is None else _node_state(tree._root)
    return {"classes": sorted(tree.classes), "counters": [getattr(tree, name) for name in _COUNTERS], "root": root}


def restore_tree(tree: Any, state: Plain) -> None:
    """Make a new tree, created with the same arguments, go on where the other one was."""
    tree.classes = set(state["classes"])
    for name, value in zip(_COUNTERS, state["counters"], strict=True):
        setattr(tree, name, value)
    tree._root = None if state["root"] is None else _node(state["root"], tree.splitter)


def _node_state(node: Any) -> Plain:
    stats = [[outcome, weight] for outcome, weight in node.stats.items()]
    if isinstance(node, NumericBinaryBranch):
        children = [_node_state(child) for child in node.children]
        return {"split": [node.feature, node.threshold], "depth": node.depth, "stats": stats, "children": children}
    observers = None if node.splitters is None else [[*entry] for entry in map(_observer_state, node.splitters.items())]
    return {"depth": node.depth, "stats": stats, "tried_at": node.last_split_attempt_at, "observers": observers}


def _node(state: Plain, splitter: Any) -> Any:
    stats = dict(state["stats"])
    if "split" in state:
        children = [_node(child, splitter) for child in state["children"]]
        return NumericBinaryBranch(stats, *state["split"], state["depth"], *children)
    leaf = LeafMajorityClass(stats, state["depth"], splitter)
    leaf.last_split_attempt_at = state["tried_at"]
    observers = state["observers"]
    leaf.splitters = None if observers is None else {entry[0]: _observer(entry[1], splitter) for entry in observers}
    return leaf


def _observer_state(entry: tuple[int, Any]) -> tuple[int, list[list[float]]]:
    column, observer = entry
    rows = []
    for outcome, curve in observer._att_dist_per_class.items():
        spread = curve._var
        bounds = observer._min_per_class[outcome], observer._max_per_class[outcome]
        rows.append([outcome, *bounds, spread.mean.n, spread.mean.get(), spread._S])
    return column, rows


def _observer(rows: list[list[float]], splitter: Any) -> Any:
    observer = splitter.clone()
    for outcome, least, most, count, mean, squares in rows:
        observer._min_per_class[outcome] = least
        observer._max_per_class[outcome] = most
        observer._att_dist_per_class[outcome] = _curve(count, mean, squares)
    return observer


def _curve(count: float, mean: float, squares: float) -> Any:
    curve = Gaussian()
    curve._var = Var()
    curve._var.mean = Mean._from_state(count, mean)
    curve._var._S = squares
    return curve
