"""Features over the calendar: peak, peak_share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from livesegments.core.events import Event
from livesegments.core.features.feature import ProfileView, StoredFeature
from livesegments.core.features.selection import Selection
from livesegments.core.features.windows import Window

__all__ = ["PERIODS", "Peak", "PeakShare"]

_MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December"]  # fmt: skip
PERIODS: dict[str, list[Any]] = {
    "season": ["winter", "spring", "summer", "autumn"],
    "month": _MONTHS,
    "weekday": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    "hour": list(range(24)),
}


class Peak(StoredFeature):
    """The period with most events, in the definition's time zone; ties go to the earliest in order."""

    def __init__(
        self, name: str, selection: Selection, window: Window | None, samples: int, by: str, zone: str
    ) -> None:
        super().__init__(name, selection, window, samples)
        self.by = by
        self.zone = UTC if zone == "UTC" else ZoneInfo(zone)

    def apply(self, state: Any, event: Event, selection: int, clock_ms: int) -> Any:
        return self.store.add(state, event.time_ms, clock_ms, ({self._period(event.time_ms): 1},))

    def _period(self, time_ms: int) -> int:
        moment = datetime.fromtimestamp(time_ms // 1_000, self.zone)
        if self.by == "hour":
            return moment.hour
        if self.by == "weekday":
            return moment.weekday()
        return moment.month - 1 if self.by == "month" else moment.month % 12 // 3

    def counts(self, state: Any, now_ms: int) -> list[int]:
        """Give how many events are inside at now, by period in order."""
        counts = [0] * len(PERIODS[self.by])
        for tallies in self.inside(state, now_ms) or ():
            for tally in tallies:
                for period, count in tally.items():
                    counts[period] += count
        return counts

    def value(self, state: Any, now_ms: int, profile: ProfileView) -> Any:
        counts = self.counts(state, now_ms)
        most = max(counts)
        return PERIODS[self.by][counts.index(most)] if most else None


class PeakShare(Peak):
    """The share of the busiest period."""

    def value(self, state: Any, now_ms: int, profile: ProfileView) -> float | None:
        counts = self.counts(state, now_ms)
        total = sum(counts)
        return max(counts) / total if total else None
