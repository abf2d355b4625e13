"""The cell of `unfollowed`: events of the first selection that none of the second has followed so far."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any

from livesegments.core.cells.cell import Cell
from livesegments.core.cells.pairs import FIRST, NO_KEY, SECOND, PairCell

__all__ = ["OPEN", "Unfollowed"]

# State: [times, keys] of the open events by time, then [times, keys] of what ended such events: the newest of each key,
# as long as a late event can come before it. Keys are those of `by`.
OPEN, KEYS, ENDS, END_KEYS = range(4)


class Unfollowed(PairCell):
    """Open events: those of the first selection after which none of the second came with the same key.

    An event that is both ends those before it, and is then open itself. At most `samples` are kept, the newest; where
    every window is shorter than the lifetime (`far_ms`), what has left the longest goes.
    """

    def joined(self, others: Sequence[Cell]) -> Cell:
        fars_ms = [cell.far_ms for cell in others if isinstance(cell, Unfollowed)]
        known = [far_ms for far_ms in fars_ms if far_ms is not None]
        far_ms = max(known) if len(known) == len(fars_ms) else None
        return Unfollowed(self.pairing, far_ms, self.samples, self.lateness_ms)

    def put_pair(self, state: Any, time_ms: int, role: int, key: int, clock_ms: int) -> Any:
        if state is None:
            state = [[], [], [], []]
        times, keys, ends, end_keys = state
        ended = end_keys.index(key) if key in end_keys else -1
        is_ended = ended >= 0 and ends[ended] > time_ms
        if role & SECOND:
            _end(times, keys, time_ms, key)
            if not is_ended:
                if ended >= 0:
                    del ends[ended], end_keys[ended]
                index = bisect_right(ends, time_ms)
                ends.insert(index, time_ms)
                end_keys.insert(index, key)
        if role & FIRST and not is_ended:
            index = bisect_right(times, time_ms)
            times.insert(index, time_ms)
            keys.insert(index, key)
        self._forget(state, clock_ms)
        return state if times or ends else None

    def _forget(self, state: list[list[int]], clock_ms: int) -> None:
        times, keys, ends, end_keys = state
        gone = 0 if self.far_ms is None else bisect_right(times, clock_ms - self.far_ms)
        gone = max(gone, len(times) - self.samples)
        if gone > 0:
            del times[:gone], keys[:gone]
        settled = max(bisect_left(ends, clock_ms - self.lateness_ms), len(ends) - self.samples)
        if settled > 0:
            del ends[:settled], end_keys[:settled]


def _end(times: list[int], keys: list[int], time_ms: int, key: int) -> None:
    """Take out what is open with a key up to a time."""
    high = bisect_right(times, time_ms)
    if key == NO_KEY:
        del times[:high], keys[:high]
        return
    for index in [index for index in range(high) if keys[index] == key][::-1]:
        del times[index], keys[index]
