"""Features over sessions: count, average_duration, pages, average_pages, days_since."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Any

from livesegments.core.events import Event
from livesegments.core.features.feature import Feature, ProfileView, around
from livesegments.core.features.selection import Selection, Selector
from livesegments.core.features.windows import Window
from livesegments.core.times import DAY_MS, NEVER

__all__ = ["MEASURES", "Session", "SiteEvents"]

MEASURES = ("count", "average_duration", "pages", "average_pages", "days_since")

# State: [starts, ends, pages, numbers]: parallel lists sorted by time, one entry per session; `numbers` says how
# many sessions an entry stands for: 1, or more where old ones were folded together (then end - start is the
# sum of their durations).
_STARTS, _ENDS, _PAGES, _NUMBERS = range(4)


class SiteEvents(Selector):
    """Page, screen and track events except names beginning with Email, SMS or Push: what makes a session."""

    def __init__(self) -> None:
        super().__init__(["*"])

    def matches(self, event_type: str, name: str | None) -> bool:
        return super().matches(event_type, name) and not (name or "").startswith(("Email", "SMS", "Push"))


class Session(Feature):
    """Splits a user's events where a gap is greater than `gap`; a late event can join two sessions.

    A session is in a window by its last event. Sessions that no event within `lateness` can touch any more
    leave with the window, or over the lifetime are folded into one entry; so is the oldest one when more than
    `samples` are kept. In a window with more than `samples` sessions those that end within the same pane of
    ceil(far / samples) ms are folded, and leave with the last of them.
    """

    def __init__(
        self,
        name: str,
        selection: Selection,
        window: Window | None,
        measure: str,
        gap_ms: int,
        samples: int,
        lateness_ms: int,
    ) -> None:
        super().__init__(name, (selection,))
        self.window = window
        self.measure = measure
        self.gap_ms = gap_ms
        self.samples = samples
        self.settled_ms = lateness_ms + gap_ms
        self.pane_ms = -(-window.far_ms // samples) if window else 0
        # while the oldest session ended less than so long ago, all are inside
        self._all_ms = NEVER if window is None else window.far_ms if window.near_ms is None else 0
        self.timed = measure == "days_since"
        self.absent = 0 if measure in ("count", "pages") else None

    def apply(self, state: Any, event: Event, selection: int, clock_ms: int) -> Any:
        if state is None:
            state = [[], [], [], []]
        self._put(state, event.time_ms, 1 if event.type in ("page", "screen") else 0)
        self._settle(state, clock_ms)
        return state if state[_STARTS] else None

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

    def _settle(self, state: list[list[int]], clock_ms: int) -> None:
        """Drop what has left the window for good, fold what no event can touch, and keep to `samples`."""
        ends = state[_ENDS]
        settled_ms = clock_ms - self.settled_ms
        if self.window is None:
            while len(ends) > 1 and (len(ends) > self.samples or ends[1] < settled_ms):
                _fold(state, 0)
            return
        gone_ms = min(settled_ms, clock_ms - self.window.far_ms + 1)
        if ends and ends[0] < gone_ms:
            cut = bisect_left(ends, gone_ms)
            for column in state:
                del column[:cut]
        if len(ends) > self.samples:
            for index in range(len(ends) - 3, -1, -1):  # the last session is open and stays as it is
                if ends[index] // self.pane_ms == ends[index + 1] // self.pane_ms:
                    _fold(state, index)

    def value(self, state: Any, now_ms: int, profile: ProfileView) -> Any:
        if state is None:
            return self.absent
        starts, ends, pages, numbers = state
        if ends[0] <= now_ms - self._all_ms:  # else all are inside, as nearly always
            assert self.window is not None
            low, high = self.window.bounds(ends, now_ms)
            starts, ends, pages, numbers = (column[low:high] for column in state)
        measure = self.measure
        if measure == "days_since":
            return (now_ms - ends[-1]) / DAY_MS if ends else None
        if measure == "pages":
            return sum(pages)
        count = sum(numbers)
        if measure == "count":
            return count
        if not count:
            return None
        return (sum(ends) - sum(starts)) / 1_000 / count if measure == "average_duration" else sum(pages) / count

    def crossing(
        self, state: Any, now_ms: int, value: float, other: float, profile: ProfileView
    ) -> tuple[int, int] | None:
        return around(now_ms + (other - value) * DAY_MS, now_ms)

    def boundary(self, state: Any, after_ms: int) -> int:
        return NEVER if state is None or self.window is None else self.window.boundary(state[_ENDS], after_ms)

    def in_panes(self, state: Any) -> bool:
        return self.window is not None and state is not None and any(number > 1 for number in state[_NUMBERS])

    @property
    def windowed(self) -> bool:
        return self.window is not None


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
