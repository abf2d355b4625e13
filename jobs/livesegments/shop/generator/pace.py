"""How fast purchase time runs: slow at night, faster before Christmas, almost still outside a shopper's season.

Purchases are Poisson in purchase time, so they stay exactly BG/NBD there, and every probability has a closed form.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from livesegments.core.times import DAY_MS
from livesegments.shop.generator.settings import HOUR_MS, Floats, Ints
from livesegments.shop.generator.stories import Season

__all__ = ["DAYS_AFTER", "HOURS", "SEASONS", "Pace", "daily_pace"]

DAYS_AFTER = 32
"""Days that every pace goes on after the end, for probabilities about the next 30 days."""

_BY_HOUR = [2, 1, 1, 1, 1, 2, 4, 7, 9, 10, 11, 12, 13, 12, 11, 11, 12, 14, 16, 18, 19, 17, 11, 5]
HOURS: Floats = np.array(_BY_HOUR, dtype=np.float64) * (24 / sum(_BY_HOUR))
"""Activity by local hour; the mean is 1."""

SEASONS: dict[Season, tuple[tuple[int, int], tuple[int, int]]] = {
    "christmas": ((12, 1), (12, 26)),
    "summer": ((7, 1), (7, 31)),
}
"""First and last (month, day) of each season."""

_OUT_OF_SEASON = 0.004


def daily_pace(season: Season, start_ms: int, days: int) -> Floats:
    """Give the pace of each day: 1 on a plain day of the year, or in a season's heart."""
    first = datetime.fromtimestamp(start_ms // 1_000, UTC)
    dates = [((first + timedelta(days=day)).month, (first + timedelta(days=day)).day) for day in range(days)]
    if season == "all year":
        return np.array([1.5 if (11, 25) <= date <= (12, 22) else 1.0 for date in dates])
    begin, end = SEASONS[season]
    return np.array([1.0 if begin <= date <= end else _OUT_OF_SEASON for date in dates])


class Pace:
    """Purchase time, in days, as a function of local time, and back."""

    __slots__ = ("_hours_ms", "_passed")

    def __init__(self, season: Season, start_ms: int, days: int) -> None:
        # One day more on each side: local time is up to 14 hours off UTC.
        begin_ms = start_ms - DAY_MS
        by_day = daily_pace(season, begin_ms, days + DAYS_AFTER + 2)
        by_hour = (by_day[:, None] * HOURS[None, :]).ravel() / 24
        self._passed: Floats = np.concatenate([[0.0], np.cumsum(by_hour)])
        self._hours_ms: Floats = begin_ms + HOUR_MS * np.arange(self._passed.size, dtype=np.float64)

    def passed(self, local_ms: Ints | Floats) -> Floats:
        """Give the purchase time that has passed at a local time."""
        return np.interp(local_ms, self._hours_ms, self._passed)

    def moment_ms(self, passed: Floats) -> Ints:
        """Give the local time in milliseconds at which so much purchase time has passed."""
        return np.interp(passed, self._passed, self._hours_ms).astype(np.int64)
