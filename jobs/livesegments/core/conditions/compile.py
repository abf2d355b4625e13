"""From a tree to one Python function: the source is generated with a fast path for plain numbers, then compiled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from livesegments.core.conditions.runtime import RUNTIME
from livesegments.core.conditions.tree import Node
from livesegments.core.conditions.writer import Writer

__all__ = ["compile_condition", "compile_value", "condition_source", "value_source"]


def compile_condition(node: Node, slots: dict[str, int]) -> Callable[[Sequence[object]], bool | None]:
    """Compile to a function of a list of values that answers True, False or None: unknown, or no truth value.

    `slots` gives the position of each name in that list; a name without one is a KeyError.

    >>> from livesegments.core.conditions import parse
    >>> compile_condition(parse("orders == 1 && revenue > 30"), {"orders": 0, "revenue": 1})([1, 59.8])
    True
    """
    return _function(condition_source(node, _places(slots)), node)


def compile_value(node: Node, slots: dict[str, int]) -> Callable[[Sequence[object]], Any]:
    """Compile to a function of a list of values that answers the value, with numbers as float, or UNKNOWN.

    >>> from livesegments.core.conditions import parse
    >>> compile_value(parse("revenue / orders"), {"orders": 0, "revenue": 1})([2, 59.8])
    29.9
    """
    return _function(value_source(node, _places(slots)), node)


def condition_source(node: Node, names: Mapping[str, str]) -> str:
    """Give a Python expression that answers True, False or None; `names` gives the expression of each name.

    It finds what `runtime` has.
    """
    code = Writer(names).write(node)
    answer = "None if (answer := {0}) is UNKNOWN else answer" if code.kind == "truth" else _ANY_CONDITION
    return answer.format(code.text)


def value_source(node: Node, names: Mapping[str, str]) -> str:
    """Give a Python expression that answers the value, with numbers as float, or UNKNOWN; names as above."""
    code = Writer(names).write(node)
    return code.text if code.kind in ("number", "truth") else f"lift({code.text})"


def _places(slots: Mapping[str, int]) -> dict[str, str]:
    return {name: f"values[{slot}]" for name, slot in slots.items()}


_ANY_CONDITION = "answer if (answer := {0}) is True or answer is False else None"


def _function(answer: str, node: Node) -> Callable[[Sequence[object]], Any]:
    names = dict(RUNTIME)
    # the source holds nothing of the user's but checked literals and positions
    exec(compile(f"def condition(values):\n return {answer}", f"<condition {node.span.text[:60]!a}>", "exec"), names)
    function: Callable[[Sequence[object]], Any] = names["condition"]
    return function
