"""Windows of the calendar, and the cell that serves all of them over the same events: one entry for each period."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any

from livesegments.core.cells.calendar import Calendar, Unit, calendar_of
from livesegments.core.cells.cell import Bind, Cell, Takes
from livesegments.core.cells.windows import Column, OverWindow, Window, WindowCell, bound_source, index_range
from livesegments.core.events import Event
from livesegments.core.selection import Selection
from livesegments.core.times import DAY_MS

__all__ = ["CalendarCell", "CalendarWindow", "calendar_window", "window_cell"]

_DAYS = {"day": 1, "week": 7, "month": 31, "year": 366}
_DAYS_MORE = 2  # that changes of the clock may add


class CalendarWindow(Window, frozen=True, kw_only=True):
    """The last so many days, weeks, months or years of a time zone, the current one included.

    All events of a period leave together, when the period after the last of the window begins. No event inside is older
    than `far_ms`.
    """

    calendar: Calendar
    last: int

    @property
    def unit(self) -> Unit:
        """Give what is counted: day, week, month or year."""
        return self.calendar.unit

    @property
    def content(self) -> list[Any]:
        return [self.unit, self.last, self.calendar.zone]

    def gone_ms(self, now_ms: int) -> int:
        calendar = self.calendar
        return calendar.start_ms(calendar.index_of(now_ms) - self.last + 1) - 1

    def leaves_ms(self, time_ms: int) -> int:
        calendar = self.calendar
        return calendar.start_ms(calendar.index_of_start(time_ms) + self.last)

    def span_ms(self, now_ms: int) -> int:
        return now_ms - self.gone_ms(now_ms) - 1

    def entry_ms(self, time_ms: int) -> int:
        """Give the time under which an event is kept: the beginning of its period."""
        calendar = self.calendar
        calendar.index_of(time_ms)
        return calendar.low

    def turns_ms(self, after_ms: int) -> int:
        """Give the first time later than `after_ms` at which a period begins."""
        calendar = self.calendar
        calendar.index_of(after_ms)
        return calendar.high


def calendar_window(unit: Unit, last: int, zone: str) -> CalendarWindow:
    """Give the window of the last so many periods."""
    far_ms = (last * _DAYS[unit] + _DAYS_MORE) * DAY_MS
    return CalendarWindow(far_ms=far_ms, calendar=calendar_of(unit, zone), last=last)


class CalendarCell(OverWindow):
    """The events of all calendar windows of one unit over one selection: state is [starts, counts, column, ...].

    There is one entry for each period with an event, as far back as the longest window reaches. So the windows are
    exact, however many events there are.
    """

    def __init__(
        self,
        selection: Selection,
        name: str,
        window: CalendarWindow,
        columns: tuple[Column, ...] = (),
        takes: Takes = "events",
    ) -> None:
        super().__init__(selection, name, window.unit, window.calendar.zone)
        self.name = name
        self.window = window
        self.columns = columns
        self.takes = takes

    def joined(self, others: Sequence[Cell]) -> Cell:
        windows = [cell.window for cell in others if isinstance(cell, CalendarCell)]
        longest = max(windows, key=lambda window: window.last)
        return CalendarCell(self.selection, self.name, longest, self.columns, self.takes)

    def put(self, state: Any, event: Event, values: Sequence[Any], clock_ms: int) -> Any:
        found = tuple(column.of(values, event.time_ms) for column in self.columns)
        return self.add(state, event.time_ms, clock_ms, found)

    def lines(self, at: str, bind: Bind) -> list[str]:
        sources = [bound_source(column, bind) for column in self.columns]
        calendar = bind(self.window.calendar, "calendar")
        merged = []
        for index, (column, source) in enumerate(zip(self.columns, sources, strict=True), start=2):
            value = source if column.lift is None else f"{bind(column.lift, 'lift')}({source})"
            merged.append(f"    held[{index}][-1] = {bind(column.merge, 'merge')}(held[{index}][-1], {value})")
        values = ", ".join(sources)
        return [
            f"held = {at}",
            f"if held is not None and held[0][-1] == {calendar}.low <= time_ms < {calendar}.high:  # most events",
            "    held[1][-1] += 1",
            *merged,
            "else:",
            f"    {at} = {bind(self.add, 'add')}(held, time_ms, clock_ms, ({values}{',' if values else ''}))",
        ]

    def add(self, state: Any, time_ms: int, clock_ms: int, values: tuple[Any, ...]) -> Any:
        """Put an event's values into its period and drop what has left at the clock; None if nothing is left."""
        if state is None:
            state = [[], [], *([] for _ in self.columns)]
        starts: list[int] = state[0]
        gone_ms = self.window.gone_ms(clock_ms)
        if starts and starts[0] <= gone_ms:
            cut = bisect_right(starts, gone_ms)
            for column in state:
                del column[:cut]
        if time_ms > gone_ms:
            self._merge(state, self.window.entry_ms(time_ms), values)
        return state if starts else None

    def _merge(self, state: list[Any], start_ms: int, values: tuple[Any, ...]) -> None:
        starts = state[0]
        index = bisect_left(starts, start_ms)
        lifted = [
            value if column.lift is None else column.lift(value)
            for column, value in zip(self.columns, values, strict=True)
        ]
        if index < len(starts) and starts[index] == start_ms:
            state[1][index] += 1
            for column, kept, value in zip(self.columns, state[2:], lifted, strict=True):
                kept[index] = column.merge(kept[index], value)
            return
        for kept, value in zip(state, (start_ms, 1, *lifted), strict=True):
            kept.insert(index, value)

    def times(self, state: Any, window: Window) -> list[int]:
        found: list[int] = state[0]
        return found

    def numbers(self, state: Any, window: Window) -> list[int] | None:
        found: list[int] = state[1]
        return found

    def count(self, state: Any, window: Window, now_ms: int) -> int:
        if state is None:
            return 0
        low, high = index_range(window, state[0], now_ms)
        return sum(state[1][low:high])

    def inside(self, state: Any, window: Window, now_ms: int) -> list[list[Any]] | None:
        if state is None:
            return None
        low, high = index_range(window, state[0], now_ms)
        return [column[low:high] for column in state[2:]] if low < high else None


def window_cell(
    selection: Selection,
    name: str,
    window: Window,
    samples: int,
    columns: tuple[Column, ...] = (),
    takes: Takes = "events",
) -> OverWindow:
    """Give the cell that serves a window, and all others of its sort over the same events."""
    if isinstance(window, CalendarWindow):
        return CalendarCell(selection, name, window, columns, takes)
    return WindowCell(selection, name, window.far_ms, samples, columns, takes)
