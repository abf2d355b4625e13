"""Features over the calendar: peak, peak_share."""

from __future__ import annotations

from typing import Any

from livesegments.core.cells import PERIODS, Cell, Periods, Window, WindowCell, period_of
from livesegments.core.cells.windows import Column
from livesegments.core.features.feature import Feature, ProfileView, States
from livesegments.core.selection import Selection
from livesegments.core.times import NEVER

__all__ = ["Peak", "PeakShare"]


class Peak(Feature):
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
            cell = WindowCell(selection, f"{by} in {zone}", window.far_ms, samples, (column,))
        super().__init__(name, (cell,))
        self.by = by
        self.window = window
        self.windowed = window is not None

    def counts(self, states: States, now_ms: int) -> list[int]:
        """Give how many events are inside at now, by period in order."""
        counts = [0] * len(PERIODS[self.by])
        state, cell = states[0], self.cells[0]
        if state is None:
            return counts
        if self.window is None or not isinstance(cell, WindowCell):
            for period, count in state.items():
                counts[period] += count
            return counts
        for column in cell.inside(state, self.window, now_ms) or ():
            for found in column:
                for period, count in _alone(found).items():
                    counts[period] += count
        return counts

    def value(self, states: States, now_ms: int, profile: ProfileView) -> Any:
        counts = self.counts(states, now_ms)
        most = max(counts)
        return PERIODS[self.by][counts.index(most)] if most else None

    def next_edge_ms(self, states: States, after_ms: int) -> int:
        cell = self.cells[0]
        if self.window is None or not isinstance(cell, WindowCell):
            return NEVER
        return cell.next_edge_ms(states[0], self.window, after_ms)

    def in_panes(self, states: States) -> bool:
        cell = self.cells[0]
        return self.window is not None and isinstance(cell, WindowCell) and cell.in_panes(states[0], self.window)


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
