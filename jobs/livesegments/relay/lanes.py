"""Many users at once, each user's changes one after the other, each until it is delivered or given up."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress

import msgspec

from livesegments.relay.backoff import wait_seconds
from livesegments.relay.posting import Outcome, Poster

__all__ = ["Delivery", "Lanes", "PendingChange"]


class PendingChange(msgspec.Struct, frozen=True):
    """One change on its way, and where it came from."""

    id: str
    body: bytes
    key: bytes | None
    partition: int
    offset: int


class Delivery(msgspec.Struct):
    """How the attempts for one change went; times are those of the wall clock in milliseconds."""

    attempts: int = 0
    first_ms: int | None = None
    last: Outcome | None = None


class Lanes:
    """Delivers changes: in order within a lane, up to so many lanes at the same time."""

    def __init__(
        self,
        poster: Poster,
        concurrency: int,
        give_up_seconds: float,
        on_attempt: Callable[[Outcome], None],
        on_end: Callable[[PendingChange, Delivery], Awaitable[None]],
    ) -> None:
        self._poster = poster
        self._give_up_seconds = give_up_seconds
        self._on_attempt = on_attempt
        self._on_end = on_end
        self._slots = asyncio.Semaphore(concurrency)
        self._lanes: dict[Hashable, deque[PendingChange]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._not_before = 0.0  # of a clock that never goes back: the receiver asked all to wait
        self.failure: BaseException | None = None

    def add(self, lane: Hashable, change: PendingChange) -> None:
        """Add a change behind those of its lane."""
        waiting = self._lanes.get(lane)
        if waiting is not None:
            waiting.append(change)
            return
        self._lanes[lane] = deque([change])
        task = asyncio.create_task(self._run(lane))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def stop(self) -> None:
        """Begin no more attempts, and wait for those that were begun."""
        self._stopping.set()
        while self._tasks:
            await asyncio.wait(self._tasks)

    def cancel(self) -> None:
        """Break off whatever is on its way."""
        for task in self._tasks:
            task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.failure = task.exception()

    async def _run(self, lane: Hashable) -> None:
        waiting = self._lanes[lane]
        while waiting:
            delivery = await self._deliver(waiting[0])
            if delivery is None:
                return  # stopping: the lane stays closed
            await self._on_end(waiting.popleft(), delivery)
        del self._lanes[lane]

    async def _deliver(self, change: PendingChange) -> Delivery | None:
        """Try until the change is delivered, refused or given up; None when it is to stop before that."""
        delivery = Delivery()
        began = time.monotonic()
        while True:
            outcome = await self._attempt(change, delivery)
            if outcome is None:
                return None
            left = began + self._give_up_seconds - time.monotonic()
            if outcome.kind in ("delivered", "refused") or left <= 0:
                return delivery
            wait = max(wait_seconds(delivery.attempts), outcome.retry_after or 0.0)
            if outcome.retry_after is not None:
                self._not_before = max(self._not_before, time.monotonic() + min(wait, self._give_up_seconds))
            await self._sleep(min(wait, left))

    async def _attempt(self, change: PendingChange, delivery: Delivery) -> Outcome | None:
        async with self._slots:
            while not self._stopping.is_set() and (ahead := self._not_before - time.monotonic()) > 0:
                await self._sleep(ahead)
            if self._stopping.is_set():
                return None
            if delivery.first_ms is None:
                delivery.first_ms = int(time.time() * 1_000)
            outcome = await self._poster.post(change.id, change.body)
        delivery.attempts += 1
        delivery.last = outcome
        self._on_attempt(outcome)
        return outcome

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
