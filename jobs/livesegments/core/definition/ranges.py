"""Conditions that no number meets: `orders >= 5 && orders < 3`, and an `exit_when` that holds for whoever enters."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from math import ceil, floor, inf
from typing import NamedTuple

from livesegments.core.conditions import Node
from livesegments.core.conditions.tree import Binary, Constant, Logic, children, sides

__all__ = ["leaves_at_once", "unmet"]


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
    joined = node.operands if isinstance(node, Logic) and node.operator == "&&" else (node,)
    yield from _unmet_together(joined, whole)
    for operand in joined:
        if operand is node or isinstance(operand, Binary):
            for child in children(operand):
                yield from unmet(child, whole)
        else:
            yield from unmet(operand, whole)


def _unmet_together(operands: Iterable[Node], whole: Collection[str]) -> Iterator[str]:
    """Tell of comparisons that one `&&` joins, of each name at most once."""
    found: dict[str, _Range] = {}
    texts: dict[str, list[str]] = {}
    told = set()
    for operand in operands:
        compared = _compared(operand)
        if compared is None or compared[0] in told:
            continue
        name, operator, number = compared
        text, is_whole = operand.span.text, name in whole
        one, both = _Range().met(operator, number), found.get(name, _Range()).met(operator, number)
        found[name] = both
        texts.setdefault(name, []).append(text)
        if is_whole and one.of_whole_numbers().is_empty:
            told.add(name)
            yield f"`{text}` never holds: `{name}` counts, so it is a whole number and at least 0"
        elif (both.of_whole_numbers() if is_whole else both).is_empty:
            told.add(name)
            what = "no whole number" if is_whole else "no number"
            yield f"`{' && '.join(texts[name])}` never holds: {what} is all of that"


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
    for side, operator, other in sides(node) if node is not None else ():
        if operator != "!=" and isinstance(other, Constant) and type(other.value) is float:
            return side.name, operator, other.value
    return None
