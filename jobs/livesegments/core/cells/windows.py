"""Windows over event time, and the cell that serves all windows over the same events."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from livesegments.core.cells.cell import Bind, Cell, Takes
from livesegments.core.events import Event
from livesegments.core.selection import Selection
from livesegments.core.times import NEVER

__all__ = [
    "Column",
    "OverWindow",
    "Window",
    "WindowCell",
    "add_up",
    "bound_source",
    "index_range",
    "next_edge_ms",
]


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """The span `near <= now - t < far` in milliseconds; `within: w` is far=w without near."""

    far_ms: int
    near_ms: int | None = None

    @property
    def content(self) -> list[Any]:
        """Give what it means, as plain data."""
        return [self.far_ms, self.near_ms]

    def gone_ms(self, now_ms: int) -> int:
        """Give the newest time that has left at now."""
        return now_ms - self.far_ms

    def leaves_ms(self, time_ms: int) -> int:
        """Give the first time at which an event has left."""
        return time_ms + self.far_ms

    def span_ms(self, now_ms: int) -> int:
        """Give the length in milliseconds that `rate` clamps to."""
        return self.far_ms - (self.near_ms or 0)


def index_range(window: Window, times: list[int], now_ms: int) -> tuple[int, int]:
    """Give the slice [low, high) of the sorted times that is inside at now."""
    gone_ms = now_ms - window.far_ms if type(window) is Window else window.gone_ms(now_ms)
    low = 0 if times and times[0] > gone_ms else bisect_right(times, gone_ms)
    return low, len(times) if window.near_ms is None else bisect_right(times, now_ms - window.near_ms)


def next_edge_ms(window: Window, times: list[int], after_ms: int) -> int:
    """Give the first time later than `after_ms` at which an entry enters or leaves, or NEVER."""
    gone_ms = after_ms - window.far_ms if type(window) is Window else window.gone_ms(after_ms)
    low = 0 if times and times[0] > gone_ms else bisect_right(times, gone_ms)
    edge_ms = window.leaves_ms(times[low]) if low < len(times) else NEVER
    if window.near_ms is not None:
        high = bisect_right(times, after_ms - window.near_ms)
        if high < len(times):
            edge_ms = min(edge_ms, times[high] + window.near_ms)
    return edge_ms


def add_up(old: Any, new: Any) -> Any:
    """Add up two values: numbers, or counts by key (into the old ones)."""
    if type(old) is not dict:
        return old + new
    for key, count in new.items():
        old[key] = old.get(key, 0) + count
    return old


class Column(msgspec.Struct, frozen=True):
    """One value kept beside each time: the expression that gives it, how two are merged in a pane, and its form there.

    `of` gives the same value of what the cell takes and the time. `names` are what the expression finds beside what
    every cell finds.
    """

    source: str
    of: Callable[[Sequence[Any], int], Any]
    merge: Callable[[Any, Any], Any] = add_up
    lift: Callable[[Any], Any] | None = None
    names: tuple[tuple[str, Any], ...] = ()


class OverWindow(Cell):
    """A cell that serves windows."""

    def times(self, state: Any, window: Window) -> list[int]:
        """Give the times of a window's entries, also of those outside; sorted."""
        raise TypeError(f"{type(self).__name__} has no `times`")

    def count(self, state: Any, window: Window, now_ms: int) -> int:
        """Give how many events are inside at now."""
        raise TypeError(f"{type(self).__name__} has no `count`")

    def numbers(self, state: Any, window: Window) -> list[int] | None:
        """Give how many events each of the times stands for; None where one each."""
        raise TypeError(f"{type(self).__name__} has no `numbers`")

    def falls_ms(self, state: Any, window: Window, now_ms: int, most_after: Callable[[int], int]) -> int:
        """Give the first time from now on at which so many events are inside a window without `near`, NEVER below 0.

        Of as many as are inside now `most_after` gives to how many: fewer.
        """
        if state is None:
            return NEVER
        times, numbers = self.times(state, window), self.numbers(state, window)
        low, high = index_range(window, times, now_ms)
        inside = high - low if numbers is None else sum(numbers[low:high])
        most = most_after(inside)
        if most < 0:
            return NEVER
        if numbers is None:
            return window.leaves_ms(times[high - most - 1])
        while inside > most:
            inside -= numbers[low]
            low += 1
        return window.leaves_ms(times[low - 1])

    def inside(self, state: Any, window: Window, now_ms: int) -> list[list[Any]] | None:
        """Give each column's values that are inside at now, in time order, not to be changed; None where nothing is."""
        raise TypeError(f"{type(self).__name__} has no `inside`")

    def next_edge_ms(self, state: Any, window: Window, after_ms: int) -> int:
        """Give the first time later than `after_ms` at which an entry enters or leaves the window, or NEVER."""
        return NEVER if state is None else next_edge_ms(window, self.times(state, window), after_ms)

    def in_panes(self, state: Any, window: Window) -> bool:
        """Tell whether a window counts in panes now."""
        return False


class WindowCell(OverWindow):
    """The events of all windows over one selection, sorted by time: state is [panes, times, column, ...].

    All windows that hold at most `samples` events share the exact list, which reaches as far back as the longest of
    them. A window with more keeps its own list in `panes` (far -> [times, counts, column, ...]) until that is empty:
    new events are merged there into panes of ceil(far / samples) ms, which count as if all had happened at their end.
    A shorter window never holds more events than a longer one, so the exact list always serves the shortest ones.
    """

    def __init__(
        self,
        selection: Selection,
        name: str,
        far_ms: int | tuple[int, ...],
        samples: int,
        columns: tuple[Column, ...] = (),
        takes: Takes = "events",
    ) -> None:
        super().__init__(selection, name, samples)
        self.name = name
        self.fars_ms = (far_ms,) if isinstance(far_ms, int) else tuple(sorted(set(far_ms), reverse=True))
        self.samples = samples
        self.columns = columns
        self.takes = takes

    def joined(self, others: Sequence[Cell]) -> Cell:
        fars_ms = tuple(far_ms for cell in others if isinstance(cell, WindowCell) for far_ms in cell.fars_ms)
        return WindowCell(self.selection, self.name, fars_ms, self.samples, self.columns, self.takes)

    def put(self, state: Any, event: Event, values: Sequence[Any], clock_ms: int) -> Any:
        found = tuple(column.of(values, event.time_ms) for column in self.columns)
        return self.add(state, event.time_ms, clock_ms, found)

    def lines(self, at: str, bind: Bind) -> list[str]:
        sources = [bound_source(column, bind) for column in self.columns]
        values = ", ".join(sources)
        appended = [f"    held[{index + 2}].append({source})" for index, source in enumerate(sources)]
        return [
            f"held = {at}",
            f"if (held is not None and held[0] is None and (times := held[1]) and times[-1] <= time_ms"
            f" and times[0] > clock_ms - {self.fars_ms[0]} and len(times) < {self.samples}):  # most events",
            "    times.append(time_ms)",
            *appended,
            f"elif held is None and time_ms > clock_ms - {self.fars_ms[0]}:",
            f"    {at} = [None, [time_ms]{''.join(f', [{source}]' for source in sources)}]",
            "else:",
            f"    {at} = {bind(self.add, 'add')}(held, time_ms, clock_ms, ({values}{',' if values else ''}))",
        ]

    def pane_ms(self, far_ms: int) -> int:
        """Give the length of the panes of a window."""
        return -(-far_ms // self.samples)

    def add(self, state: Any, time_ms: int, clock_ms: int, values: tuple[Any, ...]) -> Any:
        """Put an event's values where they belong and drop what has left at the clock; None if nothing is left."""
        if state is None:
            state = [None, [], *([] for _ in self.columns)]
        panes: dict[int, list[Any]] = state[0] or {}
        for far_ms, held in list(panes.items()):
            gone_ms = clock_ms - far_ms
            if held[0][0] <= gone_ms:
                self._drop(held, gone_ms)
                if not held[0]:
                    del panes[far_ms]
                    continue
            if time_ms > gone_ms:
                self._merge(held, far_ms, time_ms, values)
        times: list[int] = state[1]
        for far_ms in self.fars_ms:
            if far_ms in panes:
                continue
            gone_ms = clock_ms - far_ms
            if times and times[0] <= gone_ms:
                self._drop(state[1:], gone_ms)
            if time_ms <= gone_ms:
                break
            if len(times) < self.samples:
                index = bisect_right(times, time_ms)
                for column, value in zip(state[1:], (time_ms, *values), strict=True):
                    column.insert(index, value)
                break
            panes[far_ms] = self._lifted(state)
            self._merge(panes[far_ms], far_ms, time_ms, values)
        else:  # every window counts in panes
            if times:
                for column in state[1:]:
                    column.clear()
        state[0] = panes or None
        return state if panes or times else None

    def _drop(self, columns: list[Any], gone_ms: int) -> None:
        cut = bisect_right(columns[0], gone_ms)
        for column in columns:
            del column[:cut]

    def _lifted(self, state: list[Any]) -> list[Any]:
        columns = (
            list(values) if column.lift is None else [column.lift(value) for value in values]
            for column, values in zip(self.columns, state[2:], strict=True)
        )
        return [list(state[1]), [1] * len(state[1]), *columns]

    def _merge(self, held: list[Any], far_ms: int, time_ms: int, values: tuple[Any, ...]) -> None:
        pane_ms, times = self.pane_ms(far_ms), held[0]
        end_ms = (time_ms // pane_ms + 1) * pane_ms
        index = bisect_left(times, end_ms)
        is_new = index == len(times) or times[index] != end_ms
        if is_new:
            times.insert(index, end_ms)
            held[1].insert(index, 1)
        else:
            held[1][index] += 1
        for place, column in enumerate(self.columns):
            value, kept = values[place], held[place + 2]
            if column.lift is not None:
                value = column.lift(value)
            if is_new:
                kept.insert(index, value)
            else:
                kept[index] = column.merge(kept[index], value)

    def in_panes(self, state: Any, window: Window) -> bool:
        return state is not None and state[0] is not None and window.far_ms in state[0]

    def times(self, state: Any, window: Window) -> list[int]:
        found: list[int] = state[0][window.far_ms][0] if self.in_panes(state, window) else state[1]
        return found

    def numbers(self, state: Any, window: Window) -> list[int] | None:
        return state[0][window.far_ms][1] if self.in_panes(state, window) else None

    def counted(self, at: str, window: Window, bind: Bind) -> str | None:
        """Give the expression of `count` of the state `at` at `now_ms`; None for windows with a `near`."""
        if window.near_ms is not None:
            return None
        slow = f"{bind(self.count, 'count')}(held, {bind(window, 'window')}, now_ms)"
        all_inside = f"held[0] is None and held[1][0] > now_ms - {window.far_ms}"
        return f"(0 if (held := {at}) is None else len(held[1]) if {all_inside} else {slow})"

    def count(self, state: Any, window: Window, now_ms: int) -> int:
        if state is None:
            return 0
        low, high = index_range(window, self.times(state, window), now_ms)
        return sum(state[0][window.far_ms][1][low:high]) if self.in_panes(state, window) else high - low

    def inside(self, state: Any, window: Window, now_ms: int) -> list[list[Any]] | None:
        if state is None:
            return None
        times = self.times(state, window)
        low, high = index_range(window, times, now_ms)
        if low >= high:
            return None
        columns: list[list[Any]] = state[0][window.far_ms][2:] if self.in_panes(state, window) else state[2:]
        if high - low == len(times):  # nothing has left since the last event, as nearly always
            return columns
        return [column[low:high] for column in columns]


def bound_source(column: Column, bind: Bind) -> str:
    """Give the expression of a column with its own names bound."""
    source = column.source
    for name, value in column.names:
        source = source.replace(name, bind(value, name), 1)
    return source
