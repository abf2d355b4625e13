"""The tree of a condition: small frozen nodes that know the text they were read from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

__all__ = [
    "ORDERINGS",
    "TURNED",
    "Binary",
    "Call",
    "Choice",
    "Clause",
    "Constant",
    "Date",
    "Has",
    "Items",
    "Logic",
    "Name",
    "Negate",
    "Node",
    "Not",
    "Operator",
    "Size",
    "Span",
    "as_it_counts",
    "children",
    "clauses",
    "long_whole",
    "names",
    "sides",
    "walk",
]

_EXACT_MAX = 2.0**53  # whole doubles below it are exact
_WHOLE = re.compile(r"(-?)\s*([0-9]+)")
_ONE_PART = re.compile(r"(?:[\w.]|`[^`]*`)+(?:\([^()]*\))?")

ORDERINGS = ("<", "<=", ">", ">=")
TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
"""Each comparison as it is when both of its sides change places."""

Operator = Literal["==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/"]


class Span(msgspec.Struct, frozen=True):
    """A part of a source text, from `start` up to but not with `end`; parentheses around the part are outside."""

    source: str
    start: int
    end: int

    @property
    def text(self) -> str:
        """Give the part as it was written."""
        return self.source[self.start : self.end]

    @property
    def column(self) -> int:
        """Give the position of the first character, counted from 1."""
        return self.start + 1


class Node(msgspec.Struct, frozen=True):
    """What all nodes have."""

    span: Span


class Constant(Node, frozen=True):
    """A number (always a finite double), a string, `true`, `false` or `null` (None)."""

    value: float | str | bool | None


class Name(Node, frozen=True):
    """A name, or a dotted path without white space; parts that are no plain words stand in backquotes."""

    name: str


class Has(Node, frozen=True):
    """`has(name)`."""

    name: Name


class Size(Node, frozen=True):
    """`size(operand)`."""

    operand: Node


class Date(Node, frozen=True):
    """`date(operand)`."""

    operand: Node


class Call(Node, frozen=True):
    """`operand.method(argument)`."""

    method: Literal["contains", "startsWith", "endsWith"]
    operand: Node
    argument: Node


class Items(Node, frozen=True):
    """A list; nothing to do with items of an order."""

    items: tuple[Node, ...]


class Negate(Node, frozen=True):
    """`-operand`; never of a number constant, which carries its own sign."""

    operand: Node


class Not(Node, frozen=True):
    """`!operand`."""

    operand: Node


class Binary(Node, frozen=True):
    """Arithmetic, a comparison, or `in`."""

    operator: Operator
    left: Node
    right: Node


class Logic(Node, frozen=True):
    """Two or more operands joined by the same `&&` or `||`."""

    operator: Literal["&&", "||"]
    operands: tuple[Node, ...]


class Choice(Node, frozen=True):
    """`test ? yes : no`."""

    test: Node
    yes: Node
    no: Node


class Clause(msgspec.Struct, frozen=True):
    """One part of a condition that is told in `because`: its text as written, its names in text order, its tree.

    It is negated where it stands below an odd number of `!`: then it speaks for the condition by not holding.
    """

    text: str
    names: tuple[str, ...]
    node: Node
    negated: bool = False


def children(node: Node) -> tuple[Node, ...]:
    """Give the nodes directly below, in text order."""
    match node:
        case Has(name=name):
            return (name,)
        case Size(operand=operand) | Date(operand=operand) | Negate(operand=operand) | Not(operand=operand):
            return (operand,)
        case Call(operand=operand, argument=argument):
            return (operand, argument)
        case Items(items=items):
            return items
        case Binary(left=left, right=right):
            return (left, right)
        case Logic(operands=operands):
            return operands
        case Choice(test=test, yes=yes, no=no):
            return (test, yes, no)
    return ()


def sides(node: Node) -> Iterator[tuple[Name, str, Node]]:
    """Read a comparison from each side that is a bare name, turned so that the name is on the left."""
    if isinstance(node, Binary) and node.operator in TURNED:
        if isinstance(node.left, Name):
            yield node.left, node.operator, node.right
        if isinstance(node.right, Name):
            yield node.right, TURNED[node.operator], node.left


def walk(node: Node) -> Iterator[Node]:
    """Give the node and all nodes below it, in text order, parents first."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(children(current)))


def names(node: Node) -> tuple[str, ...]:
    """Give each name once, in the order of its first use."""
    return tuple(dict.fromkeys(part.name for part in walk(node) if isinstance(part, Name)))


def conjuncts(node: Node) -> tuple[Node, ...]:
    """Give the parts that must all hold for the whole to hold, in text order."""
    if not isinstance(node, Logic) or node.operator != "&&":
        return (node,)
    return tuple(part for operand in node.operands for part in conjuncts(operand))


def clauses(node: Node, negated: bool = False) -> tuple[Clause, ...]:
    """Give the largest parts without `&& || !`, in text order; `negated` tells of an odd number of `!` above the node.

    A `!` above a comparison, or above the test of a choice, says nothing of the parts inside.
    """
    if not any(isinstance(part, Logic | Not) for part in walk(node)):
        return (Clause(node.span.text, names(node), node, negated),)
    match node:
        case Not(operand=operand):
            return clauses(operand, not negated)
        case Logic(operands=operands):
            return tuple(clause for operand in operands for clause in clauses(operand, negated))
        case Choice(test=test, yes=yes, no=no):
            return (*clauses(test), *clauses(yes, negated), *clauses(no, negated))
    return tuple(clause for child in children(node) for clause in clauses(child))


def as_it_counts(text: str, holds: bool | None, negated: bool) -> tuple[str, bool | None]:
    """Give a clause and its answer as they count for the condition: with the `!`, and turned, where it is negated.

    A name or a call needs no parentheses.

    >>> as_it_counts("a == 1", False, True), as_it_counts("has(`a b`)", None, True), as_it_counts("vip", True, False)
    (('!(a == 1)', True), ('!has(`a b`)', None), ('vip', True))
    """
    if not negated:
        return text, holds
    return f"!{text}" if _ONE_PART.fullmatch(text) else f"!({text})", None if holds is None else not holds


def long_whole(node: Node) -> int | None:
    """Give a whole number that is too long for a double, as it is written; None for any other node.

    `==`, `!=` and `in` compare all of its digits, as it may be an id; anything else takes its double.
    """
    if not (isinstance(node, Constant) and type(node.value) is float and abs(node.value) >= _EXACT_MAX):
        return None
    match = _WHOLE.fullmatch(node.span.text)
    return None if match is None else int(match[1] + match[2])
