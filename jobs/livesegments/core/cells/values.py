"""Cells that keep values as they came: the first, the last, the newest n, a trait."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec

from livesegments.core.cells.cell import Cell, Takes
from livesegments.core.events import Event
from livesegments.core.selection import Path, Selection, Selector, scalars_of

__all__ = ["NOTHING", "Kept", "Listed", "TraitCell", "TraitValue"]

OBJECT_BYTES_MAX = 1_024
NOTHING: Final = object()  # of an event that says nothing of a trait


class Kept(Cell):
    """The first value of the oldest event that has one, or the last value of the newest; state is [time, value]."""

    takes: Takes = "scalars"
    replaces = True

    def __init__(self, selection: Selection, which: Literal["first", "last"]) -> None:
        super().__init__(selection, which)
        self.which = which

    def put(self, state: Any, event: Event, values: Sequence[Any], clock_ms: int) -> Any:
        if self.which == "first":
            return [event.time_ms, values[0]] if state is None or event.time_ms < state[0] else state
        return [event.time_ms, values[-1]] if state is None or event.time_ms >= state[0] else state


class Listed(Cell):
    """The newest values, newest event first, its items in list order; state is [times, values].

    It keeps as many as the feature that reads most of them; the others read its beginning.
    """

    takes: Takes = "scalars"

    def __init__(self, selection: Selection, n: int) -> None:
        super().__init__(selection)
        self.n = n

    def joined(self, others: Sequence[Cell]) -> Cell:
        return Listed(self.selection, max(cell.n for cell in others if isinstance(cell, Listed)))

    def put(self, state: Any, event: Event, values: Sequence[Any], clock_ms: int) -> Any:
        times: list[int]
        kept: list[Any]
        times, kept = ([], []) if state is None else state
        index = next((i for i, time_ms in enumerate(times) if time_ms <= event.time_ms), len(times))
        if index >= self.n:
            return state
        times[index:index] = [event.time_ms] * len(values)
        kept[index:index] = values
        del times[self.n :], kept[self.n :]
        return [times, kept]


class TraitCell(Cell):
    """What all cells of one trait share: they read `identify` events.

    Lists and objects are taken as they are up to 1 KiB; larger ones are skipped.
    """

    def __init__(self, path: Path, *content: Any) -> None:
        super().__init__(Selection(Selector(["identify"]), content=["identify"]), list(path), *content)
        self.path = path

    def taken(self, event: Event) -> Any:
        """Give the value that an event sets, None where it unsets the trait, NOTHING where it leaves it alone."""
        found: Any = event.traits
        for part in self.path:
            if type(found) is not dict or part not in found:
                return NOTHING
            found = found[part]
        if found is None:
            return None
        if type(found) is list or type(found) is dict:
            return found if _fits(found) else NOTHING
        kept = scalars_of([found])
        return kept[0] if kept else NOTHING


class TraitValue(TraitCell):
    """The newest value of a trait by event time; a null unsets it. State is [time, value]."""

    replaces = True

    def put(self, state: Any, event: Event, values: Sequence[Any], clock_ms: int) -> Any:
        if state is not None and event.time_ms < state[0]:
            return state
        value = self.taken(event)
        return state if value is NOTHING else [event.time_ms, value]


def _fits(value: Any) -> bool:
    try:
        return len(msgspec.msgpack.encode(value)) <= OBJECT_BYTES_MAX
    except OverflowError:  # an integer of more than 64 bits
        return False
