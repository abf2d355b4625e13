"""The oracle: the CEL binding, with the mapping of contract section 3.

- Integers are written as doubles, `has(x)` as `x != null`, `size(x)` as `double(size(x))`; a dot in a name as `__`.
- An error is read as unknown.
- A result that is not finite is read as unknown, and so is the result of each step: every arithmetic part is asked
  alone first, and one that is not finite is written as `(1/0)`, an error of CEL that goes on as errors do. Without
  this CEL would carry infinity on, and `1.0 / 0.0 > 5.0` would be true.
"""

import math
from typing import Any, NamedTuple

import cel

from livesegments.core.conditions.runtime import UNKNOWN
from livesegments.core.conditions.tree import (
    Binary,
    Call,
    Choice,
    Constant,
    Has,
    Items,
    Logic,
    Name,
    Negate,
    Node,
    Not,
    Size,
)

ERROR = "(1/0)"


class Answer(NamedTuple):
    """What the binding says, and if a step on the way was not finite."""

    value: Any
    overflowed: bool


def ask(text: str, values: dict[str, Any]) -> Any:
    """Give the binding's answer to a CEL text, UNKNOWN for errors and results that are not finite."""
    try:
        value = cel.evaluate(text, {name.replace(".", "__"): doubles(value) for name, value in values.items()})
    except (ArithmeticError, KeyError, RuntimeError, TypeError, ValueError):
        return UNKNOWN
    return value if is_finite(value) else UNKNOWN


def ask_stepwise(node: Node, values: dict[str, Any]) -> Answer:
    """Give the binding's answer to a tree, with each step that is not finite read as unknown."""
    writer = Steps(values)
    return Answer(ask(writer.write(node), values), writer.overflowed)


def doubles(value: Any) -> Any:
    if type(value) is int:
        return float(value)
    return [doubles(item) for item in value] if isinstance(value, list) else value


def is_finite(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(is_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def quote(text: str) -> str:
    return '"' + "".join(f"\\U{ord(character):08x}" for character in text) + '"'


class Steps:
    """Write a tree as CEL, each part in parentheses, asking the binding about each arithmetic step."""

    def __init__(self, values: dict[str, Any] | None = None) -> None:
        self.values = values
        self.overflowed = False

    def write(self, node: Node) -> str:
        match node:
            case Constant(value=None):
                return "null"
            case Constant(value=bool() as value):
                return "true" if value else "false"
            case Constant(value=float() as value):
                return f"({value!r})"
            case Constant(value=str() as value):
                return quote(value)
            case Name(name=name):
                return name.replace(".", "__")
            case Has(name=name):
                return f"({self.write(name)} != null)"
            case Size(operand=operand):
                return f"double(size({self.write(operand)}))"
            case Call(method=method, operand=operand, argument=argument):
                return f"{self.write(operand)}.{method}({self.write(argument)})"
            case Items(items=items):
                return f"[{', '.join(map(self.write, items))}]"
            case Not(operand=operand):
                return f"(!{self.write(operand)})"
            case Negate(operand=operand):
                return f"(-{self.write(operand)})"
            case Logic(operator=operator, operands=operands):
                return f"({f' {operator} '.join(map(self.write, operands))})"
            case Choice(test=test, yes=yes, no=no):
                return f"({self.write(test)} ? {self.write(yes)} : {self.write(no)})"
            case Binary(operator=operator, left=left, right=right):
                return self.step(operator, f"({self.write(left)} {operator} {self.write(right)})")
        raise TypeError(node)

    def step(self, operator: str, text: str) -> str:
        if self.values is None or operator not in "+-*/" or not self.overflows(text):
            return text
        self.overflowed = True
        return ERROR

    def overflows(self, text: str) -> bool:
        try:
            values = self.values or {}
            value = cel.evaluate(text, {name.replace(".", "__"): doubles(value) for name, value in values.items()})
        except (ArithmeticError, KeyError, RuntimeError, TypeError, ValueError):
            return False
        return not is_finite(value)
