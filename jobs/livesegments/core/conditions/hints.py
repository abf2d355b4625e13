"""What to write instead, where a condition is written as in SQL, in Python, in a spreadsheet or in a word processor."""

from __future__ import annotations

import re

__all__ = ["hint_at", "hint_for_name"]

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
