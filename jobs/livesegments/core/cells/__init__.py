"""Cells: what is kept of a user's events, each kept once however many features read it."""

from livesegments.core.cells.calendar_windows import CalendarCell, CalendarWindow, window_cell
from livesegments.core.cells.cell import Cell, Counted, Extreme, Newest, Summed
from livesegments.core.cells.decay import Weights
from livesegments.core.cells.periods import PERIODS, Periods, period_of
from livesegments.core.cells.sessions import Sessions
from livesegments.core.cells.since import Since
from livesegments.core.cells.tallies import Part, Tallied, key_of, value_of
from livesegments.core.cells.tally_windows import TallyWindow
from livesegments.core.cells.values import Kept, Listed, TraitValue
from livesegments.core.cells.windows import OverWindow, Window, WindowCell

__all__ = [
    "PERIODS",
    "CalendarCell",
    "CalendarWindow",
    "Cell",
    "Counted",
    "Extreme",
    "Kept",
    "Listed",
    "Newest",
    "OverWindow",
    "Part",
    "Periods",
    "Sessions",
    "Since",
    "Summed",
    "Tallied",
    "TallyWindow",
    "TraitValue",
    "Weights",
    "Window",
    "WindowCell",
    "key_of",
    "period_of",
    "value_of",
    "window_cell",
]
