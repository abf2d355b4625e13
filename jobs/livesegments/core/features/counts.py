"""Features that count events: count, ratio, rate."""

from __future__ import annotations

from typing import Any

from livesegments.core.events import Event
from livesegments.core.features.feature import Feature, ProfileView, StoredFeature, around
from livesegments.core.features.selection import Selection
from livesegments.core.features.windows import Series, Window, store_for
from livesegments.core.times import NEVER

__all__ = ["Count", "Rate", "Ratio"]


class Count(StoredFeature):
    """How many selected events."""

    absent: Any = 0

    def apply(self, state: Any, event: Event, selection: int, clock_ms: int) -> Any:
        if state is not None and self.window is None:
            state[0] += 1
            return state
        return self.store.add(state, event.time_ms, clock_ms, (1,))

    def value(self, state: Any, now_ms: int, profile: ProfileView) -> Any:
        return 0 if state is None else self.store.count(state, now_ms)


class Rate(Count):
    """Selected events per `per`: count x per / clamp(now - first event of any type, per, window length); null at 0."""

    timed = True
    reads_first_ms = True
    absent = None

    def __init__(self, name: str, selection: Selection, window: Window | None, samples: int, per_ms: int) -> None:
        super().__init__(name, selection, window, samples)
        self.per_ms = per_ms

    def value(self, state: Any, now_ms: int, profile: ProfileView) -> float | None:
        count = 0 if state is None else self.store.count(state, now_ms)
        if not count:
            return None
        span_ms = now_ms - profile.first_ms
        if self.window is not None:
            span_ms = min(span_ms, self.window.length_ms)
        return count * self.per_ms / max(span_ms, self.per_ms)

    def crossing(
        self, state: Any, now_ms: int, value: float, other: float, profile: ProfileView
    ) -> tuple[int, int] | None:
        if other <= 0:
            return None
        count: int = super().value(state, now_ms, profile)
        return around(profile.first_ms + count * self.per_ms / other, now_ms)


class Ratio(Feature):
    """The count of the first selection over that of the second; state is [first, second]."""

    def __init__(self, name: str, first: Selection, second: Selection, window: Window | None, samples: int) -> None:
        super().__init__(name, (first, second))
        self.window = window
        self.store = store_for(window, samples)

    def apply(self, state: Any, event: Event, selection: int, clock_ms: int) -> Any:
        sides = [None, None] if state is None else state
        sides[selection] = self.store.add(sides[selection], event.time_ms, clock_ms, (1,))
        return None if sides == [None, None] else sides

    def value(self, state: Any, now_ms: int, profile: ProfileView) -> float | None:
        if state is None:
            return None
        numerator, denominator = state
        total = 0 if denominator is None else self.store.count(denominator, now_ms)
        if not total:
            return None
        return 0.0 if numerator is None else self.store.count(numerator, now_ms) / total

    def boundary(self, state: Any, after_ms: int) -> int:
        if state is None:
            return NEVER
        return min(self.store.boundary(state[0], after_ms), self.store.boundary(state[1], after_ms))

    def in_panes(self, state: Any) -> bool:
        return state is not None and any(self.store.in_panes(side) for side in state)

    @property
    def windowed(self) -> bool:
        return isinstance(self.store, Series)
