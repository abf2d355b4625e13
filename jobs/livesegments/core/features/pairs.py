"""Features of two selections, of which the second follows the first: followed, unfollowed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from livesegments.core.cells import Followed as FollowedCell
from livesegments.core.cells import Pairing, Window
from livesegments.core.cells import Unfollowed as UnfollowedCell
from livesegments.core.cells.unfollowed import OPEN
from livesegments.core.cells.windows import index_range, next_edge_ms
from livesegments.core.features.feature import Feature, ProfileView, States
from livesegments.core.times import NEVER

__all__ = ["Followed", "Unfollowed"]


class Followed(Feature):
    """How many of the first were followed by one of the second in less than `in`, each second counting once."""

    def __init__(
        self, name: str, pairing: Pairing, window: Window | None, in_ms: int, samples: int, lateness_ms: int
    ) -> None:
        far_ms = None if window is None else window.far_ms
        self.cell = FollowedCell(pairing, far_ms, samples, lateness_ms, in_ms)
        super().__init__(name, (self.cell,))
        self.window = window
        self.windowed = window is not None

    def value(self, states: States, now_ms: int, profile: ProfileView) -> Any:
        held = states[0]
        if held is None:
            return 0
        if self.window is None:
            return held.matched.number
        low, high = index_range(self.window, held.matched.followed, now_ms)
        return max(0, high - low)

    def nears(self, states: Sequence[str], value: str) -> str:
        # one more that was followed, of whatever time, never lets as few remain sooner; a late event pairs others
        return "time_ms < clock_ms" if self.window is not None and self.window.near_ms is None else "True"

    def reach(self, states: States, now_ms: int) -> tuple[int, int] | None:
        return 0, 0 if states[0] is None else len(states[0].matched.followed)

    def next_edge_ms(self, states: States, after_ms: int) -> int:
        if states[0] is None or self.window is None:
            return NEVER
        return next_edge_ms(self.window, states[0].matched.followed, after_ms)

    def at_limit(self, states: States) -> bool:
        """Tell whether the window may hold more than are kept."""
        held = states[0]
        return held is not None and self.window is not None and len(held.matched.followed) >= self.cell.samples


class Unfollowed(Feature):
    """How many of the first lie at least `after` back and were not followed by one of the second so far."""

    windowed = True

    def __init__(
        self, name: str, pairing: Pairing, window: Window | None, after_ms: int, samples: int, lateness_ms: int
    ) -> None:
        self.cell = UnfollowedCell(pairing, None if window is None else window.far_ms, samples, lateness_ms)
        super().__init__(name, (self.cell,))
        self.following = pairing.following
        self.window = window
        self.after_ms = after_ms

    def value(self, states: States, now_ms: int, profile: ProfileView) -> Any:
        if states[0] is None:
            return 0
        times = states[0][OPEN]
        low, high = (0, len(times)) if self.window is None else index_range(self.window, times, now_ms)
        return max(0, min(high, bisect_right(times, now_ms - self.after_ms)) - low)

    def reach(self, states: States, now_ms: int) -> tuple[int, int] | None:
        return 0, 0 if states[0] is None else len(states[0][OPEN])

    def next_edge_ms(self, states: States, after_ms: int) -> int:
        if states[0] is None:
            return NEVER
        times = states[0][OPEN]
        edge_ms = NEVER if self.window is None else next_edge_ms(self.window, times, after_ms)
        due = bisect_right(times, after_ms - self.after_ms)
        return min(edge_ms, times[due] + self.after_ms) if due < len(times) else edge_ms

    def at_limit(self, states: States) -> bool:
        """Tell whether there may be more than are kept."""
        return states[0] is not None and len(states[0][OPEN]) >= self.cell.samples
