"""What to write instead, where a condition is written as in SQL, in Python, in a spreadsheet or in a word processor."""

from __future__ import annotations

import re

__all__ = ["called_at", "hint_at", "hint_for_name", "unknown_function"]

_TEXT = 'text stands in straight quotes, as in "DE"'
_UNITS = "numbers have no units, and what `days_since` gives is in days"
_PART = 'write x.contains("part"), x.startsWith("part") or x.endsWith("part")'
_NULL = "`x == null` asks whether there is none, `has(x)` whether there is one"
_INVISIBLE = "it is a character that one does not see: type the space anew"
_SIGNS = {
    "=": "equality is `==`",
    "&": "and is `&&`",
    "|": "or is `||`",
    **dict.fromkeys("“”„«»‘’‚", _TEXT),
    **dict.fromkeys("$€£¥", "numbers have no currency"),
    **dict.fromkeys("\u00a0\u202f\u2009\u200b\u200e\u200f\u2060\ufeff", _INVISIBLE),
    "≥": "write `>=`",
    "≤": "write `<=`",
    "≠": "write `!=`",
    "−": "minus is `-`",
    "–": "minus is `-`",
    "×": "write `*`",
    "÷": "write `/`",
    "%": "numbers have no unit; 20 % is 0.2",
    "#": "a comment stands outside of the quotes of the condition",
    ";": "a condition has no such end",
}
_TURNED = {"=>": "write `>=`", "=<": "write `<=`"}
_WORDS = {
    "and": "and is `&&`",
    "or": "or is `||`",
    "not": 'not is `!`, as in !(country in ["DE"])',
    "is": _NULL,
    "between": "write `1 <= x && x <= 5`",
    "in": "`in` is written in small letters",
    **dict.fromkeys(("like", "contains", "startswith", "endswith", "matches"), _PART),
    **dict.fromkeys(("d", "h", "w", "m", "y", "day", "days", "hour", "hours", "week", "weeks", "month"), _UNITS),
    **dict.fromkeys(("months", "year", "years", "eur", "usd", "gbp"), _UNITS),
}
_NAMES = {
    **dict.fromkeys(("none", "null", "nil", "undefined", "empty", "na", "nan"), "null"),
    **dict.fromkeys(("true", "yes", "on"), "true"),
    **dict.fromkeys(("false", "no", "off"), "false"),
}
_KNOWN = ("has", "size", "date")
_NOW = "what time changes is a feature, as in {days_since: Order Completed}"
_FUNCTIONS = {
    **dict.fromkeys(("max", "greatest"), "write `a > b ? a : b`"),
    **dict.fromkeys(("min", "least"), "write `a < b ? a : b`"),
    **dict.fromkeys(("if", "iff", "iif", "case"), "write `a ? b : c`"),
    **dict.fromkeys(("coalesce", "ifnull", "nvl", "default"), "write `has(x) ? x : 0`"),
    **dict.fromkeys(("isnull", "is_null", "isempty", "is_empty", "isblank"), "write `!has(x)`"),
    **dict.fromkeys(("exists", "is_set", "isset", "defined"), "write `has(x)`"),
    **dict.fromkeys(("len", "length", "array_length"), "write `size(x)`"),
    **dict.fromkeys(("now", "today", "current_date", "datediff", "date_diff"), _NOW),
    **dict.fromkeys(("contains", "startswith", "starts_with", "endswith", "ends_with", "like"), _PART),
    **dict.fromkeys(("and", "all"), "write `a && b`"),
    **dict.fromkeys(("or", "any"), "write `a || b`"),
    "not": "write `!a`",
    "count": "count events in a feature, as in {count: Order Completed}; the length of a list is `size(x)`",
    "abs": "write `x < 0 ? -x : x`",
    "between": "write `1 <= x && x <= 5`",
}
_CALLED = re.compile(r"(?<![\w.`])([A-Za-z_]\w*)\s*$", re.ASCII)
_IN_QUOTES = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`')
_BEFORE = re.compile(r"([A-Za-z_]+)\s*$")


def hint_at(text: str, start: int, found: str) -> str:
    """Give what to write instead of what was found at a place of a condition, behind a semicolon; or nothing."""
    hint = (
        _TURNED.get(text[start : start + 2])
        or _SIGNS.get(found)
        or _WORDS.get(found.lower())
        or _around(text, start, found)
    )
    return f"; {hint}" if hint else ""


def _around(text: str, start: int, found: str) -> str:
    before = text[:start].rstrip()
    if found == ">" and before.endswith("<"):
        return "not equal is `!=`"
    if found == ",":
        if before[-1:].isdigit() and text[start + 1 : start + 2].isdigit() and "(" not in before:
            return "numbers have no commas: 1000 is a thousand, 0.5 a half"
        return "a list stands in brackets, as in [1, 2]" if re.search(r"\bin\s*\([^)]*$", before, re.I) else ""
    word = _BEFORE.search(before)
    return _WORDS["not"] if word is not None and word[1].lower() == "not" else ""


def hint_for_name(name: str) -> str:
    """Give what an unknown name was probably meant to be, as `; write true`; or nothing.

    >>> hint_for_name("True"), hint_for_name("orders")
    ('; write true', '')
    """
    word = _NAMES.get(name.lower())
    return f"; write {word}" if word else ""


def called_at(text: str, end: int) -> tuple[int, str] | None:
    """Give where the function begins whose parentheses are open at a place, and its name, if there is none of it.

    >>> called_at("1 < max(orders, 3)", 14)
    (4, 'max')
    """
    before = _IN_QUOTES.sub(lambda found: " " * len(found.group()), text[:end])
    opened: list[int] = []
    for place, sign in enumerate(before):
        if sign in "([":
            opened.append(place)
        elif sign in ")]" and opened:
            opened.pop()
    if not opened or before[opened[-1]] != "(":
        return None
    found = _CALLED.search(before[: opened[-1]])
    if found is None or found[1] in _KNOWN or found[1].lower() in ("in", "not"):
        return None
    ahead = before[: found.start()].rstrip()
    if found[1].lower() in ("and", "or") and ahead and ahead[-1] not in "(&|!?:":
        return None  # between two conditions, as in SQL
    return found.start(1), found[1]


def unknown_function(name: str) -> str:
    """Say that there is no such function, and what to write instead."""
    hint = _FUNCTIONS.get(name.lower())
    there = "there are has(name), size(x), date(x) and the methods of strings"
    return f"unknown function `{name}`; {hint or there}"
