"""Features over numbers: sum, mean, min, max."""

from __future__ import annotations

from typing import Any

from livesegments.core.events import Event
from livesegments.core.features.feature import SKIPPED, ProfileView, StoredFeature
from livesegments.core.features.windows import Store, Window, store_for

__all__ = ["Max", "Mean", "Min", "Sum"]

MILLION = 1_000_000


def millionths(number: float) -> int:
    """Round to 6 decimals and give the number of millionths, so that adding is exact in any order."""
    return round(round(number, 6) * MILLION)


class Sum(StoredFeature):
    """The exact sum of a number over the selected events."""

    absent: Any = 0.0

    def apply(self, state: Any, event: Event, selection: int, clock_ms: int) -> Any:
        numbers = self.selection.numbers(event)
        if not numbers:
            return SKIPPED
        return self.store.add(state, event.time_ms, clock_ms, (sum(map(millionths, numbers)), *self._weights(numbers)))

    def _weights(self, numbers: list[float]) -> tuple[int, ...]:
        return ()

    def value(self, state: Any, now_ms: int, profile: ProfileView) -> float | None:
        columns = self.inside(state, now_ms)
        return sum(columns[0]) / MILLION if columns else 0.0


class Mean(Sum):
    """The mean of a number over the selected events' values."""

    absent = None

    def _weights(self, numbers: list[float]) -> tuple[int, ...]:
        return (len(numbers),)

    def value(self, state: Any, now_ms: int, profile: ProfileView) -> float | None:
        columns = self.inside(state, now_ms)
        return sum(columns[0]) / (MILLION * sum(columns[1])) if columns else None


class Min(StoredFeature):
    """The least number over the selected events' values."""

    choose: Any = staticmethod(min)  # of several numbers, or of a list of them

    def _store(self, window: Window | None, samples: int) -> Store:
        return store_for(window, samples, self.choose)

    def apply(self, state: Any, event: Event, selection: int, clock_ms: int) -> Any:
        numbers = self.selection.numbers(event)
        return self.store.add(state, event.time_ms, clock_ms, (self.choose(numbers),)) if numbers else SKIPPED

    def value(self, state: Any, now_ms: int, profile: ProfileView) -> float | None:
        columns = self.inside(state, now_ms)
        return float(self.choose(columns[0])) if columns else None


class Max(Min):
    """The greatest number over the selected events' values."""

    choose = staticmethod(max)
