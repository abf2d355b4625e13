"""Features that keep values as they came: trait, first, last, recent."""

from __future__ import annotations

from typing import Any

from livesegments.core.events import Event
from livesegments.core.features.feature import SKIPPED, Feature, ProfileView
from livesegments.core.features.selection import Path, Selection, Selector, scalars_of

__all__ = ["First", "Last", "Recent", "Trait"]


class First(Feature):
    """The value of the oldest event that has one; state is [time, value]."""

    def __init__(self, name: str, selection: Selection) -> None:
        super().__init__(name, (selection,))
        self.selection = selection

    def apply(self, state: Any, event: Event, selection: int, clock_ms: int) -> Any:
        if state is not None and not self._replaces(event.time_ms, state[0]):
            return SKIPPED
        values = self.selection.scalars(event)
        return [event.time_ms, values[0]] if values else SKIPPED

    def _replaces(self, time_ms: int, kept_ms: int) -> bool:
        return time_ms < kept_ms

    def value(self, state: Any, now_ms: int, profile: ProfileView) -> Any:
        return None if state is None else state[1]


class Last(First):
    """The value of the newest event that has one."""

    def _replaces(self, time_ms: int, kept_ms: int) -> bool:
        return time_ms >= kept_ms


class Trait(Feature):
    """The newest value of a trait by event time; a null unsets it. State is [time, value]."""

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
        kept = scalars_of(found if type(found) is list else [found])
        if not kept:
            return SKIPPED
        return [event.time_ms, kept if type(found) is list else kept[0]]

    def value(self, state: Any, now_ms: int, profile: ProfileView) -> Any:
        return None if state is None else state[1]


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
        times, kept = state or ([], [])
        index = next((i for i, time_ms in enumerate(times) if time_ms <= event.time_ms), len(times))
        if index >= self.n:
            return SKIPPED
        times[index:index] = [event.time_ms] * len(values)
        kept[index:index] = values
        del times[self.n :], kept[self.n :]
        return [times, kept]

    def value(self, state: Any, now_ms: int, profile: ProfileView) -> list[Any] | None:
        return None if state is None else list(state[1])
