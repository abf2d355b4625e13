"""What every feature promises: which cells it reads, and its value at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from livesegments.core.cells import Cell
from livesegments.core.cells.cell import Bind
from livesegments.core.times import NEVER

__all__ = ["Feature", "ProfileView", "States", "around", "soonest"]

_FORWARD_MS_MAX = 1 << 47  # some 4,000 years

States = Sequence[Any]
"""The states of a feature's cells, in the order of `cells`."""


class ProfileView(Protocol):
    """What a feature may read of a profile beside its own cells."""

    @property
    def user_id(self) -> str: ...

    @property
    def first_ms(self) -> int: ...

    @property
    def clusters(self) -> dict[str, Any]: ...

    @property
    def predictions(self) -> dict[str, Any]: ...

    @property
    def values(self) -> list[Any]:
        """Give the values of features and segments at the moment evaluated, by slot."""


class Feature:
    """One named value of a user's events, traits or models: a reading of cells, which change with events alone.

    `value` is a pure function of the cells' states and time: it may be asked for any time at or after the clock.
    `kept` are the cells that hold what it reads: `cells` themselves, or cells around them.
    """

    timed = False  # changes with time alone and continuously: days_since, decayed, rate
    counts_days = False  # its value is the days since a moment that events alone move
    reads_first_ms = False  # depends on the time of the user's first event
    windowed = False  # may jump without an event
    only_leaves = False  # jumps where what an event brought leaves a window, the oldest first, and nowhere else
    near_ms: int | None = None  # an event moves the value so long after it, not sooner
    fixed = False  # the same at all times: it reads the user's id alone
    is_numeric = True  # its value is a number or null
    is_whole = False  # its value is always an int or null

    def __init__(self, name: str, cells: tuple[Cell, ...] = ()) -> None:
        self.name = name
        self.cells = cells
        self.kept = cells

    def value(self, states: States, now_ms: int, profile: ProfileView) -> Any:
        """Give the value at now: None, bool, int, float, str or a list of those."""
        raise TypeError(f"{type(self).__name__} has no value")

    def source(self, states: Sequence[str]) -> str | None:
        """Give a short Python expression of the value, of the states' expressions and `now_ms`; None without one."""
        return None

    def reach(self, states: States, now_ms: int) -> tuple[int, int] | None:
        """Give the least and the greatest value that time alone can bring from now on, where that is quickly told."""
        return None

    def quick(self, states: Sequence[str], bind: Bind) -> str | None:
        """Give an expression of the value that is cheaper than asking whether a kept one still holds; None without."""
        return self.source(states)

    def inline(self, states: Sequence[str], bind: Bind) -> str | None:
        """Give the expression of a value that takes work and is kept; None where `value` must be called."""
        return None

    def bounds(self, states: Sequence[str], bind: Bind) -> str | None:
        """Give the expression of two numbers between which the value at `now_ms` is, far cheaper than that; else None.

        Where all that is compared with the value is outside of them, `nears` is asked with the greater of the two.
        """
        return None

    def nears(self, states: Sequence[str], value: str) -> str:
        """Give the expression of whether an event may bring nearer the time at which time alone changes an answer.

        Asked after an event that moved the value, `value`, past none of the constants that it is compared with; it
        finds `time_ms` and `clock_ms`. What is not nearer is found when the time comes that was known before.
        An event of `since` takes away what would leave first anyway, which brings nothing nearer either.
        """
        return "True"

    def next_edge_ms(self, states: States, after_ms: int) -> int:
        """Give the first time later than `after_ms` at which the value may jump without an event, or NEVER."""
        return NEVER

    def crosses_between_ms(
        self, states: States, now_ms: int, value: float, other: float, profile: ProfileView
    ) -> tuple[int, int] | None:
        """Give two times between which a timed value, now `value`, crosses `other`; None if it never will."""
        return None

    def crossing(self, states: Sequence[str], value: str, other: float) -> str | None:
        """Give the expression of what `crosses_between_ms` is around where `value` is a number; None for its None.

        None instead of an expression where only `crosses_between_ms` can tell.
        """
        return None

    def in_panes(self, states: States) -> bool:
        """Tell whether the window holds more than `limits.samples` events and counts in panes."""
        return False


def around(time_ms: float, now_ms: int) -> tuple[int, int] | None:
    """Give a span around a computed time that is wider than any error of doubles; None for one beyond any calendar."""
    away_ms = time_ms - now_ms
    if not -2 < away_ms < _FORWARD_MS_MAX:
        return None
    error_ms = 2 + int(away_ms * 1e-9)
    return int(time_ms) - error_ms, int(time_ms) + error_ms


def soonest(time_ms: float | None, now_ms: int) -> int:
    """Give a time later than now, not later than a computed one; NEVER where that is None, over or out of sight."""
    span = None if time_ms is None else around(time_ms, now_ms)
    return NEVER if span is None or span[1] <= now_ms else max(now_ms + 1, span[0])
