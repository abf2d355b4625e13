"""What every feature over the lifetime or a window of it promises."""

from __future__ import annotations

from typing import Any

from livesegments.core.cells import Cell, OverWindow, Window
from livesegments.core.features.feature import Feature, States
from livesegments.core.times import NEVER

__all__ = ["Windowed"]


class Windowed(Feature):
    """A feature over the lifetime, or over a window that its cells serve."""

    def __init__(self, name: str, cells: tuple[Cell, ...], window: Window | None) -> None:
        super().__init__(name, cells)
        self.window = window
        self.windowed = window is not None
        self.near_ms = None if window is None else window.near_ms
        self.only_leaves = window is not None and window.near_ms is None
        self.window_cells = tuple(cell for cell in cells if isinstance(cell, OverWindow))

    def columns(self, states: States, now_ms: int) -> list[list[Any]] | None:
        """Give the columns of the window that are inside at now; None where nothing is."""
        assert self.window is not None
        return self.window_cells[0].inside(states[0], self.window, now_ms)

    def next_edge_ms(self, states: States, after_ms: int) -> int:
        window = self.window
        if window is None:
            return NEVER
        if len(self.window_cells) == 1:  # nearly all
            return self.window_cells[0].next_edge_ms(states[0], window, after_ms)
        found = zip(self.window_cells, states, strict=True)
        return min(cell.next_edge_ms(state, window, after_ms) for cell, state in found)

    def in_panes(self, states: States) -> bool:
        window = self.window
        return window is not None and any(
            cell.in_panes(state, window) for cell, state in zip(self.window_cells, states, strict=True)
        )
