"""The cell of a trait that holds a date or a time, and the one that knows since when a trait has its value."""

from __future__ import annotations

import json
import re
from bisect import bisect_right, insort
from collections.abc import Sequence
from datetime import date
from hashlib import blake2b
from typing import Any

from livesegments.core.cells.values import NOTHING, TraitCell
from livesegments.core.events import Event
from livesegments.core.local_days import date_at, day_begins_ms
from livesegments.core.selection import Path
from livesegments.core.times import DAY_MS, time_of_number, time_of_text

__all__ = ["TraitChange", "TraitDate", "read_date"]

_SPACE = " \t\r\n"
_DATE = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)", re.ASCII)
_FIRST_MS = day_begins_ms(date(1000, 1, 1), "UTC")
_END_MS = day_begins_ms(date.max, "UTC") + DAY_MS
_EXACT_MAX = 2**53  # whole doubles below it are exact
_NO_TIME = -1


def read_date(value: Any, zone: str) -> tuple[int, int] | None:
    """Read a date or a time of the years 1000 to 9999: when it is (ms), and its day in a time zone as an ordinal.

    A date alone begins with local midnight. A time is read as an event's time is; its day is the local one, but
    that of UTC at exactly midnight UTC, because dates are often sent so. Gives None for what is neither.
    """
    text = value.strip(_SPACE) if type(value) is str else None
    try:
        match = None if text is None else _DATE.fullmatch(text)
        if match is not None:
            day = date(int(match[1]), int(match[2]), int(match[3]))
            return (day_begins_ms(day, zone), day.toordinal()) if day.year >= 1000 else None
        if text is not None:
            time_ms = time_of_text(text)
        elif type(value) is float or type(value) is int:
            time_ms = time_of_number(float(value))
        else:
            return None
    except (ValueError, OverflowError):
        return None
    if not _FIRST_MS <= time_ms < _END_MS:
        return None
    try:
        return time_ms, date_at(time_ms, zone if time_ms % DAY_MS else "UTC").toordinal()
    except OverflowError:  # the first hours of the year 10000 in the east
        return time_ms, date.max.toordinal()


class TraitDate(TraitCell):
    """The date or time that a trait holds: state is [time of the event, time (ms), day as an ordinal].

    Both are None where the trait holds none, or what cannot be read, which is counted as skipped.
    """

    def __init__(self, path: Path, zone: str) -> None:
        super().__init__(path, zone)
        self.zone = zone

    def put(self, state: Any, event: Event, values: Sequence[Any], clock_ms: int) -> Any:
        value = self.taken(event)
        if value is NOTHING:
            return state
        found = read_date(value, self.zone)
        is_none = value is None or (type(value) is str and not value.strip(_SPACE))
        if found is None and not is_none and event.skipped is not None:
            event.skipped.note(event, ".".join(("traits", *self.path)))
        if state is not None and event.time_ms < state[0]:
            return state
        return [event.time_ms, *(found or (None, None))]


class TraitChange(TraitCell):
    """Since when a trait has its value: state is [hash of the value or None, time of the value before, times].

    `times` are when the newest value was set, without another one between; the first is when the user got it. The
    others are kept while a late event can still come between, at most `samples` in all: that is all a late event can
    change. Beyond it the oldest but the first are forgotten.
    """

    def __init__(self, path: Path, samples: int, lateness_ms: int) -> None:
        super().__init__(path)
        self.samples = samples
        self.lateness_ms = lateness_ms

    def put(self, state: Any, event: Event, values: Sequence[Any], clock_ms: int) -> Any:
        value = self.taken(event)
        if value is NOTHING:
            return state
        time_ms, found = event.time_ms, None if value is None else _hash(value)
        if state is None:
            return [found, _NO_TIME, [time_ms]]
        kept, before_ms, times = state
        if time_ms >= times[-1] and found != kept:
            return [found, times[-1], [time_ms]]
        if time_ms >= before_ms:
            if found == kept:
                insort(times, time_ms)
            else:  # another value in between
                state[1] = time_ms
                del times[: bisect_right(times, time_ms)]
        settled = bisect_right(times, clock_ms - self.lateness_ms)
        del times[1 : max(settled, len(times) - self.samples + 1, 1)]
        return state


def _hash(value: Any) -> bytes:
    """Give 8 bytes that are the same for equal values: numbers by value, objects whatever the order of their keys."""
    return blake2b(json.dumps(_plain(value), sort_keys=True).encode(), digest_size=8).digest()


def _plain(value: Any) -> Any:
    if type(value) is float and value.is_integer() and abs(value) < _EXACT_MAX:
        return int(value)
    if type(value) is list:
        return [_plain(item) for item in value]
    if type(value) is dict:
        return {key: _plain(item) for key, item in value.items()}
    return value
