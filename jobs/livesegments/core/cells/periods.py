"""The cell of `peak`: how many events fell into each season, month, weekday or hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from livesegments.core.cells.cell import Cell
from livesegments.core.events import Event
from livesegments.core.selection import Selection

__all__ = ["PERIODS", "Periods", "period_of"]

_MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December"]  # fmt: skip
PERIODS: dict[str, list[Any]] = {
    "season": ["winter", "spring", "summer", "autumn"],
    "month": _MONTHS,
    "weekday": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    "hour": list(range(24)),
}
_HOURS_KEPT = 10_000


def period_of(by: str, zone: str) -> Any:
    """Give the function from a time (ms) to the number of its period, in a time zone."""
    place = UTC if zone == "UTC" else ZoneInfo(zone)

    def period(seconds: int) -> int:
        moment = datetime.fromtimestamp(seconds, place)
        if by == "hour":
            return moment.hour
        if by == "weekday":
            return moment.weekday()
        return moment.month - 1 if by == "month" else moment.month % 12 // 3

    if place is not UTC:
        return lambda time_ms: period(time_ms // 1_000)
    of_hour = lru_cache(_HOURS_KEPT)(lambda hour: period(hour * 3_600))  # no period of UTC begins within an hour
    return lambda time_ms: of_hour(time_ms // 3_600_000)


class Periods(Cell):
    """Counts by period over the lifetime; state is {period: count}."""

    def __init__(self, selection: Selection, by: str, zone: str) -> None:
        super().__init__(selection, by, zone)
        self._period = period_of(by, zone)

    def put(self, state: Any, event: Event, values: Sequence[Any], clock_ms: int) -> Any:
        period = self._period(event.time_ms)
        if state is None:
            return {period: 1}
        state[period] = state.get(period, 0) + 1
        return state
