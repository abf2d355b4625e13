"""What compiled conditions call when the fast path does not fit: the operators of CEL on any values.

Values are None (null), bool, int, float, str, and lists of those. Every number is read as its double, but two whole
numbers are the same only where all of their digits are: they may be ids, and the binding of CEL, where our tests write
all numbers as doubles, takes those for one. One that has no finite double is unknown where a number is used. Every
operator answers UNKNOWN on what CEL has no answer for.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from enum import Enum
from functools import lru_cache
from math import isfinite
from typing import Any, Final

from livesegments.core.times import DAY_MS, time_of_date

__all__ = ["RUNTIME", "UNKNOWN", "Unknown", "lift"]


class Unknown(Enum):
    """The type of UNKNOWN, so that `is UNKNOWN` narrows a type and copies stay the same object."""

    UNKNOWN = "unknown"

    def __bool__(self) -> bool:
        raise TypeError("an unknown value is neither true nor false")


UNKNOWN: Final = Unknown.UNKNOWN

_LISTS = (list, tuple)
_DATE_LENGTH_MAX = 64
_NUMBERS = frozenset((float, int))


def double(value: Any) -> float | Unknown:
    """Give a number as its double; UNKNOWN if it is no number (a bool is none) or not finite."""
    if type(value) is float:
        return value if isfinite(value) else UNKNOWN
    if type(value) is not int:
        return UNKNOWN
    try:
        return float(value)
    except OverflowError:
        return UNKNOWN


def lift(value: Any) -> Any:
    """Give a value as CEL would: numbers as doubles, also in lists; UNKNOWN for what CEL could not hold."""
    kind = type(value)
    if kind in _NUMBERS:
        return double(value)
    if kind in _LISTS:
        return items(*[lift(item) for item in value])
    return value if value is None or kind is bool or kind is str else UNKNOWN


def items(*parts: Any) -> list[Any] | Unknown:
    """Make a list; UNKNOWN if an item is."""
    return UNKNOWN if UNKNOWN in parts else list(parts)


def same(left: Any, right: Any) -> bool | Unknown:
    """Compare with `==`: values of different kinds are not the same, and no bool is a number."""
    kind, other = type(left), type(right)
    if kind is Unknown or other is Unknown:
        return UNKNOWN
    if kind in _NUMBERS:
        return _same_number(left, right) if other in _NUMBERS else False
    if kind in _LISTS:
        return _same_list(left, right) if other in _LISTS else False
    if kind is not other:
        return False
    return bool(left == right) if left is None or kind is str or kind is bool else UNKNOWN


def _same_number(left: Any, right: Any) -> bool | Unknown:
    first, second = double(left), double(right)
    if first is UNKNOWN or second is UNKNOWN:
        return UNKNOWN
    return bool(left == right) if type(left) is type(right) is int else first == second  # ids are exact


def _same_list(left: list[Any], right: list[Any]) -> bool | Unknown:
    if len(left) != len(right):
        return False
    answers = list(map(same, left, right))
    return False if False in answers else UNKNOWN if UNKNOWN in answers else True


def different(left: Any, right: Any) -> bool | Unknown:
    """Compare with `!=`."""
    answer = same(left, right)
    return UNKNOWN if answer is UNKNOWN else not answer


def inside(item: Any, values: Any) -> bool | Unknown:
    """Tell if a list has the item."""
    if type(values) not in _LISTS or item is UNKNOWN:
        return UNKNOWN
    if type(item) is str:
        return bool(item in values)
    answers = [same(item, value) for value in values]
    return True if True in answers else UNKNOWN if UNKNOWN in answers else False


def _ordering(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool | Unknown]:
    def ordered(left: Any, right: Any) -> bool | Unknown:
        if left is None or right is None:
            return UNKNOWN
        kind = type(left)
        if kind is str or kind is bool:
            return compare(left, right) if type(right) is kind else UNKNOWN
        first, second = double(left), double(right)
        return UNKNOWN if first is UNKNOWN or second is UNKNOWN else compare(first, second)

    return ordered


def _arithmetic(compute: Callable[[float, float], float]) -> Callable[[Any, Any], float | Unknown]:
    def computed(left: Any, right: Any) -> float | Unknown:
        if left is None or right is None:
            return UNKNOWN
        first, second = double(left), double(right)
        if first is UNKNOWN or second is UNKNOWN:
            return UNKNOWN
        return double(compute(first, second))

    return computed


def _quotient(left: float, right: float) -> float:
    return left / right if right else float("nan")


_sum = _arithmetic(operator.add)


def add(left: Any, right: Any) -> Any:
    """Add two numbers, or join two strings or two lists."""
    kind, other = type(left), type(right)
    if kind is str:
        return left + right if other is str else UNKNOWN
    if kind in _LISTS:
        return [*left, *right] if other in _LISTS else UNKNOWN
    return _sum(left, right)


def negate(value: Any) -> float | bool | Unknown:
    """Change the sign; of a bool, as the CEL binding does, give the other one."""
    if type(value) is bool:
        return not value
    number = double(value)
    return UNKNOWN if number is UNKNOWN else -number


def size(value: Any) -> float | Unknown:
    """Count the items of a list, or, as the CEL binding does, the bytes of a string in UTF-8."""
    if type(value) is str:
        return float(len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass")))
    return float(len(value)) if type(value) in _LISTS else UNKNOWN


def date(value: Any) -> float | Unknown:
    """Give the days since 1970 (UTC) of a text that is a date, with or without a time; UNKNOWN for anything else."""
    time_ms = _time_of(value) if type(value) is str else None
    return UNKNOWN if time_ms is None else time_ms / DAY_MS


@lru_cache(4_096)
def _time_of(text: str) -> int | None:
    return time_of_date(text) if len(text) <= _DATE_LENGTH_MAX else None


def _text_test(test: Callable[[str, str], bool]) -> Callable[[Any, Any], bool | Unknown]:
    def tested(text: Any, part: Any) -> bool | Unknown:
        return test(text, part) if type(text) is str and type(part) is str else UNKNOWN

    return tested


RUNTIME: Final[dict[str, Any]] = {
    "UNKNOWN": UNKNOWN,
    "NUMBERS": _NUMBERS,
    "lift": lift,
    "items": items,
    "inside": inside,
    "same": same,
    "different": different,
    "less": _ordering(operator.lt),
    "at_most": _ordering(operator.le),
    "more": _ordering(operator.gt),
    "at_least": _ordering(operator.ge),
    "add": add,
    "subtract": _arithmetic(operator.sub),
    "multiply": _arithmetic(operator.mul),
    "divide": _arithmetic(_quotient),
    "negate": negate,
    "size": size,
    "date": date,
    "contains": _text_test(operator.contains),
    "starts_with": _text_test(str.startswith),
    "ends_with": _text_test(str.endswith),
}
"""The names that generated code may use."""
