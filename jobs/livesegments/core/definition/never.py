"""Definitions that can never match: conditions over the wrong kinds of values, and paths that are none."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from livesegments.core.conditions import ConditionError, Node, names, parse
from livesegments.core.conditions.tree import Binary, Name, walk
from livesegments.core.definition.document import Document, Path
from livesegments.core.definition.feature_specs import FeatureSpec
from livesegments.core.definition.kinds import (
    ANY,
    LIST,
    Misfit,
    feature_kinds,
    is_whole,
    kinds_of,
    misfits,
    opposed_names,
)
from livesegments.core.definition.prediction_specs import PredictionSpec
from livesegments.core.definition.ranges import leaves_at_once, unmet
from livesegments.core.definition.segment_specs import SegmentSpec

__all__ = ["check_never"]

_PREFIXES = ("properties.", "$.properties.", "event.properties.", "$.")
_INDEX = re.compile(r"\[[0-9*]*\]")


def check_never(
    document: Document,
    features: Mapping[str, FeatureSpec | None],
    segments: Mapping[str, SegmentSpec],
    clusters: Mapping[str, Any],
    predictions: Mapping[str, PredictionSpec],
) -> None:
    """Note what can never match: problems where that is certain, warnings where it is only likely."""
    certain = {
        name: feature_kinds(spec.kind, spec.content.get("by", "")) if spec else ANY for name, spec in features.items()
    }
    computed = certain | {
        name: kinds_of(spec.node, certain)
        for name, spec in features.items()
        if spec is not None and spec.node is not None
    }
    whole = {name for name, spec in features.items() if spec is not None and is_whole(spec)}
    for path, node in _conditions(features, segments, clusters, predictions):
        is_condition = path[-1] != "value"
        found = list(misfits(node, certain, is_condition=is_condition))
        for misfit in found:
            document.problem(path, _told(misfit, node))
        for misfit in [] if found else misfits(node, computed, is_condition=is_condition):
            document.warning(path, _told(misfit, node))
        for opposed, both in opposed_names(node):
            document.warning(path, f"`{opposed.name}` is compared with {both}, joined by `&&`: both never hold at once")
        if not found:
            _warn_of_ranges(document, path, node, whole)
    for segment in segments.values():
        if (
            segment.when is None
            or segment.exit_when is None
            or not leaves_at_once(segment.when, segment.exit_when, whole)
        ):
            continue
        message = "holds for all who meet `when`, so nobody is ever in: it tells when to leave, not when to stay"
        document.warning(("segments", segment.name, "exit_when"), message)
    for section in ("features", "predictions"):
        for name, mapping in _mappings(document, section):
            _check_mapping(document, (section, name), mapping)


def _conditions(
    features: Mapping[str, FeatureSpec | None],
    segments: Mapping[str, SegmentSpec],
    clusters: Mapping[str, Any],
    predictions: Mapping[str, PredictionSpec],
) -> Iterator[tuple[Path, Node]]:
    for spec in features.values():
        if spec is not None and spec.node is not None:
            yield (*spec.path, "value"), spec.node
    for segment in segments.values():
        for key, node in (("when", segment.when), ("exit_when", segment.exit_when)):
            if node is not None:
                yield ("segments", segment.name, key), node
    for name, clustering in clusters.items():
        if clustering.when is not None:
            yield ("clusters", name, "when"), clustering.when
    for prediction in predictions.values():
        for key, node in prediction.classes.items():
            yield ("predictions", prediction.name, "class", key), node


def _told(misfit: Misfit, node: Node) -> str:
    return f"{misfit.message}, at column {misfit.node.span.column} of: {node.span.source}"


def _mappings(document: Document, section: str) -> Iterator[tuple[str, dict[str, Any]]]:
    root = document.value
    found = root.get(section) if isinstance(root, dict) else None
    for name, value in found.items() if isinstance(found, dict) else ():
        if isinstance(value, dict):
            yield name, value


def _check_mapping(document: Document, path: Path, mapping: dict[str, Any]) -> None:
    """Check what one feature reads of events."""
    of = mapping.get("of")
    for text in of if isinstance(of, list) else [of]:
        _check_path(document, (*path, "of"), text)
    trait = mapping.get("trait")
    if isinstance(trait, str) and trait.startswith("traits."):
        document.problem((*path, "trait"), f"traits are named as they are: write {trait.removeprefix('traits.')}")
    written = document.written.get((*path, "equals"))
    if written is not None:
        message = f'YAML reads {written} as the number {mapping["equals"]}: write "{written}" for the text'
        document.problem((*path, "equals"), message)
    if isinstance(mapping.get("where"), str):
        _check_where(document, (*path, "where"), mapping["where"])
    if isinstance(mapping.get("items"), str):
        _check_items(document, (*path, "items"), mapping["items"])


def _check_path(document: Document, path: Path, text: Any) -> None:
    prefix = next((prefix for prefix in _PREFIXES if isinstance(text, str) and text.startswith(prefix)), None)
    if prefix is not None:
        document.problem(path, f"paths begin below `properties`: write {text.removeprefix(prefix)} for {text}")
    elif isinstance(text, str) and "`" not in text and _INDEX.search(text):
        document.problem(path, f"a path goes through all items of a list: write {_INDEX.sub('', text)} for {text}")


def _check_where(document: Document, path: Path, text: str) -> None:
    try:
        node = parse(text, paths=True)
    except ConditionError:
        return  # told where it is read
    for name in names(node):
        _check_path(document, path, name)
    kinds = {name: LIST if name.startswith("products.") else ANY for name in names(node)}
    found = list(misfits(node, kinds))
    for misfit in found:
        document.problem(path, _told(misfit, node) + _filter_hint(misfit.node))
    if not found:
        _warn_of_ranges(document, path, node)
    for part in walk(node):
        if isinstance(part, Binary) and part.operator == "-" and _is_one_word(part):
            message = f"`{part.span.text}` is a subtraction; a name with a `-` in it stands in backquotes"
            document.warning(path, message)


def _check_items(document: Document, path: Path, text: str) -> None:
    try:
        node = parse(text, paths=True)
    except ConditionError:
        return  # told where it is read
    found = list(misfits(node, {}))
    for misfit in found:
        document.problem(path, _told(misfit, node))
    if not found:
        _warn_of_ranges(document, path, node)


def _warn_of_ranges(document: Document, path: Path, node: Node, whole: Collection[str] = ()) -> None:
    for message in unmet(node, whole):
        document.warning(path, message)


def _filter_hint(node: Node) -> str:
    """Say how to filter items where a condition on events was tried."""
    compared = isinstance(node, Binary) and node.operator in ("==", "<", "<=", ">", ">=")
    if not compared or not any(name.startswith("products.") for name in names(node)):
        return ""
    return f"; only items for which it holds are read with `items: '{node.span.text.replace('products.', '')}'`"


def _is_one_word(node: Binary) -> bool:
    is_of_names = isinstance(node.left, Name) and isinstance(node.right, Name)
    return is_of_names and node.right.span.start - node.left.span.end == 1
