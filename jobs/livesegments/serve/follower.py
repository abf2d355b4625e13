"""The follower: a thread that brings rows from a source into the store, for as long as the server runs."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

import msgspec

from livesegments.core.errors import EdgeError
from livesegments.serve.sources import Source
from livesegments.serve.store import Store

__all__ = ["Follower", "Standing"]

_LEVEL_SECONDS = 3.0  # behind by less than this is what a live stream looks like
_LOOK_SECONDS = 1.0  # between looks at how far behind
_RETRY_SECONDS_MAX = 10.0


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How the follower stands; `seconds` is how long ago the store last had all that was there."""

    is_alive: bool
    is_level: bool
    behind: int | None  # offsets of topics, bytes of files; None before the first look
    seconds: float
    problem: str | None


class Follower:
    """Follows in a thread of its own; the store is its alone while it runs."""

    def __init__(self, store: Store, source: Source, on_rows: Callable[[Follower], None] = lambda _: None) -> None:
        self.store = store
        self.on_rows = on_rows  # called from the thread after each transaction
        self._source = source
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="follower", daemon=True)
        self._behind: int | None = None
        self._positions: dict[str, int] = {}
        self._marks: deque[tuple[float, int]] = deque(
            maxlen=100_000
        )  # when it was looked, and how far the store has to come
        self._level_at = time.monotonic()
        self._looked_at = 0.0
        self._problem: str | None = None
        self.error: BaseException | None = None

    @property
    def title(self) -> str:
        """Give what is followed, for people."""
        return self._source.title

    def start(self) -> None:
        """Open the source, then follow it in the thread; raises EdgeError where it cannot be opened."""
        self._positions = self.store.positions()
        self._source.open(self._positions)
        self._level_at = time.monotonic()
        self._thread.start()

    def stop(self) -> None:
        """Stop after the transaction that runs, and close the store."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._source.close()
        self.store.close()

    def standing(self) -> Standing:
        """Tell how the follower stands."""
        is_alive = self._thread.is_alive() and self.error is None
        seconds = 0.0 if self._behind == 0 and self._problem is None else time.monotonic() - self._level_at
        return Standing(
            is_alive=is_alive,
            is_level=is_alive and self._problem is None and self._behind is not None and seconds < _LEVEL_SECONDS,
            behind=self._behind,
            seconds=seconds,
            problem=self._problem or (None if self.error is None else type(self.error).__name__),
        )

    def _run(self) -> None:
        wait = 0.5
        while not self._stop.is_set():
            try:
                self._step()
                self._problem, wait = None, 0.5
            except EdgeError as error:
                self._problem = str(error)
                self._stop.wait(wait)
                wait = min(wait * 2, _RETRY_SECONDS_MAX)
                self._reopen()
            except BaseException as error:
                self.error = error
                raise

    def _step(self) -> None:
        batch = self._source.poll()
        if batch.positions:
            self.store.apply(batch.rows, batch.positions)
            self._positions |= batch.positions
            self.on_rows(self)
        self.store.let_go()
        now = time.monotonic()
        if now - self._looked_at >= _LOOK_SECONDS:
            self._looked_at = now
            self._look(now)
        if self.standing().is_level:
            self.store.forget_old()

    def _look(self, now: float) -> None:
        """See how much there is, and since when the store has had all that there was."""
        self._behind = self._source.behind()
        have = sum(self._positions.values())
        self._marks.append((now, have + self._behind))
        while self._marks and (not self._behind or self._marks[0][1] <= have):
            self._level_at = self._marks.popleft()[0]

    def _reopen(self) -> None:
        try:
            self._source.open(self.store.positions())
        except EdgeError as error:
            self._problem = str(error)
