"""What people are told of a run: what it is waiting for, and what it did."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from livesegments.core.ingest import Counts
from livesegments.core.skipped import Skipped

__all__ = ["Progress", "Summary", "silent"]


def silent(_: str) -> None:
    """Say nothing."""


class Progress:
    """Says what a run is waiting for, and since when it runs."""

    def __init__(self, say: Callable[[str], None] = silent) -> None:
        self._say = say
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        """Give the time since the start."""
        return time.monotonic() - self._start

    def say(self, text: str) -> None:
        """Say a line with the time before it."""
        self._say(f"{self.seconds:5.1f} s  {text}")


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What a run did; `counts` and what was skipped only where the input ended."""

    counts: Counts | None
    skipped: Skipped
    seconds: float
    first_change_seconds: float | None
    busy_seconds: float | None  # from the first batch to the last, start-up excluded

    @property
    def events_per_second(self) -> float | None:
        """Give the rate of the job without its start-up."""
        return self.counts.events / self.busy_seconds if self.counts and self.busy_seconds else None
