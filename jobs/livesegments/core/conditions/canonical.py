"""A form of a condition for hashing: the same for the same tree, whatever the white space, quotes and parentheses."""

from __future__ import annotations

from livesegments.core.conditions.tree import (
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
    Node,
    Not,
    Size,
    children,
    long_whole,
)

__all__ = ["Canonical", "canonical"]

Canonical = float | int | str | bool | None | list["Canonical"]


def canonical(node: Node) -> Canonical:
    """Give lists headed by a word and plain constants, ready for JSON; numbers are doubles, but for long whole ones."""
    if isinstance(node, Constant):
        whole = long_whole(node)
        return node.value if whole is None else whole
    if isinstance(node, Name):
        return ["name", node.name]
    return [_head(node), *(canonical(child) for child in children(node))]


def _head(node: Node) -> str:
    match node:
        case Binary(operator=operator) | Logic(operator=operator):
            return operator
        case Call(method=method):
            return method
        case Has():
            return "has"
        case Size():
            return "size"
        case Date():
            return "date"
        case Items():
            return "list"
        case Negate():
            return "negate"
        case Not():
            return "!"
        case Choice():
            return "?:"
    raise TypeError(f"no canonical form of {type(node).__name__}")
