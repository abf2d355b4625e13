"""Live changes: what the follower took in is read once and handed to all streams."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import deque

from livesegments.serve.reading import Reader, StoredChange

__all__ = ["Hub"]

KEPT = 5_000
_PAGE = 1_000
_PAUSE_SECONDS = 0.1


class Hub:
    """Keeps the newest changes in the event loop; a stream that falls behind reads from the store."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._ring: deque[StoredChange] = deque(maxlen=KEPT)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wakeups: set[asyncio.Event] = set()
        self._is_due = False
        self._is_to_forget = False
        self.version = 0
        self.last = 0

    def begin(self) -> None:
        """Begin with what the store has, in the running loop."""
        self._loop = asyncio.get_running_loop()
        self.last = self._reader.last_number()

    def tell(self, has_ended_users: bool = False) -> None:
        """Say that the store has something new; called from any thread. Of who ended nothing is kept in memory."""
        self._is_to_forget |= has_ended_users
        if self._loop is not None and not self._is_due and not self._loop.is_closed():
            self._is_due = True
            self._loop.call_soon_threadsafe(self._loop.call_later, _PAUSE_SECONDS, self._read)

    def _read(self) -> None:
        self._is_due = False
        self.version += 1
        if self._is_to_forget:
            self._is_to_forget = False
            self._ring.clear()
        newest = self._reader.last_number()
        if not self._wakeups:
            self._ring.clear()
        else:
            self._ring.extend(self._reader.changes_after(max(self.last, newest - KEPT), KEPT))
        self.last = newest
        for wakeup in self._wakeups:
            wakeup.set()

    def join(self) -> asyncio.Event:
        """Give an event that is set whenever there may be changes."""
        wakeup = asyncio.Event()
        self._wakeups.add(wakeup)
        return wakeup

    def leave(self, wakeup: asyncio.Event) -> None:
        """Wake this one no more."""
        self._wakeups.discard(wakeup)

    def after(self, number: int) -> list[StoredChange]:
        """Give changes after a number in their order: as many as are at hand, some at least where there are any."""
        if number >= self.last:
            return []
        if self._ring and self._ring[0].number <= number + 1:
            numbers = [change.number for change in self._ring]
            return list(self._ring)[bisect_right(numbers, number) :]
        return self._reader.changes_after(number, _PAGE)
