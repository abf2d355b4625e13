"""Features that keep values as they came: trait, first, last, recent."""

from __future__ import annotations

from typing import Any

import msgspec

from livesegments.core.events import Event
from livesegments.core.features.feature import SKIPPED, Feature, ProfileView
from livesegments.core.features.selection import Path, Selection, Selector, scalars_of

__all__ = ["First", "Last", "Recent", "Trait"]

OBJECT_BYTES_MAX = 1_024


class First(Feature):
    """The first value of the oldest event that has one; state is [time, value]."""

    item = 0

    def __init__(self, name: str, selection: Selection) -> None:
        super().__init__(name, (selection,))
        self.selection = selection

    def apply(self, state: Any, event: Event, selection: int, clock_ms: int) -> Any:
        if state is not None and not self._replaces(event.time_ms, state[0]):
            return SKIPPED
        values = self.selection.scalars(event)
        return [event.time_ms, values[self.item]] if values else SKIPPED

    def _replaces(self, time_ms: int, kept_ms: int) -> bool:
        return time_ms < kept_ms

    def value(self, state: Any, now_ms: int, profile: ProfileView) -> Any:
        return None if state is None else state[1]


class Last(First):
    """The last value of the newest event that has one."""

    item = -1

    def _replaces(self, time_ms: int, kept_ms: int) -> bool:
        return time_ms >= kept_ms


class Trait(Feature):
    """The newest value of a trait by event time; a null unsets it. State is [time, value].

    Lists and objects are kept as they are up to 1 KiB; larger ones are skipped. Conditions read no objects.
    """

    def __init__(self, name: str, path: Path) -> None:
        super().__init__(name, (Selection(Selector(["identify"])),))
        self.path = path

    def apply(self, state: Any, event: Event, selection: int, clock_ms: int) -> Any:
        if state is not None and event.time_ms < state[0]:
            return SKIPPED
        found: Any = event.traits
        for part in self.path:
            if type(found) is not dict or part not in found:
                return SKIPPED
            found = found[part]
        if found is None:
            return [event.time_ms, None]
        if type(found) is list or type(found) is dict:
            return [event.time_ms, found] if _fits(found) else SKIPPED
        kept = scalars_of([found])
        return [event.time_ms, kept[0]] if kept else SKIPPED

    def value(self, state: Any, now_ms: int, profile: ProfileView) -> Any:
        return None if state is None else state[1]


def _fits(value: Any) -> bool:
    try:
        return len(msgspec.msgpack.encode(value)) <= OBJECT_BYTES_MAX
    except OverflowError:  # an integer of more than 64 bits
        return False


class Recent(Feature):
    """The last n values, newest event first, its items in list order; state is [times, values]."""

    def __init__(self, name: str, selection: Selection, n: int) -> None:
        super().__init__(name, (selection,))
        self.selection = selection
        self.n = n

    def apply(self, state: Any, event: Event, selection: int, clock_ms: int) -> Any:
        values = self.selection.scalars(event)
        if not values:
            return SKIPPED
        times: list[int]
        kept: list[Any]
        times, kept = ([], []) if state is None else state
        index = next((i for i, time_ms in enumerate(times) if time_ms <= event.time_ms), len(times))
        if index >= self.n:
            return SKIPPED
        times[index:index] = [event.time_ms] * len(values)
        kept[index:index] = values
        del times[self.n :], kept[self.n :]
        return [times, kept]

    def value(self, state: Any, now_ms: int, profile: ProfileView) -> list[Any] | None:
        return None if state is None else list(state[1])
