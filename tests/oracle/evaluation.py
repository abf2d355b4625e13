"""Three-valued evaluation of a condition: true, false or unknown; null is a value like any other."""

import math
from collections.abc import Callable
from typing import Any

from oracle.dates import days_since_1970
from oracle.expressions import ORDERINGS, Node


class Unknown:
    """The answer of an expression on null, on wrong types or with a result that is not finite."""

    def __repr__(self) -> str:
        return "unknown"


UNKNOWN = Unknown()
Lookup = Callable[[str], Any]


def is_met(node: Node, lookup: Lookup) -> bool:
    """Say whether a condition is met: it is true, neither false nor unknown nor anything else."""
    return evaluate(node, lookup) is True


def evaluate(node: Node, lookup: Lookup) -> Any:
    """Give a bool, double, str, list, None for null, or UNKNOWN."""
    kind = node[0]
    if kind in ("number", "text", "literal"):
        return node[1]
    if kind == "name":
        return as_value(lookup(node[1]))
    if kind == "has":
        return lookup(node[1]) is not None
    if kind in ("&&", "||"):
        return connect(kind, evaluate(node[1], lookup), evaluate(node[2], lookup))
    if kind == "if":
        condition = evaluate(node[1], lookup)
        return evaluate(node[2] if condition else node[3], lookup) if isinstance(condition, bool) else UNKNOWN
    if kind == "method":
        return text_method(node[1], evaluate(node[2], lookup), evaluate(node[3], lookup))
    operands = [evaluate(part, lookup) for part in node[1:]]
    if any(operand is UNKNOWN for operand in operands):
        return UNKNOWN
    return operate(kind, operands)


def as_value(value: Any) -> Any:
    """Make every number a double, also inside lists; booleans are not numbers."""
    if isinstance(value, list):
        return [as_value(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def connect(kind: str, left: Any, right: Any) -> Any:
    """Answer && and ||, both ways round: what decides alone decides, whatever the other is."""
    decisive = kind == "||"
    if left is decisive or right is decisive:
        return decisive
    if isinstance(left, bool) and isinstance(right, bool):
        return not decisive
    return UNKNOWN


def text_method(method: str, value: Any, argument: Any) -> Any:
    if not (isinstance(value, str) and isinstance(argument, str)):
        return UNKNOWN
    if method == "contains":
        return argument in value
    return value.startswith(argument) if method == "startsWith" else value.endswith(argument)


def operate(kind: str, operands: list[Any]) -> Any:
    if kind == "list":
        return operands
    if kind == "not":
        return not operands[0] if isinstance(operands[0], bool) else UNKNOWN
    if kind == "negative":
        return -operands[0] if isinstance(operands[0], float) else UNKNOWN
    if kind == "size":
        return size(operands[0])
    if kind == "date":
        days = days_since_1970(operands[0])
        return UNKNOWN if days is None else days
    left, right = operands
    if kind == "==":
        return same(left, right)
    if kind == "!=":
        return not same(left, right)
    if kind == "in":
        return any(same(left, item) for item in right) if isinstance(right, list) else UNKNOWN
    if kind in ORDERINGS:
        return compare(kind, left, right)
    return calculate(kind, left, right)


def size(value: Any) -> Any:
    """Give how many items a list has, or how many bytes of UTF-8 a text."""
    if isinstance(value, str):
        value = value.encode("utf-8", "surrogatepass")
    return float(len(value)) if isinstance(value, (bytes, list)) else UNKNOWN


def same(left: Any, right: Any) -> bool:
    """Compare as CEL does: values of different types, null among them, are different."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=True))
    return type(left) is type(right) and left == right


def compare(kind: str, left: Any, right: Any) -> Any:
    if type(left) is not type(right) or not isinstance(left, (bool, float, str)):
        return UNKNOWN
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[kind]


def calculate(kind: str, left: Any, right: Any) -> Any:
    if kind == "+" and type(left) is type(right) and isinstance(left, (str, list)):
        return left + right
    if not (isinstance(left, float) and isinstance(right, float)):
        return UNKNOWN
    if kind == "/":
        result = left / right if right != 0 else math.nan
    else:
        result = {"+": left + right, "-": left - right, "*": left * right}[kind]
    return result if math.isfinite(result) else UNKNOWN
