"""Days of a time zone: when they begin, which one a time falls into, and the anniversaries of a date."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from livesegments.core.times import DAY_MS, NEVER

__all__ = ["anniversary_after", "date_at", "day_begins_ms"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CACHED_DAYS = 10_000
_YEAR_MS = 31_556_952_000  # on average


def date_at(time_ms: int, zone: str) -> date:
    """Give the local date at a time (ms); raises OverflowError beyond the year 9999."""
    moment = _EPOCH + timedelta(milliseconds=time_ms)
    return moment.date() if zone == "UTC" else moment.astimezone(ZoneInfo(zone)).date()


@lru_cache(_CACHED_DAYS)
def day_begins_ms(day: date, zone: str) -> int:
    """Give the first time (ms) at which the local date is this day or a later one.

    That is local midnight; the first of two where the clock goes back at it, and the moment after the change where
    the clock skips it.
    """
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC if zone == "UTC" else ZoneInfo(zone))
    begins_ms = (midnight.astimezone(UTC) - _EPOCH) // timedelta(milliseconds=1)
    if zone == "UTC" or date_at(begins_ms - 1, zone) < day:
        return begins_ms
    low_ms, high_ms = begins_ms - DAY_MS // 4, begins_ms  # the clock went forward from before midnight
    while high_ms - low_ms > 1:
        middle_ms = (low_ms + high_ms) // 2
        if date_at(middle_ms, zone) < day:
            low_ms = middle_ms
        else:
            high_ms = middle_ms
    return high_ms


def anniversary_after(day: date, now_ms: int, zone: str) -> tuple[int, int]:
    """Give when (ms) the first anniversary begins that has not ended at now, and when it ends.

    The day itself counts as its first. 29 February is the 28th in years that have none.
    """
    year = max(day.year, 1968 + now_ms // _YEAR_MS)
    while (span := _anniversary(day, year, zone))[1] <= now_ms:
        year += 1
    return span


@lru_cache(_CACHED_DAYS)
def _anniversary(day: date, year: int, zone: str) -> tuple[int, int]:
    if year > date.max.year:
        return NEVER, NEVER
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    begins = date(year, 2, 28) if (day.month, day.day) == (2, 29) and not is_leap else day.replace(year=year)
    begins_ms = day_begins_ms(begins, zone)
    return begins_ms, begins_ms + DAY_MS if begins == date.max else day_begins_ms(begins + timedelta(days=1), zone)
