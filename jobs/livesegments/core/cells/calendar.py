"""The calendar of a time zone: into which day, week, month or year a moment falls, and when each of them begins."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from functools import cache
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from livesegments.core.local_days import day_begins_ms
from livesegments.core.times import DAY_MS, NEVER

__all__ = ["UNITS", "Calendar", "Unit", "calendar_of"]

Unit = Literal["day", "week", "month", "year"]
UNITS: tuple[Unit, ...] = get_args(Unit)
_STARTS_MAX = 50_000  # remembered: more days than there are from 1970 to 2100


class Calendar:
    """Numbers the days, weeks (from Monday), months or years of a time zone.

    A period begins with the first millisecond of its first day: the local midnight, or where the clock is put forward
    over midnight the moment at which that happens, and where midnight comes twice the first one. `low` and `high` are
    the beginning and the end (ms) of the period that was looked up last.
    """

    __slots__ = ("_firsts", "_index", "_numbers", "_place", "_starts", "high", "low", "unit", "zone")

    def __init__(self, unit: Unit, zone: str) -> None:
        self.unit = unit
        self.zone = zone
        self._place: tzinfo = UTC if zone == "UTC" else ZoneInfo(zone)
        self._starts: dict[int, int] = {}  # by number
        self._numbers: dict[int, int] = {}  # by start
        self._firsts: dict[int, int] = {}  # by day of UTC: a period that has begun when it begins
        self.low = self.high = self._index = 0

    def index_of(self, time_ms: int) -> int:
        """Give the number of the period that a time falls into."""
        if self.low <= time_ms < self.high:
            return self._index
        index = self._begun(time_ms // DAY_MS)
        while time_ms >= (end_ms := self.start_ms(index + 1)):
            index += 1
        self.low, self.high, self._index = self.start_ms(index), end_ms, index
        return index

    def index_of_start(self, start_ms: int) -> int:
        """Give the same of a time that is mostly the beginning of a period."""
        index = self._numbers.get(start_ms)
        return self.index_of(start_ms) if index is None else index

    def _begun(self, utc_day: int) -> int:
        index = self._firsts.get(utc_day)
        if index is None:
            if len(self._firsts) >= _STARTS_MAX:
                self._firsts.clear()
            moment = datetime.fromtimestamp(utc_day * DAY_MS // 1_000, self._place)
            index = self._firsts[utc_day] = self._number(moment.date())
        return index

    def start_ms(self, index: int) -> int:
        """Give the time at which a period begins; -NEVER and NEVER beyond the years 1 to 9999."""
        start_ms = self._starts.get(index)
        if start_ms is None:
            if len(self._starts) >= _STARTS_MAX:
                self._starts.clear()
                self._numbers.clear()
            start_ms = self._starts[index] = self._start(index)
            self._numbers[start_ms] = max(index, self._numbers.get(start_ms, index))  # the later one of a day left out
        return start_ms

    def _number(self, day: date) -> int:
        match self.unit:
            case "day":
                return day.toordinal()
            case "week":
                return (day.toordinal() - 1) // 7  # day 1 of year 1 is a Monday
            case "month":
                return day.year * 12 + day.month - 1
            case "year":
                return day.year

    def _first_day(self, index: int) -> date:
        match self.unit:
            case "day":
                return date.fromordinal(index)
            case "week":
                return date.fromordinal(index * 7 + 1)
            case "month":
                return date(index // 12, index % 12 + 1, 1)
            case "year":
                return date(index, 1, 1)

    def _start(self, index: int) -> int:
        if index < 1:
            return -NEVER
        try:
            return day_begins_ms(self._first_day(index), self.zone)
        except (ValueError, OverflowError):
            return NEVER if index > self._number(date(1970, 1, 1)) else -NEVER


@cache
def calendar_of(unit: Unit, zone: str) -> Calendar:
    """Give the one calendar of a unit in a time zone."""
    return Calendar(unit, zone)
