"""Windows over event time, and the two stores of a feature's entries: over the lifetime and in a window."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Any

import msgspec

from livesegments.core.times import NEVER

__all__ = ["Lifetime", "Series", "Store", "Window", "store_for"]


Merge = Callable[[Any, Any], Any]


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """The span `near <= now - t < far` in milliseconds; `within: w` is far=w without near."""

    far_ms: int
    near_ms: int | None = None

    @property
    def length_ms(self) -> int:
        """Give the length in milliseconds that `rate` clamps to."""
        return self.far_ms - (self.near_ms or 0)

    def bounds(self, times: list[int], now_ms: int) -> tuple[int, int]:
        """Give the slice [low, high) of the sorted times that is inside at now."""
        gone_ms = now_ms - self.far_ms
        low = 0 if times and times[0] > gone_ms else bisect_right(times, gone_ms)
        return low, len(times) if self.near_ms is None else bisect_right(times, now_ms - self.near_ms)

    def boundary(self, times: list[int], after_ms: int) -> int:
        """Give the first time later than `after_ms` at which an entry enters or leaves, or NEVER."""
        gone_ms = after_ms - self.far_ms
        low = 0 if times and times[0] > gone_ms else bisect_right(times, gone_ms)
        due = times[low] + self.far_ms if low < len(times) else NEVER
        if self.near_ms is not None:
            high = bisect_right(times, after_ms - self.near_ms)
            if high < len(times):
                due = min(due, times[high] + self.near_ms)
        return due


class Lifetime:
    """Keeps one entry for all events: state is the list of its columns."""

    __slots__ = ("merge",)

    def __init__(self, merge: Merge) -> None:
        self.merge = merge

    def add(self, state: Any, time_ms: int, clock_ms: int, values: tuple[Any, ...]) -> Any:
        """Merge an event's values in; the values may be kept and changed."""
        if state is None:
            return list(values)
        for column, value in enumerate(values):
            state[column] = self.merge(state[column], value)
        return state

    def inside(self, state: Any, now_ms: int) -> list[list[Any]]:
        """Give each column's values that are inside at now, in time order."""
        return [[value] for value in state]

    def count(self, state: Any, now_ms: int) -> int:
        """Give how many events are inside at now, where the first column counts them."""
        return int(state[0])

    def boundary(self, state: Any, after_ms: int) -> int:
        """Give NEVER: nothing leaves."""
        return NEVER

    def in_panes(self, state: Any) -> bool:
        """Tell that there are no panes."""
        return False

    def held(self, state: Any, clock_ms: int) -> list[list[Any]]:
        """Give each column's values that count now or later."""
        return self.inside(state, clock_ms)


class Series:
    """Keeps the events of one window sorted by time: state is [in_panes, times, column, ...].

    Exact while it holds at most `samples` events. Above, and until it is empty again, an event is merged
    into its pane of ceil(far / samples) ms, which counts as if all of it had happened at the pane's end.
    """

    __slots__ = ("merge", "pane_ms", "samples", "window")

    def __init__(self, window: Window, samples: int, merge: Merge) -> None:
        self.window = window
        self.merge = merge
        self.samples = samples
        self.pane_ms = -(-window.far_ms // samples)

    def add(self, state: Any, time_ms: int, clock_ms: int, values: tuple[Any, ...]) -> Any:
        """Put an event's values where they belong and drop what has left at the clock; None if nothing is left."""
        if state is None:
            state = [0, []] + [[] for _ in values]
        times: list[int] = state[1]
        gone = clock_ms - self.window.far_ms
        if times and times[0] <= gone:
            cut = bisect_right(times, gone)
            for column in state[1:]:
                del column[:cut]
        if not times:
            state[0] = 0
        if times and not state[0] and times[-1] <= time_ms and len(times) < self.samples:  # most events
            for column, value in zip(state[1:], (time_ms, *values), strict=True):
                column.append(value)
            return state
        if time_ms > gone:
            if not state[0] and len(times) >= self.samples:
                state[0] = 1
            self._insert(state, times, time_ms, values)
        return state if times else None

    def _insert(self, state: list[Any], times: list[int], time_ms: int, values: tuple[Any, ...]) -> None:
        if state[0]:
            time_ms = (time_ms // self.pane_ms + 1) * self.pane_ms
            index = bisect_left(times, time_ms)
            if index < len(times) and times[index] == time_ms:
                for column, value in zip(state[2:], values, strict=True):
                    column[index] = self.merge(column[index], value)
                return
        index = len(times) if not times or time_ms >= times[-1] else bisect_right(times, time_ms)
        times.insert(index, time_ms)
        for column, value in zip(state[2:], values, strict=True):
            column.insert(index, value)

    def inside(self, state: Any, now_ms: int) -> list[list[Any]]:
        """Give each column's values that are inside at now, in time order."""
        low, high = self.window.bounds(state[1], now_ms)
        return [column[low:high] for column in state[2:]]

    def count(self, state: Any, now_ms: int) -> int:
        """Give how many events are inside at now, where the first column counts them."""
        in_panes, times = state[0], state[1]
        if not in_panes and self.window.near_ms is None and times and times[0] > now_ms - self.window.far_ms:
            return len(times)  # nothing has left since the last event, as nearly always
        low, high = self.window.bounds(times, now_ms)
        return sum(state[2][low:high]) if in_panes else high - low

    def boundary(self, state: Any, after_ms: int) -> int:
        """Give the first time later than `after_ms` at which an entry enters or leaves, or NEVER."""
        return NEVER if state is None else self.window.boundary(state[1], after_ms)

    def in_panes(self, state: Any) -> bool:
        """Tell whether events go to panes now."""
        return state is not None and bool(state[0])

    def held(self, state: Any, clock_ms: int) -> list[list[Any]]:
        """Give each column's values that count at the clock or later."""
        low = bisect_right(state[1], clock_ms - self.window.far_ms)
        return [column[low:] for column in state[2:]]


Store = Lifetime | Series


def add_up(old: Any, new: Any) -> Any:
    """Add up two values: numbers, or tallies (counts by key, into the old one)."""
    if type(old) is not dict:
        return old + new
    for key, count in new.items():
        old[key] = old.get(key, 0) + count
    return old


def store_for(window: Window | None, samples: int, merge: Merge = add_up) -> Store:
    """Give the store for a window, or for the lifetime when there is none; `merge` joins the values of two events."""
    return Lifetime(merge) if window is None else Series(window, samples, merge)
