"""Features that count events: count, ratio, rate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from livesegments.core.cells import CalendarWindow, Cell, Counted, Window, WindowCell, window_cell
from livesegments.core.cells.cell import Bind
from livesegments.core.features.feature import ProfileView, States, around
from livesegments.core.features.windowed import Windowed
from livesegments.core.selection import Selection
from livesegments.core.times import NEVER

__all__ = ["Count", "Rate", "Ratio"]


def counting_cell(selection: Selection, window: Window | None, samples: int) -> Cell:
    """Give the cell that counts over the lifetime or in a window."""
    return Counted(selection) if window is None else window_cell(selection, "count", window, samples)


class Counting(Windowed):
    """What count, ratio and rate share: a cell each that counts one selection."""

    def __init__(self, name: str, selections: tuple[Selection, ...], window: Window | None, samples: int) -> None:
        cells = tuple(counting_cell(selection, window, samples) for selection in selections)
        super().__init__(name, cells, window)

    def count(self, states: States, index: int, now_ms: int) -> int:
        """Give how many events of one selection are inside at now."""
        if self.window is None:
            return int(states[index])
        return self.window_cells[index].count(states[index], self.window, now_ms)


class Count(Counting):
    """How many selected events."""

    is_whole = True

    def __init__(self, name: str, selection: Selection, window: Window | None, samples: int) -> None:
        super().__init__(name, (selection,), window, samples)

    def value(self, states: States, now_ms: int, profile: ProfileView) -> Any:
        return self.count(states, 0, now_ms)

    def source(self, states: Sequence[str]) -> str | None:
        return states[0] if self.window is None else None

    def quick(self, states: Sequence[str], bind: Bind) -> str | None:
        cell = self.cells[0]
        if self.window is None or not isinstance(cell, WindowCell):
            return self.source(states)
        return cell.counted(states[0], self.window, bind)

    def nears(self, states: Sequence[str], value: str) -> str:
        return "False" if self.only_leaves else "True"

    def falls_ms(self, states: States, now_ms: int, most_after: Callable[[int], int]) -> int:
        """Give the first time from now on at which it is at most `most_after` of now; NEVER where that is below 0."""
        assert self.window is not None
        return self.window_cells[0].falls_ms(states[0], self.window, now_ms, most_after)


class Rate(Count):
    """Selected events per `per`: count x per / clamp(now - first event of any type, per, window length); null at 0.

    The length of a calendar window is the time since its beginning, which moves on where a period begins.
    """

    timed = True
    reads_first_ms = True
    is_whole = False

    def __init__(self, name: str, selection: Selection, window: Window | None, samples: int, per_ms: int) -> None:
        super().__init__(name, selection, window, samples)
        self.per_ms = per_ms

    def value(self, states: States, now_ms: int, profile: ProfileView) -> float | None:
        count = self.count(states, 0, now_ms)
        if not count:
            return None
        span_ms = now_ms - profile.first_ms
        if self.window is not None:
            span_ms = min(span_ms, self.window.span_ms(now_ms))
        return count * self.per_ms / max(span_ms, self.per_ms)

    def source(self, states: Sequence[str]) -> str | None:
        return None

    def quick(self, states: Sequence[str], bind: Bind) -> str | None:
        return None

    def nears(self, states: Sequence[str], value: str) -> str:
        return "True"

    def crosses_between_ms(
        self, states: States, now_ms: int, value: float, other: float, profile: ProfileView
    ) -> tuple[int, int] | None:
        if other <= 0:
            return None
        count = self.count(states, 0, now_ms)
        return around(self._begin_ms(now_ms, profile) + count * self.per_ms / other, now_ms)

    def next_edge_ms(self, states: States, after_ms: int) -> int:
        edge_ms = super().next_edge_ms(states, after_ms)
        if edge_ms == NEVER or not isinstance(self.window, CalendarWindow):
            return edge_ms
        return min(edge_ms, self.window.turns_ms(after_ms))

    def falls_from_ms(self, now_ms: int, profile: ProfileView) -> int:
        """Give the time from which on the value falls if nothing enters or leaves before."""
        return self._begin_ms(now_ms, profile) + self.per_ms

    def _begin_ms(self, now_ms: int, profile: ProfileView) -> int:
        if not isinstance(self.window, CalendarWindow):
            return profile.first_ms
        return max(profile.first_ms, now_ms - self.window.span_ms(now_ms))


class Ratio(Counting):
    """The count of the first selection over that of the second; null when the second is 0."""

    def __init__(self, name: str, first: Selection, second: Selection, window: Window | None, samples: int) -> None:
        super().__init__(name, (first, second), window, samples)

    def value(self, states: States, now_ms: int, profile: ProfileView) -> float | None:
        total = self.count(states, 1, now_ms)
        return self.count(states, 0, now_ms) / total if total else None

    def source(self, states: Sequence[str]) -> str | None:
        first, second = states
        return f"({first} / {second} if {second} else None)" if self.window is None else None
