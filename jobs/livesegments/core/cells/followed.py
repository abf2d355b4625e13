"""The cell of `followed`: events of the first selection that were each followed by one of the second."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from typing import Any

from livesegments.core.cells.cell import Cell
from livesegments.core.cells.pairs import FIRST, SECOND, PairCell, Pairing

__all__ = ["Followed", "Matched"]


class Matched:
    """How far events were matched: how many of the first were followed, their times, and which wait, by time."""

    __slots__ = ("followed", "keys", "number", "times")

    def __init__(self, number: int, followed: list[int], times: list[int], keys: list[int]) -> None:
        self.number = number
        self.followed = followed
        self.times = times
        self.keys = keys

    def copy(self) -> Matched:
        """Give one of its own to go on from."""
        return Matched(self.number, list(self.followed), list(self.times), list(self.keys))


class _Held:
    """The state: what is settled, the events after it that late ones may still come between, and both matched."""

    __slots__ = ("keys", "matched", "roles", "settled", "times")

    def __init__(self, settled: Matched, times: list[int], roles: list[int], keys: list[int]) -> None:
        self.settled = settled
        self.times = times
        self.roles = roles
        self.keys = keys
        self.matched = settled.copy()


class Followed(PairCell):
    """Each event of the second selection takes the oldest of the first that waits, of its key and less than `in` back.

    An event that is both takes first and waits then. What is older than `lateness` is settled; later events are kept
    and matched again when a late one comes between. Of those that wait, of those kept and of those followed at most
    `samples` are held; beyond it the oldest do not wait any more, are settled, or count over the lifetime alone.
    """

    freezes = thaws = True

    def __init__(self, pairing: Pairing, far_ms: int | None, samples: int, lateness_ms: int, in_ms: int) -> None:
        super().__init__(pairing, far_ms, samples, lateness_ms, in_ms)
        self.in_ms = in_ms

    def joined(self, others: Sequence[Cell]) -> Cell:
        fars_ms = [cell.far_ms for cell in others if isinstance(cell, Followed) and cell.far_ms is not None]
        return Followed(self.pairing, max(fars_ms, default=None), self.samples, self.lateness_ms, self.in_ms)

    def put_pair(self, state: Any, time_ms: int, role: int, key: int, clock_ms: int) -> Any:
        held: _Held = _Held(Matched(0, [], [], []), [], [], []) if state is None else state
        index = bisect_right(held.times, time_ms)
        held.times.insert(index, time_ms)
        held.roles.insert(index, role)
        held.keys.insert(index, key)
        if index == len(held.times) - 1:
            self._match(held.matched, time_ms, role, key)
        else:  # a late event: match what comes after it again
            self._match_again(held)
        self._settle(held, clock_ms)
        return held

    def _match(self, matched: Matched, time_ms: int, role: int, key: int) -> None:
        times, keys = matched.times, matched.keys
        gone = bisect_right(times, time_ms - self.in_ms)
        if gone:
            del times[:gone], keys[:gone]
        if role & SECOND and key in keys:
            index = keys.index(key)
            if times[index] <= time_ms:  # else it came too late to be matched in order: over `samples`
                if self.far_ms is not None:
                    insort(matched.followed, times[index])
                matched.number += 1
                del times[index], keys[index]
        if role & FIRST:
            index = bisect_right(times, time_ms)
            times.insert(index, time_ms)
            keys.insert(index, key)
            if len(times) > self.samples:
                del times[0], keys[0]

    def _match_again(self, held: _Held) -> None:
        held.matched = held.settled.copy()
        for time_ms, role, key in zip(held.times, held.roles, held.keys, strict=True):
            self._match(held.matched, time_ms, role, key)
        del held.matched.followed[: -self.samples]  # as where each was put as it came

    def _settle(self, held: _Held, clock_ms: int) -> None:
        """Settle what no late event can come before, and forget what has left the longest window."""
        times, settled_ms = held.times, clock_ms - self.lateness_ms
        while times and (times[0] < settled_ms or len(times) > self.samples):
            self._match(held.settled, times.pop(0), held.roles.pop(0), held.keys.pop(0))
        if self.far_ms is not None:
            for followed in (held.settled.followed, held.matched.followed):
                gone = max(bisect_right(followed, clock_ms - self.far_ms), len(followed) - self.samples)
                if gone > 0:
                    del followed[:gone]

    def freeze(self, state: Any) -> Any:
        """Give [number, followed, times, keys] of what is settled, then the times, roles and keys of what is not."""
        held: _Held = state
        settled = held.settled
        matched = [settled.number, settled.followed, settled.times, settled.keys]
        return [*matched, held.times, held.roles, held.keys]

    def thaw(self, stored: Any) -> Any:
        number, followed, waiting, waiting_keys, times, roles, keys = stored
        held = _Held(Matched(number, followed, waiting, waiting_keys), times, roles, keys)
        self._match_again(held)
        return held
