"""Features over sessions: count, average_duration, pages, average_pages, days_since."""

from __future__ import annotations

from typing import Any

from livesegments.core.cells import Sessions, Window
from livesegments.core.cells.sessions import ENDS, ENTRY, NUMBERS, PAGES, STARTS
from livesegments.core.cells.windows import index_range, next_edge_ms
from livesegments.core.features.feature import Feature, ProfileView, States, around
from livesegments.core.selection import Selection, Selector
from livesegments.core.times import DAY_MS, NEVER

__all__ = ["MEASURES", "Session", "SiteEvents"]

MEASURES = ("count", "average_duration", "pages", "average_pages", "days_since")


class SiteEvents(Selector):
    """Page, screen and track events except names beginning with Email, SMS or Push: what makes a session."""

    def __init__(self) -> None:
        super().__init__(["*"])

    def matches(self, event_type: str, name: str | None) -> bool:
        return super().matches(event_type, name) and not (name or "").startswith(("Email", "SMS", "Push"))


class Session(Feature):
    """One measure of a user's sessions; all measures over the same sessions read one cell."""

    def __init__(
        self,
        name: str,
        selection: Selection,
        window: Window | None,
        measure: str,
        gap_ms: int,
        samples: int,
        lateness_ms: int,
        settled_ms: int,
    ) -> None:
        self.sessions = Sessions(selection, window, gap_ms, samples, lateness_ms, settled_ms)
        super().__init__(name, (self.sessions,))
        self.window = window
        self.windowed = window is not None
        self.only_leaves = window is not None and window.near_ms is None
        self.measure = measure
        self.timed = measure == "days_since"
        self.absent: Any = 0 if measure in ("count", "pages") else None

    def value(self, states: States, now_ms: int, profile: ProfileView) -> Any:
        state = states[0]
        if state is None:
            return self.absent
        # Nearly always all are inside.
        if self.window is not None and state[ENDS] <= now_ms - self.sessions.all_ms:
            state = self._inside(state, self.window, now_ms)
        measure = self.measure
        if measure == "days_since":
            return (now_ms - state[ENDS - ENTRY]) / DAY_MS if state else None
        if measure == "pages":
            return sum(state[PAGES::ENTRY])
        count = sum(state[NUMBERS::ENTRY])
        if measure == "count":
            return count
        if not count:
            return None
        if measure == "average_pages":
            return sum(state[PAGES::ENTRY]) / count
        return (sum(state[ENDS::ENTRY]) - sum(state[STARTS::ENTRY])) / 1_000 / count

    def _inside(self, state: list[int], window: Window, now_ms: int) -> list[int]:
        if not self.sessions.all_ms:
            low, high = index_range(window, state[ENDS::ENTRY], now_ms)
            return state[low * ENTRY : high * ENTRY]
        gone_ms, start = now_ms - self.sessions.all_ms, ENTRY
        while start < len(state) and state[start + ENDS] <= gone_ms:  # few are kept that have left
            start += ENTRY
        return state[start:]

    def crosses_between_ms(
        self, states: States, now_ms: int, value: float, other: float, profile: ProfileView
    ) -> tuple[int, int] | None:
        return around(now_ms + (other - value) * DAY_MS, now_ms)

    def next_edge_ms(self, states: States, after_ms: int) -> int:
        state, window = states[0], self.window
        if state is None or window is None:
            return NEVER
        if self.sessions.all_ms and state[ENDS] > after_ms - self.sessions.all_ms:  # the oldest leaves first
            return int(state[ENDS]) + self.sessions.all_ms
        return next_edge_ms(window, state[ENDS::ENTRY], after_ms)

    def in_panes(self, states: States) -> bool:
        return self.window is not None and states[0] is not None and max(states[0][NUMBERS::ENTRY]) > 1
