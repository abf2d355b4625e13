"""Features that count events: count, ratio, rate."""

from __future__ import annotations

import math
from typing import Any

from livesegments.core.events import Event
from livesegments.core.features.feature import Feature, ProfileView, StoredFeature
from livesegments.core.features.selection import Selection
from livesegments.core.features.windows import Series, Window, store_for

__all__ = ["Count", "Rate", "Ratio"]


class Count(StoredFeature):
    """How many selected events."""

    absent: Any = 0

    def apply(self, state: Any, event: Event, selection: int, clock_ms: int) -> Any:
        return self.store.add(state, event.time_ms, clock_ms, (1,))

    def value(self, state: Any, now_ms: int, profile: ProfileView) -> Any:
        return 0 if state is None else sum(self.store.inside(state, now_ms)[0])


class Rate(Count):
    """Selected events per `per`: count x per / clamp(now - first event of any type, per, window length); null at 0."""

    timed = True
    reads_first_ms = True
    absent = None

    def __init__(self, name: str, selection: Selection, window: Window | None, samples: int, per_ms: int) -> None:
        super().__init__(name, selection, window, samples)
        self.per_ms = per_ms

    def value(self, state: Any, now_ms: int, profile: ProfileView) -> float | None:
        count: int = super().value(state, now_ms, profile)
        if not count:
            return None
        span_ms = now_ms - profile.first_ms
        if self.window is not None:
            span_ms = min(span_ms, self.window.length_ms)
        return count * self.per_ms / max(span_ms, self.per_ms)

    def crossing_guess(self, state: Any, now_ms: int, other: float, profile: ProfileView) -> float:
        count: int = super().value(state, now_ms, profile)
        crossing_ms = profile.first_ms + count * self.per_ms / other if other > 0 else math.inf
        return crossing_ms if crossing_ms > now_ms else math.inf


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
        first, second = (0 if side is None else sum(self.store.inside(side, now_ms)[0]) for side in state)
        return first / second if second else None

    def boundary(self, state: Any, after_ms: int) -> int:
        sides = (None,) if state is None else state
        return min(self.store.boundary(side, after_ms) for side in sides)

    def in_panes(self, state: Any) -> bool:
        return state is not None and any(self.store.in_panes(side) for side in state)

    @property
    def windowed(self) -> bool:
        return isinstance(self.store, Series)
