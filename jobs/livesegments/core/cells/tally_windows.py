"""The cell that counts values in a window, with running counts so that reading them costs no second look."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any

from livesegments.core.cells.calendar_windows import CalendarWindow
from livesegments.core.cells.cell import Takes
from livesegments.core.cells.windows import OverWindow, Window, add_up, index_range
from livesegments.core.events import Event
from livesegments.core.selection import Selection

__all__ = ["TallyWindow"]

Counts = dict[str, int]


class _Held:
    """The entries of a window sorted by time, and what they add up to."""

    __slots__ = ("counts", "entries", "in_panes", "times", "total", "totals")

    def __init__(self) -> None:
        self.in_panes = False
        self.times: list[int] = []
        self.entries: list[Counts] = []  # counts by key, of the values that count by themselves
        self.totals: list[int] = []  # how many values, also those beyond `distinct`
        self.counts: Counts = {}  # the sum of the entries
        self.total = 0  # the sum of the totals


class TallyWindow(OverWindow):
    """Counts by value of one window; at most `distinct` values count by themselves, new ones in the total only.

    More than `samples` events are merged into panes, as in WindowCell; in a window of the calendar all events of a
    period are one entry. With `only`, that key counts alone.
    """

    takes: Takes = "keys"
    freezes = thaws = True

    def __init__(
        self, selection: Selection, window: Window, samples: int, distinct: int, only: str | None = None
    ) -> None:
        super().__init__(selection, *window.content, samples, distinct, only)
        self.window = window
        self.samples = samples
        self.distinct = distinct
        self.only = only
        self.pane_ms = -(-window.far_ms // samples)
        self.periods = window if isinstance(window, CalendarWindow) else None

    def put(self, state: Any, event: Event, values: Sequence[Any], clock_ms: int) -> Any:
        held: _Held = _Held() if state is None else state
        gone_ms = self.window.gone_ms(clock_ms)
        if held.times and held.times[0] <= gone_ms:
            _leave(held, bisect_right(held.times, gone_ms))
        if not held.times:
            held.in_panes = False
        if event.time_ms > gone_ms:
            if not held.in_panes and len(held.times) >= self.samples and self.periods is None:
                held.in_panes = True
            self._insert(held, event.time_ms, self._counted(held.counts, values), len(values))
        return held if held.times else None

    def _counted(self, known: Counts, keys: Sequence[str]) -> Counts:
        """Give the counts of those keys that count by themselves."""
        counts: Counts = {}
        if self.only is not None:
            found = keys.count(self.only)
            return {self.only: found} if found else counts
        free = self.distinct - len(known)
        for key in keys:
            if key in counts:
                counts[key] += 1
            elif key in known or free > 0:
                free -= key not in known
                counts[key] = 1
        return counts

    def _insert(self, held: _Held, time_ms: int, counts: Counts, total: int) -> None:
        add_up(held.counts, counts)
        held.total += total
        times = held.times
        if held.in_panes or self.periods is not None:
            pane_ms, periods = self.pane_ms, self.periods
            time_ms = (time_ms // pane_ms + 1) * pane_ms if periods is None else periods.entry_ms(time_ms)
            index = bisect_left(times, time_ms)
            if index < len(times) and times[index] == time_ms:
                add_up(held.entries[index], counts)
                held.totals[index] += total
                return
        index = bisect_right(times, time_ms)
        times.insert(index, time_ms)
        held.entries.insert(index, counts)
        held.totals.insert(index, total)

    def counts(self, state: Any, now_ms: int) -> tuple[Counts, int]:
        """Give the counts by key that are inside at now, not to be changed, and the total over all values."""
        if state is None:
            return {}, 0
        held: _Held = state
        low, high = index_range(self.window, held.times, now_ms)
        if high < len(held.times):
            inside: Counts = {}
            for entry in held.entries[low:high]:
                add_up(inside, entry)
            return inside, sum(held.totals[low:high])
        if not low:  # nothing has left since the last event, as nearly always
            return held.counts, held.total
        left = dict(held.counts)
        for entry in held.entries[:low]:
            _subtract(left, entry)
        return left, held.total - sum(held.totals[:low])

    def times(self, state: Any, window: Window) -> list[int]:
        found: list[int] = state.times
        return found

    def in_panes(self, state: Any, window: Window) -> bool:
        return state is not None and bool(state.in_panes)

    def freeze(self, state: Any) -> Any:
        """Give [in panes, times, totals, keys, entries]: an entry is the number of its one key, or {number: count}."""
        held: _Held = state
        numbers = {key: number for number, key in enumerate(held.counts)}
        entries = [
            numbers[next(iter(entry))]
            if len(entry) == 1 and entry[next(iter(entry))] == 1
            else {numbers[key]: count for key, count in entry.items()}
            for entry in held.entries
        ]
        return [held.in_panes, held.times, held.totals, list(numbers), entries]

    def thaw(self, stored: Any) -> Any:
        held = _Held()
        held.in_panes, held.times, held.totals, keys, entries = stored
        held.entries = [
            {keys[entry]: 1} if type(entry) is int else {keys[number]: count for number, count in entry.items()}
            for entry in entries
        ]
        for entry in held.entries:
            add_up(held.counts, entry)
        held.total = sum(held.totals)
        return held


def _leave(held: _Held, cut: int) -> None:
    for entry in held.entries[:cut]:
        _subtract(held.counts, entry)
    held.total -= sum(held.totals[:cut])
    del held.times[:cut], held.entries[:cut], held.totals[:cut]


def _subtract(counts: Counts, entry: Counts) -> None:
    for key, count in entry.items():
        rest = counts[key] - count
        if rest:
            counts[key] = rest
        else:
            del counts[key]
