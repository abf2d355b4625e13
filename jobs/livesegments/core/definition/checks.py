"""Checks across the definition: names, cycles, where features that change with time may stand, what never matches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from livesegments.core.conditions import ConditionError, Node, names, timed
from livesegments.core.conditions.hints import hint_for_name
from livesegments.core.definition.document import Document, Path, near
from livesegments.core.definition.feature_specs import FeatureSpec
from livesegments.core.definition.never import check_never
from livesegments.core.definition.prediction_specs import PredictionSpec
from livesegments.core.definition.segment_specs import SegmentSpec

__all__ = ["check_conditions", "evaluation_order"]

_NO_FEATURES = "; names are features and segments: define it below `features:`, as in orders: {count: Order Completed}"


def check_conditions(
    document: Document,
    features: Mapping[str, FeatureSpec | None],
    segments: Mapping[str, SegmentSpec],
    clusters: Mapping[str, Any],
    predictions: Mapping[str, PredictionSpec],
) -> None:
    """Note unknown names, misplaced features that change with time, and what can never match."""
    check_never(document, features, segments, clusters, predictions)
    changing = {name for name, spec in features.items() if spec and spec.feature and spec.feature.timed}
    since = {name for name, spec in features.items() if spec and spec.feature and spec.feature.counts_days}

    def check(path: Path, node: Node, known: list[str] | None) -> None:
        for name in names(node):
            if known is not None and name not in known:
                hint = hint_for_name(name) or near(name, known) or ("" if features else _NO_FEATURES)
                document.problem(path, f'unknown name "{name}"{hint}')
        _check(document, path, node, changing, since)

    for spec in features.values():
        if spec is None:
            continue
        if spec.node is not None:
            check((*spec.path, "value"), spec.node, list(features))
        models = {"cluster": clusters, "prediction": predictions}.get(spec.kind)
        if models is not None and spec.content["name"] not in models:
            known = spec.content["name"]
            document.problem((*spec.path, spec.kind), f'unknown {spec.kind} "{known}"{near(known, models)}')
    known_names = [*features, *segments]
    for segment in segments.values():
        for key, node in (("when", segment.when), ("exit_when", segment.exit_when)):
            if node is not None:
                check(("segments", segment.name, key), node, known_names)
    for name, clustering in clusters.items():
        if clustering.when is not None:
            check(("clusters", name, "when"), clustering.when, None)
    for prediction in predictions.values():
        for key, node in prediction.classes.items():
            check(("predictions", prediction.name, "class", key), node, None)


def _check(document: Document, path: Path, node: Node, changing: set[str], since: set[str]) -> None:
    try:
        found = timed(node, changing, since)
    except ConditionError as error:
        is_value = path[-1] == "value"  # where what the error says to write is refused as well
        told = _no_value(min(changing.intersection(names(node)))) if is_value else error.message
        document.problem(path, f"{told}, at column {error.column} of: {node.span.source}")
        return
    if found and path[-1] == "value":
        document.problem(path, _no_value(found[0].name))


def _no_value(name: str) -> str:
    how = "write the comparison in the segment; only has() and the order of two `days_since` may stand here"
    return f'"{name}" changes with time and cannot stand inside `value:`: {how}'


def evaluation_order(document: Document, section: str, named: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Give the names so that each comes after those it names, smallest code point first; notes cycles."""
    order: list[str] = []
    waiting = sorted(named)
    while waiting:
        ready = next((name for name in waiting if not set(named[name]) & set(waiting)), None)
        if ready is None:
            cycle = _cycle(named, waiting)
            document.problem(
                (section, cycle[0]), "these name each other in a circle: " + " -> ".join([*cycle, cycle[0]])
            )
            return order + waiting
        waiting.remove(ready)
        order.append(ready)
    return order


def _cycle(named: Mapping[str, tuple[str, ...]], waiting: list[str]) -> list[str]:
    path = [waiting[0]]
    while True:
        following = next(name for name in named[path[-1]] if name in waiting)
        if following in path:
            return path[path.index(following) :]
        path.append(following)
