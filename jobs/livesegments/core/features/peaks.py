"""Features over the calendar: peak, peak_share."""

from __future__ import annotations

from typing import Any

from livesegments.core.cells import PERIODS, Cell, Periods, Window, period_of, window_cell
from livesegments.core.cells.windows import Column
from livesegments.core.features.feature import ProfileView, States
from livesegments.core.features.windowed import Windowed
from livesegments.core.selection import Selection

__all__ = ["Peak", "PeakShare"]


class Peak(Windowed):
    """The period with most events, in the definition's time zone; ties go to the earliest in order."""

    is_numeric = False

    def __init__(
        self, name: str, selection: Selection, window: Window | None, samples: int, by: str, zone: str
    ) -> None:
        cell: Cell = Periods(selection, by, zone)
        if window is not None:
            period = period_of(by, zone)
            column = Column(
                "period(time_ms)", lambda _, time_ms: period(time_ms), lift=_alone, names=(("period", period),)
            )
            cell = window_cell(selection, f"{by} in {zone}", window, samples, (column,))
        super().__init__(name, (cell,), window)
        self.by = by

    def counts(self, states: States, now_ms: int) -> list[int]:
        """Give how many events are inside at now, by period in order."""
        counts = [0] * len(PERIODS[self.by])
        state = states[0]
        if state is None:
            return counts
        if self.window is None:
            for period, count in state.items():
                counts[period] += count
            return counts
        for column in self.columns(states, now_ms) or ():
            for found in column:
                for period, count in _alone(found).items():
                    counts[period] += count
        return counts

    def value(self, states: States, now_ms: int, profile: ProfileView) -> Any:
        counts = self.counts(states, now_ms)
        most = max(counts)
        return PERIODS[self.by][counts.index(most)] if most else None


def _alone(period: Any) -> dict[int, int]:
    """Give counts by period of one period; counts stay what they are."""
    return period if type(period) is dict else {period: 1}


class PeakShare(Peak):
    """The share of the busiest period."""

    is_numeric = True

    def value(self, states: States, now_ms: int, profile: ProfileView) -> float | None:
        counts = self.counts(states, now_ms)
        total = sum(counts)
        return max(counts) / total if total else None
