"""Features that change with time alone: days_since, decayed."""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import Any

from livesegments.core.events import Event
from livesegments.core.features.feature import SKIPPED, Feature, ProfileView, around
from livesegments.core.features.selection import Selection
from livesegments.core.times import DAY_MS

__all__ = ["DaysSince", "Decayed"]

_WEIGHTS_MAX = 16


class DaysSince(Feature):
    """Days as a real number since the last selected event; state is its time."""

    timed = True

    def apply(self, state: Any, event: Event, selection: int, clock_ms: int) -> Any:
        return event.time_ms if state is None or event.time_ms > state else SKIPPED

    def value(self, state: Any, now_ms: int, profile: ProfileView) -> float | None:
        return None if state is None else (now_ms - state) / DAY_MS

    def crossing(
        self, state: Any, now_ms: int, value: float, other: float, profile: ProfileView
    ) -> tuple[int, int] | None:
        return around(state + other * DAY_MS, now_ms)


class Decayed(Feature):
    """A sum of weights that halve every `half_life`.

    State is [time, sum, times, weights]: the newest 16 weights as they came, so that their sum is rounded once,
    and the older ones as one sum at the time of the newest of them.
    """

    timed = True
    absent = 0.0

    def __init__(self, name: str, selection: Selection, half_life_ms: int) -> None:
        super().__init__(name, (selection,))
        self.selection = selection
        self.half_life_ms = half_life_ms

    def apply(self, state: Any, event: Event, selection: int, clock_ms: int) -> Any:
        weights = self.selection.numbers(event) if self.selection.paths else [1.0]
        if not weights:
            return SKIPPED
        if state is None:
            state = [0, 0.0, [], []]
        self._insert(state, event.time_ms, math.fsum(weights))
        return state

    def _insert(self, state: list[Any], time_ms: int, weight: float) -> None:
        _, _, times, weights = state
        index = bisect_right(times, time_ms)
        times.insert(index, time_ms)
        weights.insert(index, weight)
        if len(times) > _WEIGHTS_MAX:
            oldest_ms, oldest = times.pop(0), weights.pop(0)
            newer_ms = max(oldest_ms, state[0])
            total = oldest * self._factor(newer_ms - oldest_ms) + state[1] * self._factor(newer_ms - state[0])
            state[0], state[1] = newer_ms, total

    def _factor(self, age_ms: int) -> float:
        return float(2.0 ** (-age_ms / self.half_life_ms))

    def value(self, state: Any, now_ms: int, profile: ProfileView) -> float:
        if state is None:
            return 0.0
        time_ms, total, times, weights = state
        half_life_ms = self.half_life_ms
        terms = [weight * 2.0 ** ((at - now_ms) / half_life_ms) for at, weight in zip(times, weights, strict=True)]
        if total:
            terms.append(total * self._factor(now_ms - time_ms))
        return math.fsum(terms)

    def crossing(
        self, state: Any, now_ms: int, value: float, other: float, profile: ProfileView
    ) -> tuple[int, int] | None:
        if other == 0.0 and value:  # doubles reach 0 after so many half-lives, depending on their digits
            whole_ms = now_ms + int(self.half_life_ms * math.log2(abs(value)))
            return whole_ms + 900 * self.half_life_ms, whole_ms + 1_300 * self.half_life_ms
        if value * other <= 0 or abs(value) < abs(other):
            return None
        return around(now_ms + self.half_life_ms * math.log2(value / other), now_ms)
