"""How to write a comparison so that the name which changes with time stands by itself."""

from __future__ import annotations

from collections.abc import Set

from livesegments.core.conditions.tree import (
    ORDERINGS,
    TURNED,
    Binary,
    Choice,
    Constant,
    Logic,
    Name,
    Negate,
    Node,
    names,
    walk,
)

__all__ = ["alone"]

_INVERSE = {"+": "-", "-": "+", "*": "/", "/": "*"}


def alone(node: Node, moving: Set[str]) -> str | None:
    """Give a comparison with the calculation on the other side; None where one step does not do it.

    >>> from livesegments.core.conditions import parse
    >>> alone(parse("quiet * 24 > 3"), {"quiet"})
    'quiet > 3 / 24'
    """
    if not isinstance(node, Binary) or node.operator not in ORDERINGS:
        return None
    return _turned(node.left, node.operator, node.right, moving) or _turned(
        node.right, TURNED[node.operator], node.left, moving
    )


def _turned(side: Node, comparison: str, other: Node, moving: Set[str]) -> str | None:
    """Read `name * constant > other` and its like from one side."""
    if not isinstance(side, Binary) or side.operator not in _INVERSE or set(names(other)) & moving:
        return None
    name, rest = (side.left, side.right) if isinstance(side.left, Name) else (side.right, side.left)
    if not isinstance(name, Name) or name.name not in moving or set(names(rest)) & moving:
        return None
    if any(isinstance(part, Constant) and type(part.value) is not float for part in walk(rest)):
        return None
    if side.operator in "*/":
        sign = _sign(rest)
        if sign == 0 or (side.operator == "/" and name is side.right):
            return None
        comparison = comparison if sign > 0 else TURNED[comparison]
    elif side.operator == "-" and name is side.right:
        return f"{name.span.text} {TURNED[comparison]} {_text(rest)} - {_text(other)}"
    return f"{name.span.text} {comparison} {_text(other)} {_INVERSE[side.operator]} {_text(rest)}"


def _sign(node: Node) -> int:
    """Tell whether a factor is above or below 0; 0 where nobody knows."""
    value = node.value if isinstance(node, Constant) and type(node.value) is float else 0.0
    return (value > 0) - (value < 0)


def _text(node: Node) -> str:
    """Give what was written, in parentheses where an operator beside it could tear it apart."""
    text = node.span.text
    return f"({text})" if isinstance(node, Binary | Choice | Logic | Negate) else text
