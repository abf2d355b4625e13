"""Dates of spreadsheets: ISO, or numbers whose order - day or month first - is decided over the whole file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal

from livesegments.core.errors import EdgeError

__all__ = ["DateOrder", "date_order", "time_ms_of"]

DateOrder = Literal["day first", "month first"]
_TIME = r"(?:[ T]+(\d\d?):(\d\d)(?::(\d\d)(?:\.\d+)?)?(?: ?([AaPp][Mm]))?)?(?:Z|\+00:?00)?"
_ISO = re.compile(rf"(\d{{4}})[-/](\d\d?)[-/](\d\d?){_TIME}", re.ASCII)
_NUMERIC = re.compile(rf"(\d\d?)([-/.])(\d\d?)\2(\d{{4}}|\d\d){_TIME}", re.ASCII)
_USUAL: dict[str, DateOrder] = {"/": "month first", ".": "day first"}  # `/`: as in the data set's own file


def date_order(file: str, texts: Iterable[str]) -> tuple[DateOrder, bool]:
    """Tell the order of the dates of a file, and whether something in it decides; ISO dates need none.

    A number over 12 decides. Where there is none, `1/12/2010` has the month first and `1.12.2010` the day.
    Raises EdgeError with an example where both orders are there, and where `01-12-2010` could be either.
    """
    examples: dict[DateOrder, str] = {}
    open_example: dict[str, str] = {}
    for text in texts:
        match = _NUMERIC.fullmatch(text)
        if match is None:
            continue
        first, second = int(match[1]), int(match[3])
        if first > 12 >= second:
            examples.setdefault("day first", text)
        elif second > 12 >= first:
            examples.setdefault("month first", text)
        else:
            open_example.setdefault(match[2], text)
        if len(examples) == 2:
            raise EdgeError(
                f"{file}: required dates of one order, found both: {examples['day first']!r} has the day first, "
                f"{examples['month first']!r} the month; write them as 2010-12-01 08:26"
            )
    if examples:
        return next(iter(examples)), True
    if "-" in open_example:
        raise EdgeError(
            f"{file}: required a date whose day and month can be told apart, found none but such as "
            f"{open_example['-']!r}; write them as 2010-12-01 08:26"
        )
    return _USUAL[next(iter(open_example), "/")], not open_example


def time_ms_of(text: str, order: DateOrder) -> int | None:
    """Read a date with or without a time, taken as UTC, in milliseconds; None for anything else.

    >>> time_ms_of("1/12/10 8:26 AM", "day first") == time_ms_of("2010-12-01T08:26:00.000Z", "month first")
    True
    """
    if match := _ISO.fullmatch(text):
        year, month, day, *time = match.groups()
    elif match := _NUMERIC.fullmatch(text):
        first, _, second, year, *time = match.groups()
        day, month = (first, second) if order == "day first" else (second, first)
        year = f"20{year}" if len(year) == 2 else year
    else:
        return None
    hour, minute, second_of, half = (part or "" for part in time)
    try:
        hours = _hour(int(hour or 0), half.lower())
        moment = datetime(int(year), int(month), int(day), hours, int(minute or 0), int(second_of or 0), tzinfo=UTC)
    except ValueError:
        return None
    return int(moment.timestamp()) * 1_000


def _hour(hour: int, half: str) -> int:
    if not half:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(hour)
    return hour % 12 + (12 if half == "pm" else 0)
