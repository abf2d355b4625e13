"""Features that change with time alone: days_since, decayed."""

from __future__ import annotations

import math
from collections.abc import Sequence

from livesegments.core.cells import Newest, Weights
from livesegments.core.cells.cell import Bind
from livesegments.core.cells.decay import WEIGHTS
from livesegments.core.features.feature import Feature, ProfileView, States, around
from livesegments.core.selection import Selection
from livesegments.core.times import DAY_MS

__all__ = ["DaysSince", "Decayed"]

_PLAIN_MIN = 1e-100  # a number as great, or greater, needs none of the cases below
_DIGITS_MIN = 1e-270  # below it 2 ** -age has fewer digits, or is 0, before a weight of 1e12 has decayed to it
_LOST_MAX = 2.0**-1000  # more than a sum of such weights loses by that


class DaysSince(Feature):
    """Days as a real number since the last selected event."""

    timed = True
    counts_days = True

    def __init__(self, name: str, selection: Selection) -> None:
        super().__init__(name, (Newest(selection),))

    def value(self, states: States, now_ms: int, profile: ProfileView) -> float | None:
        return None if states[0] < 0 else (now_ms - states[0]) / DAY_MS

    def source(self, states: Sequence[str]) -> str | None:
        return f"(None if {states[0]} < 0 else (now_ms - {states[0]}) / {DAY_MS})"

    def nears(self, states: Sequence[str], value: str) -> str:
        return "False"

    def crosses_between_ms(
        self, states: States, now_ms: int, value: float, other: float, profile: ProfileView
    ) -> tuple[int, int] | None:
        return around(states[0] + other * DAY_MS, now_ms)

    def crossing(self, states: Sequence[str], value: str, other: float) -> str | None:
        return f"{states[0]} + {other * DAY_MS!r}"


class Decayed(Feature):
    """A sum of weights that halve every `half_life`."""

    timed = True

    def __init__(self, name: str, selection: Selection, half_life_ms: int) -> None:
        self.weights = Weights(selection, half_life_ms)
        super().__init__(name, (self.weights,))
        self.half_life_ms = half_life_ms

    def value(self, states: States, now_ms: int, profile: ProfileView) -> float:
        return self.weights.total(states[0], now_ms)

    def bounds(self, states: Sequence[str], bind: Bind) -> str | None:
        return f"{bind(self.weights.bounds, 'bounds')}({states[0]}, now_ms)"

    def nears(self, states: Sequence[str], value: str) -> str:
        # more than what adding up in another order may lose
        return f"time_ms < clock_ms or not 0.0 < {value} < {states[0]}[{WEIGHTS}][-1] * 1e9"

    def crosses_between_ms(
        self, states: States, now_ms: int, value: float, other: float, profile: ProfileView
    ) -> tuple[int, int] | None:
        if not value:
            return None
        if other == 0.0:  # doubles reach 0 after so many half-lives, depending on their digits
            whole_ms = now_ms + int(self.half_life_ms * math.log2(abs(value)))
            return whole_ms + 900 * self.half_life_ms, whole_ms + 1_300 * self.half_life_ms
        if (value > 0.0) != (other > 0.0) or abs(value) < abs(other):
            return None
        half_lives = math.log2(abs(value)) - math.log2(abs(other))  # a quotient may be beyond all doubles
        if abs(other) >= _DIGITS_MIN:
            return around(now_ms + self.half_life_ms * half_lives, now_ms)
        whole = math.log2(abs(value))
        span = around(now_ms + self.half_life_ms * max(0.0, whole - math.log2(abs(other) + _LOST_MAX)), now_ms)
        return None if span is None else (span[0], now_ms + int(self.half_life_ms * (whole + 1_300)))

    def crossing(self, states: Sequence[str], value: str, other: float) -> str | None:
        if other < _PLAIN_MIN:
            return None
        half_lives = f"(log2({value}) - {math.log2(other)!r})"
        return f"(now_ms + {self.half_life_ms} * {half_lives} if {value} >= {other!r} else None)"
