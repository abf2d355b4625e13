"""Which values of events the definition compares with texts, numbers and truths, and where it does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from livesegments.core.conditions import Node, canonical
from livesegments.core.conditions.tree import ORDERINGS, TURNED
from livesegments.core.definition import Definition
from livesegments.core.items import PRODUCTS
from livesegments.core.selection import Selector, parse_path, path_text
from livesegments.survey.readers import AS_THEY_ARE, Path, Reader

__all__ = ["Comparison", "comparisons_of"]

Value = str | float | bool
_TRUTHS = ("&&", "||", "!")
_LISTED = frozenset({"recent", "top"})
"""The kinds of features that give a list of values as they came."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """One value in a condition, the feature or path that is compared with it, and the paths where that comes from.

    `by` is what has the condition: a feature, segment, clustering or prediction. `operator` is as it is written there,
    whichever side the value is on.
    """

    by: str
    compared: str
    feature: str
    selector: Selector
    paths: tuple[Path, ...]
    value: Value
    operator: str = "=="

    @property
    def ordered(self) -> bool:
        """Tell whether it is `<` or its like."""
        return self.operator in ORDERINGS


def comparisons_of(definition: Definition, readers: Sequence[Reader]) -> list[Comparison]:
    """Give the comparisons of values that stay as they came: in `where`, in `items`, and in all that reads features."""
    return [*_of_events(definition, readers), *_of_features(definition, readers)]


def _of_events(definition: Definition, readers: Sequence[Reader]) -> Iterator[Comparison]:
    """Give those of `where` and `items`, and of `equals` of a share."""
    for reader in readers:
        content = _content(definition, reader)
        if reader.selection is not None and reader.selection.where is not None:
            for name, value, operator in _compared(content.get("where")):
                yield _comparison(reader, name, parse_path(name), value, operator)
        if reader.selection is not None and reader.selection.items is not None:
            for name, value, operator in _compared(content.get("items")):
                yield _comparison(reader, name, (PRODUCTS, *parse_path(name)), value, operator)
        if reader.kind == "share" and content.get("equals") is not None:
            for path in reader.paths:
                yield _comparison(reader, path_text(path), path, content["equals"], "==")


def _content(definition: Definition, reader: Reader) -> Mapping[str, Any]:
    if reader.kind == "prediction":
        return definition.predictions[reader.feature].meaning
    return definition.features[reader.feature].content


def _comparison(reader: Reader, name: str, path: Path, value: Value, operator: str) -> Comparison:
    return Comparison(
        by=reader.feature,
        compared=name,
        feature=reader.feature,
        selector=reader.selector,
        paths=(path,),
        value=value,
        operator=operator,
    )


def _of_features(definition: Definition, readers: Sequence[Reader]) -> Iterator[Comparison]:
    as_they_came: dict[str, list[Reader]] = {}
    for reader in readers:  # one of a trait may be that of a date
        if reader.paths and definition.features[reader.feature].kind in AS_THEY_ARE | _LISTED:
            as_they_came.setdefault(reader.feature, []).append(reader)
    for by, node in _conditions(definition):
        for name, value, operator in _compared(canonical(node), is_condition=by not in definition.features):
            for reader in as_they_came.get(name, ()):
                yield Comparison(
                    by=by,
                    compared=name,
                    feature=name,
                    selector=reader.selector,
                    paths=reader.paths,
                    value=value,
                    operator=operator,
                )


def _conditions(definition: Definition) -> Iterator[tuple[str, Node]]:
    found = [(name, spec.node) for name, spec in definition.features.items()]
    for name, segment in definition.segments.items():
        found += [(name, segment.when), (name, segment.exit_when)]
    found += [(name, clustering.when) for name, clustering in definition.clusters.items()]
    for name, prediction in definition.predictions.items():
        found += [(name, node) for node in prediction.classes.values()]
    yield from ((name, node) for name, node in found if node is not None)


def _compared(content: Any, *, is_condition: bool = True) -> Iterator[tuple[str, Value, str]]:
    """Give each name of a condition in its canonical form with what it is compared with, and by which operator.

    A name that is a condition of its own, such as `vip` in `vip && orders > 0`, is compared with true.
    """
    if not isinstance(content, list):
        return
    head, *parts = content
    if head == "name":
        if is_condition:
            yield parts[0], True, "=="
        return
    if head in TURNED:
        for side, other in (parts, parts[::-1]):
            if _is_name(side) and _is_value(other):
                yield side[1], other, head
    elif head == "in":
        yield from _compared_in(*parts)
    for part in parts:
        is_test = head == "?:" and part is parts[0]
        yield from _compared(part, is_condition=is_test or head in _TRUTHS)


def _compared_in(left: Any, right: Any) -> Iterator[tuple[str, Value, str]]:
    if _is_name(left) and isinstance(right, list) and right[0] == "list":
        yield from ((left[1], value, "in") for value in right[1:] if _is_value(value))
    elif _is_value(left) and _is_name(right):
        yield right[1], left, "in"


def _is_name(content: Any) -> bool:
    return isinstance(content, list) and content[0] == "name"


def _is_value(content: Any) -> bool:
    return isinstance(content, str | int | float)
