"""Cells: what is kept of a user's events, each kept once however many features read it."""

from livesegments.core.cells.calendar_windows import CalendarCell, CalendarWindow, window_cell
from livesegments.core.cells.cell import Cell, Counted, Extreme, Newest, Summed
from livesegments.core.cells.dates import TraitChange, TraitDate
from livesegments.core.cells.decay import Weights
from livesegments.core.cells.followed import Followed
from livesegments.core.cells.pairs import PairCell, Pairing
from livesegments.core.cells.periods import PERIODS, Periods, period_of
from livesegments.core.cells.sessions import Sessions
from livesegments.core.cells.since import Since
from livesegments.core.cells.tallies import Part, Tallied, key_of, value_of
from livesegments.core.cells.tally_windows import TallyWindow
from livesegments.core.cells.unfollowed import Unfollowed
from livesegments.core.cells.values import Kept, Listed, TraitCell, TraitValue
from livesegments.core.cells.windows import OverWindow, Window, WindowCell

__all__ = [
    "PERIODS",
    "CalendarCell",
    "CalendarWindow",
    "Cell",
    "Counted",
    "Extreme",
    "Followed",
    "Kept",
    "Listed",
    "Newest",
    "OverWindow",
    "PairCell",
    "Pairing",
    "Part",
    "Periods",
    "Sessions",
    "Since",
    "Summed",
    "Tallied",
    "TallyWindow",
    "TraitCell",
    "TraitChange",
    "TraitDate",
    "TraitValue",
    "Unfollowed",
    "Weights",
    "Window",
    "WindowCell",
    "key_of",
    "period_of",
    "value_of",
    "window_cell",
]
