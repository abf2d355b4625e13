"""Conditions that no number meets: `orders >= 5 && orders < 3`, and an `exit_when` that holds for whoever enters."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from math import ceil, floor, inf
from typing import NamedTuple

from livesegments.core.conditions import Node
from livesegments.core.conditions.tree import Binary, Constant, Logic, Name, children

__all__ = ["leaves_at_once", "unmet"]

_TURNED = {"==": "==", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


class _Range(NamedTuple):
    """The numbers from `low` to `high`; of a bound that is `open` itself it is not."""

    low: float = -inf
    low_open: bool = False
    high: float = inf
    high_open: bool = False

    @property
    def is_empty(self) -> bool:
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))

    def met(self, operator: str, number: float) -> _Range:
        """Give the part that meets a comparison with a number."""
        found = self
        if operator in ("==", ">", ">="):
            bound = max((found.low, found.low_open), (number, operator == ">"))
            found = found._replace(low=bound[0], low_open=bound[1])
        if operator in ("==", "<", "<="):
            limit, is_closed = min((found.high, not found.high_open), (number, operator != "<"))
            found = found._replace(high=limit, high_open=not is_closed)
        return found

    def of_whole_numbers(self) -> _Range:
        """Give the whole numbers from 0 on that it has."""
        low = max(self.low, 0.0)
        if low != inf:
            low = floor(low) + 1.0 if self.low_open and low == self.low else float(ceil(low))
        high = self.high
        if -inf < high < inf:
            high = ceil(high) - 1.0 if self.high_open else float(floor(high))
        return _Range(low, high=high)

    def holds_all_of(self, other: _Range) -> bool:
        low, high = (self.low, self.low_open), (self.high, not self.high_open)
        return low <= (other.low, other.low_open) and high >= (other.high, not other.high_open)


def unmet(node: Node, whole: Collection[str]) -> Iterator[str]:
    """Tell of comparisons with numbers that are never met together; `whole` are the features that count."""
    if isinstance(node, Logic) and node.operator == "&&":
        operands: tuple[Node, ...] = node.operands
    elif isinstance(node, Binary):
        operands = (node,)
    else:
        operands = ()
    found: dict[str, _Range] = {}
    texts: dict[str, list[str]] = {}
    for operand in operands:
        compared = _compared(operand)
        if compared is None:
            continue
        name, operator, number = compared
        text, is_whole = operand.span.text, name in whole
        one, both = _Range().met(operator, number), found.get(name, _Range()).met(operator, number)
        if is_whole and one.of_whole_numbers().is_empty:
            yield f"`{text}` never holds: `{name}` counts, so it is a whole number and at least 0"
        elif (both.of_whole_numbers() if is_whole else both).is_empty:
            yield f"`{' && '.join([*texts[name], text])}` never holds: no number is all of that"
        else:
            found[name] = both
            texts.setdefault(name, []).append(text)
            continue
        return
    for child in children(node):
        if not (isinstance(node, Logic) and isinstance(child, Binary) and node.operator == "&&"):
            yield from unmet(child, whole)


def leaves_at_once(when: Node | None, exit_when: Node | None, whole: Collection[str]) -> bool:
    """Tell whether whoever meets `when` meets `exit_when`, where that is one comparison with a number."""
    compared = _compared(exit_when)
    if compared is None:
        return False
    name, operator, number = compared
    operands: tuple[Node | None, ...] = (when,)
    if isinstance(when, Logic) and when.operator == "&&":
        operands = when.operands
    entered, left, is_asked = _Range(), _Range().met(operator, number), False
    for operand in operands:
        asked = _compared(operand)
        if asked is not None and asked[0] == name:
            entered, is_asked = entered.met(*asked[1:]), True
    if name in whole:
        entered, left = entered.of_whole_numbers(), left.of_whole_numbers()
    return is_asked and not entered.is_empty and left.holds_all_of(entered)


def _compared(node: Node | None) -> tuple[str, str, float] | None:
    """Give name, operator and number of a comparison, the name on the left."""
    if not isinstance(node, Binary) or node.operator not in _TURNED:
        return None
    left, right = node.left, node.right
    if isinstance(left, Name) and isinstance(right, Constant) and type(right.value) is float:
        return left.name, node.operator, right.value
    if isinstance(right, Name) and isinstance(left, Constant) and type(left.value) is float:
        return right.name, _TURNED[node.operator], left.value
    return None
