"""Features that count events: count, ratio, rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from livesegments.core.cells import Cell, Counted, Window, WindowCell
from livesegments.core.features.feature import Feature, ProfileView, States, around
from livesegments.core.selection import Selection
from livesegments.core.times import NEVER

__all__ = ["Count", "Rate", "Ratio"]


def counting_cell(selection: Selection, window: Window | None, samples: int) -> Cell:
    """Give the cell that counts over the lifetime or in a window."""
    return Counted(selection) if window is None else WindowCell(selection, "count", window.far_ms, samples)


class Counting(Feature):
    """What count, ratio and rate share: a cell each that counts one selection."""

    def __init__(self, name: str, selections: tuple[Selection, ...], window: Window | None, samples: int) -> None:
        super().__init__(name, tuple(counting_cell(selection, window, samples) for selection in selections))
        self.window = window
        self.windowed = window is not None

    def count(self, states: States, index: int, now_ms: int) -> int:
        """Give how many events of one selection are inside at now."""
        cell, state = self.cells[index], states[index]
        if self.window is None:
            return int(state)
        assert isinstance(cell, WindowCell)
        return cell.count(state, self.window, now_ms)

    def next_edge_ms(self, states: States, after_ms: int) -> int:
        if self.window is None:
            return NEVER
        return min(
            cell.next_edge_ms(state, self.window, after_ms)
            for cell, state in zip(self.cells, states, strict=True)
            if isinstance(cell, WindowCell)
        )

    def in_panes(self, states: States) -> bool:
        return self.window is not None and any(
            cell.in_panes(state, self.window)
            for cell, state in zip(self.cells, states, strict=True)
            if isinstance(cell, WindowCell)
        )


class Count(Counting):
    """How many selected events."""

    def __init__(self, name: str, selection: Selection, window: Window | None, samples: int) -> None:
        super().__init__(name, (selection,), window, samples)

    def value(self, states: States, now_ms: int, profile: ProfileView) -> Any:
        return self.count(states, 0, now_ms)

    def source(self, states: Sequence[str]) -> str | None:
        return states[0] if self.window is None else None


class Rate(Count):
    """Selected events per `per`: count x per / clamp(now - first event of any type, per, window length); null at 0."""

    timed = True
    reads_first_ms = True

    def __init__(self, name: str, selection: Selection, window: Window | None, samples: int, per_ms: int) -> None:
        super().__init__(name, selection, window, samples)
        self.per_ms = per_ms

    def value(self, states: States, now_ms: int, profile: ProfileView) -> float | None:
        count = self.count(states, 0, now_ms)
        if not count:
            return None
        span_ms = now_ms - profile.first_ms
        if self.window is not None:
            span_ms = min(span_ms, self.window.length_ms)
        return count * self.per_ms / max(span_ms, self.per_ms)

    def source(self, states: Sequence[str]) -> str | None:
        return None

    def crosses_between_ms(
        self, states: States, now_ms: int, value: float, other: float, profile: ProfileView
    ) -> tuple[int, int] | None:
        if other <= 0:
            return None
        return around(profile.first_ms + self.count(states, 0, now_ms) * self.per_ms / other, now_ms)


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
