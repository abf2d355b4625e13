"""Features over numbers: sum, mean, min, max."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from livesegments.core.cells import Cell, Extreme, Summed, Window, window_cell
from livesegments.core.cells.cell import MILLION, millionths
from livesegments.core.cells.windows import Column
from livesegments.core.features.feature import ProfileView, States
from livesegments.core.features.windowed import Windowed
from livesegments.core.selection import Selection

__all__ = ["Max", "Mean", "Min", "Sum"]

_SUMS = (
    Column("added", lambda numbers, _: sum(map(millionths, numbers))),
    Column("len(numbers)", lambda numbers, _: len(numbers)),
)


class Sum(Windowed):
    """The exact sum of a number over the selected events."""

    def __init__(self, name: str, selection: Selection, window: Window | None, samples: int) -> None:
        super().__init__(name, self._cells(selection, window, samples), window)

    def _cells(self, selection: Selection, window: Window | None, samples: int) -> tuple[Cell, ...]:
        if window is not None:
            return (window_cell(selection, "sum", window, samples, _SUMS, "numbers"),)
        return (Summed(selection, "millionths"),)

    def value(self, states: States, now_ms: int, profile: ProfileView) -> float | None:
        if self.window is None:
            return float(states[0] / MILLION)
        columns = self.columns(states, now_ms)
        return sum(columns[0]) / MILLION if columns else 0.0

    def source(self, states: Sequence[str]) -> str | None:
        return f"{states[0]} / {MILLION}" if self.window is None else None


class Mean(Sum):
    """The mean of a number over the selected events' values."""

    def _cells(self, selection: Selection, window: Window | None, samples: int) -> tuple[Cell, ...]:
        cells = super()._cells(selection, window, samples)
        return cells if window is not None else (*cells, Summed(selection, "numbers"))

    def value(self, states: States, now_ms: int, profile: ProfileView) -> float | None:
        if self.window is None:
            return states[0] / (MILLION * states[1]) if states[1] else None
        columns = self.columns(states, now_ms)
        return sum(columns[0]) / (MILLION * sum(columns[1])) if columns else None

    def source(self, states: Sequence[str]) -> str | None:
        if self.window is not None:
            return None
        return f"({states[0]} / ({MILLION} * {states[1]}) if {states[1]} else None)"


class Min(Windowed):
    """The least number over the selected events' values."""

    which: Any = "min"
    choose: Any = staticmethod(min)  # of several numbers, or of a list of them

    def __init__(self, name: str, selection: Selection, window: Window | None, samples: int) -> None:
        cell: Cell = Extreme(selection, self.which)
        if window is not None:
            column = Column(f"{self.which}(numbers)", self._one, self.choose)
            cell = window_cell(selection, self.which, window, samples, (column,), "numbers")
        super().__init__(name, (cell,), window)

    def _one(self, numbers: Sequence[Any], time_ms: int) -> Any:
        return self.choose(numbers)

    def nears(self, states: Sequence[str], value: str) -> str:
        # what is newer keeps the extreme where it is for longer
        return "False" if self.only_leaves else "True"

    def value(self, states: States, now_ms: int, profile: ProfileView) -> float | None:
        if self.window is None:
            return None if states[0] is None else float(states[0])
        columns = self.columns(states, now_ms)
        return float(self.choose(columns[0])) if columns else None


class Max(Min):
    """The greatest number over the selected events' values."""

    which = "max"
    choose = staticmethod(max)
