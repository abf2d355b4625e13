"""What to write instead, where a duration is written as in another tool: `30`, `30 days`, `1d12h`, `P30D`, `month`."""

from __future__ import annotations

import re

from livesegments.core.times import duration_ms

__all__ = ["duration_hint"]

_MS = {unit: duration_ms(f"1{unit}") for unit in "smhd"}
_WORDS = {
    "s": "s sec secs second seconds",
    "m": "m min mins minute minutes",
    "h": "h hr hrs hour hours",
    "d": "d day days",
    "w": "w wk wks week weeks",
    "month": "mo mon month months",
    "quarter": "quarter quarters",
    "year": "y yr yrs year years",
}
_UNITS = {word: unit for unit, words in _WORDS.items() for word in words.split()}
_DAYS = {"w": 7, "month": 30, "quarter": 90, "year": 365}
_CALENDAR = {
    "d": "{calendar: day}",
    "w": "{calendar: week}",
    "month": "{calendar: month}",
    "year": "{calendar: year}",
}
_NAMES = {"d": "day", "w": "week"}
_QUARTER = "there is no quarter: {calendar: month, last: 3} is this month and the two before it, 90d the last 90 days"
_ALONE = {"today": "d", "daily": "d", "weekly": "w", "monthly": "month", "quarterly": "quarter", "yearly": "year"}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([a-z]+)[\s,]*")
_OURS = re.compile(r"[0-9.]+[smhdw]")  # a duration as it is written here, and too short or too long
_LENGTH_MAX = 40
_ISO = re.compile(r"P[0-9WDTHMS.]+")


def duration_hint(found: str, *, calendar: bool) -> str:
    """Give what to write instead, behind a semicolon; or nothing. `calendar` tells whether its windows may stand there.

    >>> duration_hint("30 days", calendar=False), duration_hint("1d12h", calendar=False)
    ('; write 30d', '; write 36h')
    """
    text = found.strip()
    if len(text) > _LENGTH_MAX or _OURS.fullmatch(text) or not re.search("[1-9]|^[a-z]", text, re.I):
        return ""
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        return f"; write {text}d for days, {text}h for hours"
    if re.fullmatch(r"[0-9.]*\s*M", text):
        return ""  # minutes or months
    if _ISO.fullmatch(text):
        text = text[1:].replace("T", "")
        if "M" in text and "T" not in found[: found.index("M")]:
            return ""
    text = text.lower()
    unit = _ALONE.get(text) or _UNITS.get(text.removeprefix("this "))
    return _of_word(unit, calendar) if unit is not None else _of_parts(text)


def _of_word(unit: str, calendar: bool) -> str:
    length = f"{_DAYS[unit]}d" if unit in _DAYS else f"1{unit}"
    if calendar and unit == "quarter":
        return f"; {_QUARTER}"
    if not calendar or unit not in _CALENDAR:
        return f"; write {length}"
    name, days = _NAMES.get(unit, unit), _DAYS.get(unit, 1)
    last = "the last 24 hours" if days == 1 else f"the last {days} days"
    return f"; write {_CALENDAR[unit]} for this {name} of the calendar, or {length} for {last}"


def _of_parts(text: str) -> str:
    parts = _PART.findall(text)
    if not parts or _PART.sub("", text) or any(unit not in _UNITS for _, unit in parts):
        return ""
    counted = [(float(number), _UNITS[unit]) for number, unit in parts]
    unit = counted[0][1]
    if len(counted) == 1 and unit not in ("month", "quarter", "year"):
        return _written(f"{parts[0][0]}{unit}")
    whole_ms = round(sum(number * _length_ms(unit) for number, unit in counted))
    unit = next((unit for unit in ("d", "h", "m", "s") if whole_ms % _MS[unit] == 0), "")
    return _written(f"{whole_ms // _MS[unit]}{unit}") if unit else ""


def _written(text: str) -> str:
    try:
        duration_ms(text)
    except ValueError:  # too long
        return ""
    return f"; write {text}"


def _length_ms(unit: str) -> int:
    return _DAYS[unit] * _MS["d"] if unit in _DAYS else _MS[unit]
