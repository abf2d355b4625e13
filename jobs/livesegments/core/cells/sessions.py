"""The cell of `session`: a user's events split where a gap is too great."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any, cast

from livesegments.core.cells.calendar_windows import CalendarWindow
from livesegments.core.cells.cell import Bind, Cell, Past
from livesegments.core.cells.windows import Window
from livesegments.core.events import Event
from livesegments.core.selection import Selection
from livesegments.core.times import NEVER

__all__ = ["ENDS", "ENTRY", "NUMBERS", "PAGES", "STARTS", "Sessions"]

# State: [start, end, pages, number, start, ...], an entry of four for each session, sorted by time; `number` says how
# many sessions an entry stands for: 1, or more where old ones were folded together (then end - start is the sum of
# their durations). It is one list so that an event finds all that it touches in one place.
STARTS, ENDS, PAGES, NUMBERS = range(4)
ENTRY = 4


class Sessions(Cell):
    """Splits a user's events where a gap is greater than `gap`; a late event can join two sessions.

    A session is in a window by its last event. Sessions that no event within `settled` can touch any more
    leave with the window, or over the lifetime are folded into one entry; so is the oldest one when more than
    `samples` are kept. In a window with more than `samples` sessions those that end within the same pane of
    ceil(far / samples) ms, or within the same period of the calendar, are folded, and leave with the last of them.
    """

    thaws = True

    def __init__(
        self,
        selection: Selection,
        window: Window | None,
        gap_ms: int,
        samples: int,
        lateness_ms: int,
        settled_ms: int,
    ) -> None:
        span = None if window is None else window.content
        super().__init__(selection, span, gap_ms, samples, lateness_ms)
        self.window = window
        self.gap_ms = gap_ms
        self.samples = samples
        self.settled_ms = settled_ms + gap_ms
        self.pane_ms = -(-window.far_ms // samples) if window else 0
        self.periods = window if isinstance(window, CalendarWindow) else None
        # while the oldest session ended less than so long ago, all are inside
        self.all_ms = NEVER
        if window is not None:  # 0 where it is not known
            self.all_ms = 0 if self.periods is not None or window.near_ms is not None else window.far_ms

    def put(self, state: Any, event: Event, values: Sequence[Any], clock_ms: int) -> Any:
        columns = [[], [], [], []] if state is None else _columns(state)
        self._put(columns, event.time_ms, 1 if event.type in ("page", "screen") else 0)
        self._settle(columns, clock_ms)
        return _entries(columns) if columns[STARTS] else None

    def remembers(self, bind: Bind) -> str | None:
        return "event.type"

    def put_again(self, state: Any, time_ms: int, remembered: Any, clock_ms: int) -> Any:
        return self.put(state, cast(Event, Past(time_ms, remembered)), (), clock_ms)

    def lines(self, at: str, bind: Bind) -> list[str]:
        length = ENTRY * self.samples
        kept, unsettled, settle = "", "", []
        if self.window is None:  # the oldest entry stands for all that are settled
            settle = [
                f"    if len(held) > {length} or held[{ENTRY + ENDS}] < clock_ms - {self.settled_ms}:",
                f"        {bind(self.settle, 'settle')}(held, clock_ms)",
            ]
        else:
            kept = f" and time_ms >= clock_ms - {self.settled_ms}"
            unsettled = f" and len(held) < {length} and held[{ENDS}] >= clock_ms - {self.settled_ms}"
        return [
            f"if (held := {at}) is not None and 0 <= time_ms - held[-3] <= {self.gap_ms}:  # the session goes on",
            "    held[-3] = time_ms",
            "    if is_page:",
            "        held[-2] += 1",
            f"elif held is None{kept}:",
            f"    {at} = [time_ms, time_ms, 1 if is_page else 0, 1]",
            f"elif held is not None and time_ms > held[-3]{unsettled}:  # a new one begins",
            "    held += (time_ms, time_ms, 1 if is_page else 0, 1)",
            *settle,
            "else:",
            f"    {at} = {bind(self.put, 'put')}(held, event, (), clock_ms)",
        ]

    def thaw(self, stored: Any) -> Any:
        is_in_columns = stored and type(stored[0]) is list  # as it was stored in the beginning
        return _entries(stored) if is_in_columns else stored

    def _put(self, state: list[list[int]], time_ms: int, pages: int) -> None:
        """Put one event into the session it belongs to, starting, growing or joining sessions."""
        starts, ends, page_counts, _ = state
        gap_ms = self.gap_ms
        after = bisect_right(starts, time_ms)  # sessions before this index start at or before the event
        before = after - 1
        joins_before = before >= 0 and time_ms - ends[before] <= gap_ms
        joins_after = after < len(starts) and starts[after] - time_ms <= gap_ms
        if joins_before:
            ends[before] = max(ends[before], time_ms)
            page_counts[before] += pages
            if joins_after:
                ends[before] = ends[after]
                page_counts[before] += page_counts[after]
                for column in state:
                    del column[after]
        elif joins_after:
            starts[after] = time_ms
            page_counts[after] += pages
        else:
            for column, value in zip(state, (time_ms, time_ms, pages, 1), strict=True):
                column.insert(after, value)

    def settle(self, state: list[int], clock_ms: int) -> None:
        """Drop what has left the window for good, fold what no event can touch, and keep to `samples`."""
        columns = _columns(state)
        self._settle(columns, clock_ms)
        state[:] = _entries(columns)

    def _settle(self, state: list[list[int]], clock_ms: int) -> None:
        ends = state[ENDS]
        settled_ms = clock_ms - self.settled_ms
        if self.window is None:
            while len(ends) > 1 and (len(ends) > self.samples or ends[1] < settled_ms):
                _fold(state, 0)
            return
        gone_ms = min(settled_ms, self.window.gone_ms(clock_ms) + 1)
        if ends and ends[0] < gone_ms:
            cut = bisect_left(ends, gone_ms)
            for column in state:
                del column[:cut]
        if len(ends) > self.samples:
            for index in range(len(ends) - 3, -1, -1):  # the last session is open and stays as it is
                if self._pane(ends[index]) == self._pane(ends[index + 1]):
                    _fold(state, index)

    def _pane(self, end_ms: int) -> int:
        """Give what is the same for sessions that leave together."""
        return end_ms // self.pane_ms if self.periods is None else self.periods.entry_ms(end_ms)


def _columns(state: list[int]) -> list[list[int]]:
    return [state[column::ENTRY] for column in range(ENTRY)]


def _entries(columns: Sequence[Sequence[int]]) -> list[int]:
    return [number for entry in zip(*columns, strict=True) for number in entry]


def _fold(state: list[list[int]], index: int) -> None:
    """Make one entry of the two at index and after it."""
    starts, ends, pages, numbers = state
    duration_ms = ends[index] - starts[index] + ends[index + 1] - starts[index + 1]
    pages[index] += pages[index + 1]
    numbers[index] += numbers[index + 1]
    ends[index] = ends[index + 1]
    starts[index] = ends[index] - duration_ms
    for column in state:
        del column[index + 1]
