"""Features over the values of events: distinct, top, share."""

from __future__ import annotations

import json
from typing import Any

from livesegments.core.events import Event
from livesegments.core.features.feature import SKIPPED, ProfileView, StoredFeature
from livesegments.core.features.selection import Selection
from livesegments.core.features.windows import Window

__all__ = ["Distinct", "Share", "Top"]

_MARK = "\0"  # begins the key of a value that is no text


def key_of(value: Any) -> str:
    """Give a text that stands for a text, number or boolean, so that 1, true and "1" are three values."""
    if type(value) is str:
        return _MARK + "s" + value if value.startswith(_MARK) else value
    if type(value) is float and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    return _MARK + json.dumps(value)


def value_of(key: str) -> Any:
    """Give back the value that key_of was given."""
    if not key.startswith(_MARK):
        return key
    return key[2:] if key.startswith(_MARK + "s") else json.loads(key[1:])


class Tally(StoredFeature):
    """Keeps counts by value and their total; at most `distinct` values, new ones count in the total only."""

    def __init__(self, name: str, selection: Selection, window: Window | None, samples: int, distinct: int) -> None:
        super().__init__(name, selection, window, samples)
        self.distinct = distinct

    def apply(self, state: Any, event: Event, selection: int, clock_ms: int) -> Any:
        values = self.selection.scalars(event)
        if not values:
            return SKIPPED
        if state is not None and not self.is_windowed:
            return self._count_on(state, values)
        counts: dict[str, int] = {}
        for value in values:
            key = key_of(value)
            counts[key] = counts.get(key, 0) + 1
        return self.store.add(state, event.time_ms, clock_ms, (self._known(state, counts, clock_ms), len(values)))

    def _count_on(self, state: list[Any], values: list[Any]) -> list[Any]:
        """Count over the lifetime in place, which is most of what tallies do."""
        tally: dict[str, int] = state[0]
        for value in values:
            key = key_of(value)
            if key in tally:
                tally[key] += 1
            elif len(tally) < self.distinct and self.is_counted(key):
                tally[key] = 1
        state[1] += len(values)
        return state

    def is_counted(self, key: str) -> bool:
        """Tell whether a value counts by itself, not only in the total."""
        return True

    def _known(self, state: Any, counts: dict[str, int], clock_ms: int) -> dict[str, int]:
        tallies = [] if state is None else self.store.held(state, clock_ms)[0]
        if sum(map(len, tallies)) + len(counts) <= self.distinct:
            return counts
        known = set().union(*tallies)
        free = self.distinct - len(known)
        kept: dict[str, int] = {}
        for key, count in counts.items():
            if key not in known:
                if free <= 0:
                    continue
                free -= 1
            kept[key] = count
        return kept

    def counts(self, state: Any, now_ms: int) -> tuple[dict[str, int], int]:
        """Give the counts by key that are inside at now, and the total over all items."""
        columns = self.inside(state, now_ms)
        if columns is None:
            return {}, 0
        tallies, totals = columns
        if len(tallies) == 1:
            return tallies[0], totals[0]
        counts: dict[str, int] = {}
        for tally in tallies:
            for key, count in tally.items():
                counts[key] = counts.get(key, 0) + count
        return counts, sum(totals)


class Distinct(Tally):
    """How many different values."""

    absent = 0

    def value(self, state: Any, now_ms: int, profile: ProfileView) -> int:
        return len(self.counts(state, now_ms)[0])


class Top(Tally):
    """The n most frequent values, ties by code point."""

    def __init__(
        self, name: str, selection: Selection, window: Window | None, samples: int, distinct: int, n: int
    ) -> None:
        super().__init__(name, selection, window, samples, distinct)
        self.n = n

    def value(self, state: Any, now_ms: int, profile: ProfileView) -> list[Any] | None:
        counts, _ = self.counts(state, now_ms)
        if not counts:
            return None
        ranked = sorted((-count, key.removeprefix(_MARK), key) for key, count in counts.items())
        return [value_of(key) for _, _, key in ranked[: self.n]]


class Share(Tally):
    """The share of the most frequent value, or of the one named by `equals`, over all items."""

    def __init__(
        self, name: str, selection: Selection, window: Window | None, samples: int, distinct: int, equals: Any
    ) -> None:
        super().__init__(name, selection, window, samples, distinct)
        self.key = None if equals is None else key_of(equals)

    def is_counted(self, key: str) -> bool:
        return self.key is None or key == self.key

    def _known(self, state: Any, counts: dict[str, int], clock_ms: int) -> dict[str, int]:
        if self.key is None:
            return super()._known(state, counts, clock_ms)
        return {self.key: counts[self.key]} if self.key in counts else {}

    def value(self, state: Any, now_ms: int, profile: ProfileView) -> float | None:
        counts, total = self.counts(state, now_ms)
        if not total:
            return None
        return (max(counts.values(), default=0) if self.key is None else counts.get(self.key, 0)) / total
