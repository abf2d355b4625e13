"""Where a condition compares a name with a number: what tells when a value that moves will change the answer."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import Literal, cast

import msgspec

from livesegments.core.conditions.compile import compile_value
from livesegments.core.conditions.errors import ConditionError
from livesegments.core.conditions.moving import alone
from livesegments.core.conditions.tree import ORDERINGS, Binary, Has, Name, Node, children, names, sides, walk

__all__ = ["Comparison", "Ordering", "Threshold", "TimedAtom", "compared", "thresholds", "timed"]

Ordering = Literal["<", "<=", ">", ">="]
Comparison = Literal["<", "<=", ">", ">=", "==", "!="]


class TimedAtom(msgspec.Struct, frozen=True):
    """A comparison `name operator other` whose name changes with time alone, and the node it was read from."""

    name: str
    operator: Ordering
    other: Node
    node: Node


class Threshold(msgspec.Struct, frozen=True):
    """A comparison `name operator constant`."""

    operator: Comparison
    constant: float


def timed(node: Node, timed_names: Set[str], since_names: Set[str] = frozenset()) -> tuple[TimedAtom, ...]:
    """Find every comparison with a name whose value changes with time alone, in text order.

    Such a name stands by itself on one side of `< <= > >=`, against an expression with none of them, or in `has`, which
    gives no atom; so do two of `since_names`, whose order changes with events only. Anything else raises ConditionError
    at the name.
    """
    if isinstance(node, Has):
        return ()
    if isinstance(node, Name):
        _refuse(node, timed_names)
    if isinstance(node, Binary):
        instead = alone(node, timed_names)
        if instead is not None:
            raise _misused(next(_moving(node, timed_names)), f"`{instead}`")
        for name, operator, other in sides(node):
            if name.name in timed_names and operator in ORDERINGS:
                if isinstance(other, Name) and {name.name, other.name} <= since_names:
                    return ()
                _refuse(other, timed_names)
                return (TimedAtom(name.name, cast(Ordering, operator), other, node),)
    return tuple(atom for child in children(node) for atom in timed(child, timed_names, since_names))


def thresholds(node: Node, name: str) -> tuple[Threshold, ...] | None:
    """Give the numbers that a name is compared with, in text order; None if it is used in any other way.

    `has(name)` and comparisons with null give none. A constant may be computed, as in `x > 7 * 24`.
    """
    if isinstance(node, Has):
        return ()
    if isinstance(node, Name):
        return None if node.name == name else ()
    for side, operator, other in sides(node):
        if side.name == name and not names(other):
            return _threshold(operator, other)
    found: list[Threshold] = []
    for child in children(node):
        below = thresholds(child, name)
        if below is None:
            return None
        found.extend(below)
    return tuple(found)


def compared(node: Node) -> tuple[str, Threshold] | None:
    """Give the name and the comparison of a node that compares a name with a number; None for any other."""
    for side, operator, other in sides(node):
        if not names(other):
            for found in _threshold(operator, other) or ():
                return side.name, found
    return None


def _moving(node: Node, timed_names: Set[str]) -> Iterator[Name]:
    return (part for part in walk(node) if isinstance(part, Name) and part.name in timed_names)


def _refuse(node: Node, timed_names: Set[str]) -> None:
    for name in _moving(node, timed_names):
        instead = f"`{name.name} >= 7 && {name.name} < 8` for ==, and numbers on the other side for + - * /"
        raise _misused(name, instead)


def _misused(name: Name, instead: str) -> ConditionError:
    message = (
        f"`{name.name}` changes with time alone: it stands by itself on one side of < <= > >=, against an "
        f"expression with no such name, or in has(), or two `days_since` against one another. Write {instead}"
    )
    return ConditionError(message, name.span.column)


def _threshold(operator: str, other: Node) -> tuple[Threshold, ...] | None:
    constant = compile_value(other, {})([])
    if type(constant) is float:
        return (Threshold(cast(Comparison, operator), constant),)
    return () if constant is None and operator in ("==", "!=") else None
