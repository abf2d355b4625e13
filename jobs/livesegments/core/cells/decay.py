"""The cell of `decayed`: weights that halve every `half_life`."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from livesegments.core.cells.cell import Bind, Cell, Takes
from livesegments.core.events import Event
from livesegments.core.selection import Selection

__all__ = ["WEIGHTS", "Weights"]

WEIGHTS = 3  # the place of the newest weights in the state

_WEIGHTS_MAX = 16
_ERROR_MAX = 1e-9


class Weights(Cell):
    """A sum of weights that halve every `half_life`.

    State is [time, sum, times, weights]: the newest 16 weights as they came, so that their sum is rounded once,
    and the older ones as one sum at the time of the newest of them.
    """

    def __init__(self, selection: Selection, half_life_ms: int) -> None:
        super().__init__(selection, half_life_ms)
        self.half_life_ms = half_life_ms
        self.takes: Takes = "numbers" if selection.paths else "events"

    def lines(self, at: str, bind: Bind) -> list[str]:
        weight = "numbers[0]" if self.takes == "numbers" else "1.0"
        is_one = " and len(numbers) == 1" if self.takes == "numbers" else ""
        return [
            f"held = {at}",
            f"if held is not None and (times := held[2])[-1] <= time_ms and len(times) < {_WEIGHTS_MAX}{is_one}:",
            "    times.append(time_ms)",
            f"    held[3].append({weight})",
            f"elif held is None{is_one}:",
            f"    {at} = [0, 0.0, [time_ms], [{weight}]]",
            "else:",
            *("    " + line for line in super().lines(at, bind)),
        ]

    def put(self, state: Any, event: Event, values: Sequence[Any], clock_ms: int) -> Any:
        if state is None:
            state = [0, 0.0, [], []]
        self._insert(state, event.time_ms, math.fsum(values) if self.takes == "numbers" else 1.0)
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

    def bounds(self, state: Any, now_ms: int) -> tuple[float, float]:
        """Give two numbers between which the sum at now is, further apart than any error of doubles."""
        if state is None:
            return 0.0, 0.0
        time_ms, total, times, weights = state
        if total < 0.0 or min(weights) < 0.0:
            return -math.inf, math.inf
        added = total + sum(weights)
        oldest_ms = min(time_ms, times[0]) if total else times[0]
        least = added * 2.0 ** ((oldest_ms - now_ms) / self.half_life_ms)
        return least * (1.0 - _ERROR_MAX), added * (1.0 + _ERROR_MAX)

    def total(self, state: Any, now_ms: int) -> float:
        """Give the sum at now, which is at or after the newest weight."""
        if state is None:
            return 0.0
        time_ms, total, times, weights = state
        half_life_ms = self.half_life_ms
        terms = [weight * 2.0 ** ((at - now_ms) / half_life_ms) for at, weight in zip(times, weights, strict=True)]
        if total:
            terms.append(total * self._factor(now_ms - time_ms))
        return math.fsum(terms)
