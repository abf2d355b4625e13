"""Features of a trait that change with time alone: days since and until its date, days since it changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from livesegments.core.cells import TraitChange, TraitDate
from livesegments.core.features.feature import Feature, ProfileView, States, around
from livesegments.core.local_days import anniversary_after
from livesegments.core.selection import Path
from livesegments.core.times import DAY_MS, NEVER

__all__ = ["DaysSinceChange", "DaysSinceDate", "DaysUntil"]


class DaysSinceDate(Feature):
    """Days as a real number since the date or time that a trait holds; negative while it lies ahead."""

    timed = True
    counts_days = True

    def __init__(self, name: str, path: Path, zone: str) -> None:
        super().__init__(name, (TraitDate(path, zone),))

    def value(self, states: States, now_ms: int, profile: ProfileView) -> float | None:
        state = states[0]
        return None if state is None or state[1] is None else (now_ms - state[1]) / DAY_MS

    def source(self, states: Sequence[str]) -> str | None:
        held = states[0]
        return f"(None if {held} is None or {held}[1] is None else (now_ms - {held}[1]) / {DAY_MS})"

    def crosses_between_ms(
        self, states: States, now_ms: int, value: float, other: float, profile: ProfileView
    ) -> tuple[int, int] | None:
        return around(states[0][1] + other * DAY_MS, now_ms)


class DaysUntil(Feature):
    """Days as a real number until the next anniversary of a trait's date begins; 0 all through that day.

    It falls to 0, stays there, and jumps at the end of the day: an edge. Between two edges it never rises.
    """

    timed = True
    windowed = True

    def __init__(self, name: str, path: Path, zone: str) -> None:
        super().__init__(name, (TraitDate(path, zone),))
        self.zone = zone

    def _next(self, states: States, now_ms: int) -> tuple[int, int] | None:
        """Give when the anniversary that has not ended at now begins and ends."""
        state = states[0]
        if state is None or state[2] is None:
            return None
        return anniversary_after(date.fromordinal(state[2]), now_ms, self.zone)

    def value(self, states: States, now_ms: int, profile: ProfileView) -> float | None:
        span = self._next(states, now_ms)
        return None if span is None else max(0, span[0] - now_ms) / DAY_MS

    def next_edge_ms(self, states: States, after_ms: int) -> int:
        span = self._next(states, after_ms)
        return NEVER if span is None else span[1]

    def crosses_between_ms(
        self, states: States, now_ms: int, value: float, other: float, profile: ProfileView
    ) -> tuple[int, int] | None:
        span = self._next(states, now_ms)
        return None if span is None else around(span[0] - other * DAY_MS, now_ms)


class DaysSinceChange(Feature):
    """Days as a real number since a trait got the value that it has; null where it has none."""

    timed = True

    def __init__(self, name: str, path: Path, samples: int, lateness_ms: int) -> None:
        super().__init__(name, (TraitChange(path, samples, lateness_ms),))

    def value(self, states: States, now_ms: int, profile: ProfileView) -> float | None:
        state = states[0]
        return None if state is None or state[0] is None else (now_ms - state[2][0]) / DAY_MS

    def crosses_between_ms(
        self, states: States, now_ms: int, value: float, other: float, profile: ProfileView
    ) -> tuple[int, int] | None:
        return around(states[0][2][0] + other * DAY_MS, now_ms)
