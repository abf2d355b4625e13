"""The kinds of values that names and expressions can have: what tells that a condition can never hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal

import msgspec

from livesegments.core.conditions import Node
from livesegments.core.conditions.tree import (
    ORDERINGS,
    Binary,
    Call,
    Choice,
    Constant,
    Date,
    Has,
    Items,
    Logic,
    Name,
    Negate,
    Not,
    Size,
    children,
    sides,
)
from livesegments.core.times import time_of_date

if TYPE_CHECKING:
    from livesegments.core.definition.feature_specs import FeatureSpec

__all__ = [
    "ANY",
    "Kinds",
    "Misfit",
    "feature_kinds",
    "is_never_null",
    "is_whole",
    "kinds_of",
    "misfits",
    "opposed_names",
]

Kind = Literal["number", "text", "boolean", "list", "null"]
Kinds = frozenset[Kind]
ANY: Kinds = frozenset({"number", "text", "boolean", "list"})
NUMBER: Kinds = frozenset({"number"})
TEXT: Kinds = frozenset({"text"})
BOOLEAN: Kinds = frozenset({"boolean"})
LIST: Kinds = frozenset({"list"})
NULL: Kinds = frozenset({"null"})
_NUMBERS = frozenset(
    (
        *("count", "sum", "mean", "min", "max", "distinct", "ratio", "rate", "decayed", "share", "peak_share"),
        *("days_since", "days_until", "days_since_change", "session", "followed", "unfollowed", "bucket"),
    )
)
_COUNTS = frozenset(("count", "distinct", "followed", "unfollowed"))
_COUNTS_OF_SESSIONS = ("count", "pages")
_NEVER_NULL = frozenset((*_COUNTS, "sum", "decayed", "bucket"))
_ORDERED: Kinds = frozenset({"number", "text", "boolean"})
_ADDED: Kinds = frozenset({"number", "text", "list"})
_ARTICLES = {"number": "a number", "text": "a text", "boolean": "true or false", "list": "a list", "null": "null"}


class Misfit(msgspec.Struct, frozen=True):
    """A part of a condition that can never hold or never has a value, and why."""

    node: Node
    message: str


def feature_kinds(kind: str, by: str = "") -> Kinds:
    """Give what a feature of a kind can be, null aside; `by` is the period of a peak."""
    if kind in _NUMBERS:
        return NUMBER
    if kind == "cluster":
        return TEXT
    if kind == "peak":
        return ANY if by == "hour" else TEXT  # an hour is a number; what it is compared with is not judged
    return LIST if kind in ("top", "recent") else ANY


def is_whole(spec: FeatureSpec) -> bool:
    """Tell whether a feature counts: its values are 0, 1, 2 ..."""
    return spec.kind in _COUNTS or (spec.kind == "session" and spec.content["measure"] in _COUNTS_OF_SESSIONS)


def is_never_null(spec: FeatureSpec) -> bool:
    """Tell whether a feature has a value before anything is known of the user; not asked of a `value`."""
    return spec.kind in _NEVER_NULL or is_whole(spec)


def kinds_of(node: Node, names: Mapping[str, Kinds]) -> Kinds:
    """Give what an expression can be; unknown names can be anything."""
    match node:
        case Constant(value=value):
            return _constant(value)
        case Name(name=name):
            return names.get(name, ANY)
        case Has() | Call() | Not() | Logic():
            return BOOLEAN
        case Size() | Date() | Negate():
            return NUMBER
        case Items():
            return LIST
        case Choice(yes=yes, no=no):
            return kinds_of(yes, names) | kinds_of(no, names)
        case Binary(operator="+", left=left, right=right):
            return (kinds_of(left, names) & kinds_of(right, names) & _ADDED) or _ADDED
        case Binary(operator="-" | "*" | "/"):
            return NUMBER
        case Binary():
            return BOOLEAN
    return ANY


def _constant(value: float | str | bool | None) -> Kinds:
    if value is None:
        return NULL
    if isinstance(value, bool):
        return BOOLEAN
    return TEXT if isinstance(value, str) else NUMBER


def misfits(node: Node, names: Mapping[str, Kinds], *, is_condition: bool = True) -> Iterator[Misfit]:
    """Give each part that can never hold because of the kinds of its values; a condition itself is true or false."""
    if is_condition and "boolean" not in kinds_of(node, names):
        what = _words(kinds_of(node, names))
        hint = f"compare it, such as `{node.span.text} > 0`" if "number" in kinds_of(node, names) else "compare it"
        yield Misfit(node, f"`{node.span.text}` is {what} and no condition: {hint}")
        return
    message = _misfit(node, names)
    if message is not None:
        yield Misfit(node, message)
        return
    for child in children(node):
        yield from misfits(child, names, is_condition=_is_condition_of(node, child))


def _is_condition_of(node: Node, child: Node) -> bool:
    return isinstance(node, Logic | Not) or (isinstance(node, Choice) and child is node.test)


def _misfit(node: Node, names: Mapping[str, Kinds]) -> str | None:
    match node:
        case Binary(operator="in", left=left, right=right):
            return _misfit_in(node, kinds_of(left, names), right, names)
        case Binary(operator="=="):
            return _misfit_pair(node, names, ANY | NULL)
        case Binary(operator="<" | "<=" | ">" | ">="):
            return _misfit_pair(node, names, _ORDERED)
        case Binary(operator="+"):
            return _misfit_pair(node, names, _ADDED)
        case Binary(operator="-" | "*" | "/"):
            return _misfit_pair(node, names, NUMBER)
        case Call(method=method, operand=operand):
            hint = f': for a list write `"..." in {operand.span.text}`' if method == "contains" else ""
            return _misfit_operand(node, operand, names, TEXT, f"`{method}` is for texts{hint}")
        case Size(operand=operand):
            return _misfit_operand(node, operand, names, TEXT | LIST, "`size` is for texts and lists")
        case Date(operand=operand):
            return _misfit_date(node, operand, names)
        case Negate(operand=operand):
            return _misfit_operand(node, operand, names, NUMBER, "`-` is for numbers")
    return None


def _misfit_pair(node: Binary, names: Mapping[str, Kinds], taken: Kinds) -> str | None:
    left, right = kinds_of(node.left, names), kinds_of(node.right, names)
    if node.operator == "==" and (left == NULL or right == NULL):
        return None
    if left & right & taken:
        return None
    found = f"`{node.left.span.text}` is {_words(left)}, `{node.right.span.text}` {_words(right)}"
    never = "never holds" if node.operator not in "+-*/" else "never has a value"
    return f"`{node.span.text}` {never}: {found}{_hint(node, left, right)}"


def _misfit_in(node: Binary, left: Kinds, right: Node, names: Mapping[str, Kinds]) -> str | None:
    if "list" not in kinds_of(right, names):
        found = f"`{right.span.text}` is {_words(kinds_of(right, names))}"
        return f"`{node.span.text}` never holds: after `in` stands a list, {found}"
    if not isinstance(right, Items) or not right.items:
        return None
    items = frozenset(kind for item in right.items for kind in kinds_of(item, names))
    if left & items:
        return None
    return f"`{node.span.text}` never holds: `{node.left.span.text}` is {_words(left)}, the list has {_words(items)}"


def _misfit_operand(node: Node, operand: Node, names: Mapping[str, Kinds], taken: Kinds, rule: str) -> str | None:
    found = kinds_of(operand, names)
    if found & taken:
        return None
    return f"`{node.span.text}` never has a value: `{operand.span.text}` is {_words(found)}; {rule}"


def _misfit_date(node: Date, operand: Node, names: Mapping[str, Kinds]) -> str | None:
    if isinstance(operand, Constant) and isinstance(operand.value, str) and time_of_date(operand.value) is None:
        return f"`{node.span.text}` never has a value: expected a date such as 2024-05-01 or 2024-05-01T14:20:00Z"
    return _misfit_operand(node, operand, names, TEXT, "`date` is for texts such as 2024-05-01")


def _links(node: Binary) -> Iterator[str]:
    """Take `1 < x < 5` apart: it is read as `(1 < x) < 5`."""
    if node.operator not in ORDERINGS:
        return
    first = node.left
    if isinstance(first, Binary) and first.operator in ORDERINGS:
        yield from _links(first)
        first = first.right
    yield f"{first.span.text} {node.operator} {node.right.span.text}"


def _hint(node: Binary, left: Kinds, right: Kinds) -> str:
    links = list(_links(node))
    if len(links) > 1:
        return f"; write `{' && '.join(links)}`"
    sides = ((node.left, left, node.right), (node.right, right, node.left))
    for side, kinds, other in sides:
        if isinstance(other, Constant) and isinstance(other.value, str):
            if kinds == NUMBER and _is_number(other.value):
                return f"; write {other.value} without quotes"
            if kinds == LIST:
                return f"; write `{other.span.text} in {side.span.text}`"
            if kinds == NUMBER and time_of_date(other.value) is not None:
                return f"; write `date({other.span.text})`"
            if isinstance(side, Binary) and side.operator == "-":
                return "; a name with a `-` in it stands in backquotes"
    return ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _words(kinds: Kinds) -> str:
    return " or ".join(_ARTICLES[kind] for kind in sorted(kinds))


def opposed_names(node: Node) -> Iterator[tuple[Name, str]]:
    """Give each name that one `&&` compares with a number and with a text: both never hold at once."""
    if isinstance(node, Logic) and node.operator == "&&":
        wanted: dict[str, set[str]] = {}
        for operand in node.operands:
            for name, kind in _compared(operand):
                wanted.setdefault(name.name, set()).add(kind)
                if len(wanted[name.name]) == 2:
                    yield name, " and ".join(_ARTICLES[kind] for kind in sorted(wanted[name.name]))
    for child in children(node):
        yield from opposed_names(child)


def _compared(node: Node) -> Iterator[tuple[Name, str]]:
    for side, operator, other in sides(node):
        if operator != "!=" and isinstance(other, Constant) and type(other.value) in (float, str):
            yield side, "text" if isinstance(other.value, str) else "number"
