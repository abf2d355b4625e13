"""JSON as it is sent: also with NaN, numbers beyond a double and halves of surrogate pairs, which are left out."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import msgspec

__all__ = ["NESTING_MAX", "nesting", "parse_json"]

NESTING_MAX = 64
_DIGITS_MAX = 4300  # as many as Python reads
_HUGE = 10**308  # stands for whole numbers of more digits
_STRUCTURE = re.compile(rb'"(?:[^"\\]|\\.)*"?|([{\[])|([}\]])', re.DOTALL)
_HALVES = re.compile("[\ud800-\udfff]")
_LEFT_OUT = object()


def nesting(raw: bytes) -> int:
    """Give the depth of the deepest bracket outside strings."""
    depth = deepest = 0
    for found in _STRUCTURE.finditer(raw):
        if found[1]:
            depth += 1
            deepest = max(deepest, depth)
        elif found[2]:
            depth -= 1
    return deepest


def _whole(text: str) -> int:
    if len(text) <= _DIGITS_MAX:
        return int(text)
    return -_HUGE if text.startswith("-") else _HUGE


_decoder = json.JSONDecoder(parse_int=_whole)


def parse_json(raw: bytes) -> tuple[Any, tuple[str, ...]]:
    """Parse JSON in UTF-8; what no sink could hold is left out. Gives the value and the dotted paths of what was.

    Left out are NaN, Infinity, numbers beyond a double, and texts and keys with half a surrogate pair.
    Raises ValueError for anything else that is no JSON. The nesting must have been checked.
    """
    text = raw.decode()
    try:
        return msgspec.json.decode(raw), ()
    except msgspec.DecodeError as error:
        message = str(error)
    try:
        value = _decoder.decode(text)
    except ValueError:
        raise ValueError(message) from None
    odd: dict[str, None] = {}
    value = _cleaned(value, "", odd)
    return None if value is _LEFT_OUT else value, tuple(odd)


def _cleaned(value: Any, path: str, odd: dict[str, None]) -> Any:
    if type(value) is dict:
        below = path + "." if path else ""
        whole = {key: _cleaned(item, below + _whole_text(key), odd) for key, item in value.items()}
        for key in [key for key in whole if _HALVES.search(key)]:
            odd[path] = None
            whole[key] = _LEFT_OUT
        return {key: item for key, item in whole.items() if item is not _LEFT_OUT}
    if type(value) is list:
        items = [_cleaned(item, path, odd) for item in value]
        return [item for item in items if item is not _LEFT_OUT]
    if (type(value) is float and not math.isfinite(value)) or (type(value) is str and _HALVES.search(value)):
        odd[path] = None
        return _LEFT_OUT
    return value


def _whole_text(text: str) -> str:
    return _HALVES.sub("\N{REPLACEMENT CHARACTER}", text)
