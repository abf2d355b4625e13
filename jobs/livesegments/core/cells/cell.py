"""What every cell promises, and the cells that are one number: a count, a sum, an extreme, the newest time."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Literal, cast

from livesegments.core.events import Event
from livesegments.core.selection import Selection

__all__ = ["MILLION", "NO_TIME", "Bind", "Cell", "Counted", "Extreme", "Newest", "Past", "Summed", "millionths"]

MILLION = 1_000_000
_QUICK_MAX = 1e9
NO_TIME = -1  # of a Newest cell before its first event
Takes = Literal["events", "numbers", "scalars", "keys"]
Bind = Callable[[Any, str], str]  # gives the name under which generated code finds an object


class Past:
    """An event that was put before, as far as cells look at it."""

    __slots__ = ("time_ms", "type")

    def __init__(self, time_ms: int, event_type: str = "") -> None:
        self.time_ms = time_ms
        self.type = event_type


class Cell:
    """One thing kept of the events of a selection.

    The state is `empty` before the first event, then plain data that msgpack stores as it is, unless `freeze` and
    `thaw` say otherwise. Features are readings of it. Cells with the same `key` are one cell.
    """

    takes: Takes = "events"  # what of an event `put` is handed; an event that has none of it is passed over
    is_number = False  # a plain number: it lies beside the profile's other numbers and needs no decoding
    freezes = False  # another thing is stored than the state in memory
    thaws = False  # what is stored, or was by an earlier version, is another thing than the state
    replaces = False  # `put` gives the same state where the event says nothing new, else another one
    empty: Any = None

    def __init__(self, selection: Selection, *content: Any) -> None:
        self.selection = selection
        named = [type(self).__name__, selection.content, *content]
        self.key = json.dumps(named, sort_keys=True, separators=(",", ":"), default=str)

    @property
    def selections(self) -> tuple[Selection, ...]:
        """Give what the cell reads of events, each selection with its own `where`."""
        return (self.selection,)

    def put(self, state: Any, event: Event, values: Sequence[Any], clock_ms: int) -> Any:
        """Give the state after an event, which may be the old one changed; `values` are what `takes` says, in order."""
        raise TypeError(f"{type(self).__name__} has no `put`")

    def lines(self, at: str, bind: Bind) -> list[str]:
        """Give Python lines that put an event into the state `at`.

        They find `event`, `is_page`, `time_ms`, `clock_ms`, `values` of the profile, and what the cell takes under its
        own name.
        """
        values = "()" if self.takes == "events" else self.takes
        return [f"{at} = {bind(self.put, 'put')}({at}, event, {values}, clock_ms)"]

    def lines_of_one(self, at: str, bind: Bind) -> list[str]:
        """Give the same for an event with one key, which is `key`; asked only of cells that take keys."""
        return ["keys = [key]", *self.lines(at, bind)]

    def remembers(self, bind: Bind) -> str | None:
        """Give the expression of what `put_again` needs of an event beside its time, plain data; None for nothing."""
        return None if self.takes == "events" else self.takes

    def put_again(self, state: Any, time_ms: int, remembered: Any, clock_ms: int) -> Any:
        """Do what `put` did with an event of which only this is known; `remembered` is () for nothing."""
        return self.put(state, cast(Event, Past(time_ms)), remembered, clock_ms)

    def resets(self, event_type: str, name: str | None) -> bool:
        """Tell whether events of this type and (for track) name are not put, but end what was kept before them."""
        return False

    def reset(self, state: Any, time_ms: int, clock_ms: int) -> Any:
        """Give the state after an event that `resets` names."""
        raise TypeError(f"{type(self).__name__} has no `reset`")

    def read(self, state: Any) -> Any:
        """Give what features read of a state."""
        return state

    def source(self, at: str) -> str:
        """Give the expression of what features read of the state `at`."""
        return at

    def joined(self, others: Sequence[Cell]) -> Cell:
        """Give the cell that serves all cells of this key."""
        return self

    def freeze(self, state: Any) -> Any:
        """Give what is stored of a state that is not `empty`."""
        return state

    def thaw(self, stored: Any) -> Any:
        """Give back the state of what was stored."""
        return stored


class Counted(Cell):
    """How many events."""

    is_number = True
    empty = 0

    def put(self, state: Any, event: Event, values: Sequence[Any], clock_ms: int) -> Any:
        return state + 1

    def lines(self, at: str, bind: Bind) -> list[str]:
        return [f"{at} += 1"]


class Newest(Cell):
    """The time of the newest event (ms), NO_TIME without one."""

    is_number = True
    empty = NO_TIME

    def put(self, state: Any, event: Event, values: Sequence[Any], clock_ms: int) -> Any:
        return max(state, event.time_ms)

    def lines(self, at: str, bind: Bind) -> list[str]:
        return [f"if time_ms > {at}:", f"    {at} = time_ms"]


def millionths(number: float) -> int:
    """Round to 6 decimals and give the number of millionths, so that adding is exact in any order."""
    if -_QUICK_MAX < number < _QUICK_MAX and (quick := round(number * MILLION)) / MILLION == number:
        return quick  # it has no more than 6 decimals, as nearly all amounts
    return round(round(number, 6) * MILLION)


class Summed(Cell):
    """What the events' numbers add up to: `millionths`, or `numbers` for how many there were."""

    takes: Takes = "numbers"
    is_number = True
    empty = 0

    def __init__(self, selection: Selection, what: Literal["millionths", "numbers"]) -> None:
        super().__init__(selection, what)
        self.what = what

    def put(self, state: Any, event: Event, values: Sequence[Any], clock_ms: int) -> Any:
        return state + (len(values) if self.what == "numbers" else sum(map(millionths, values)))

    def lines(self, at: str, bind: Bind) -> list[str]:
        return [f"{at} += {'len(numbers)' if self.what == 'numbers' else 'added'}"]


class Extreme(Cell):
    """The least or the greatest number."""

    takes: Takes = "numbers"
    is_number = True

    def __init__(self, selection: Selection, which: Literal["min", "max"]) -> None:
        super().__init__(selection, which)
        self.choose: Any = min if which == "min" else max

    def put(self, state: Any, event: Event, values: Sequence[Any], clock_ms: int) -> Any:
        found = self.choose(values)
        return found if state is None else self.choose(state, found)
