"""Stopping cleanly: the first SIGINT or SIGTERM asks a relay to finish what it is doing, the second ends it at once."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Stop", "stopped_by_signals"]


class Stop:
    """Whether to stop. A pipe wakes who waits: an event of `threading` may deadlock when a signal handler sets it."""

    def __init__(self) -> None:
        self.is_set = False
        self._read, self._write = os.pipe()

    def set(self) -> None:
        """Ask to stop; a second time, raise KeyboardInterrupt."""
        if self.is_set:
            raise KeyboardInterrupt
        self.is_set = True
        os.write(self._write, b".")

    def wait(self, seconds: float) -> None:
        """Wait so long, or until asked to stop."""
        select.select([self._read], [], [], max(0.0, seconds))

    def close(self) -> None:
        """Close the pipe."""
        os.close(self._read)
        os.close(self._write)


@contextmanager
def stopped_by_signals() -> Iterator[Stop]:
    """Give a Stop that SIGINT and SIGTERM set."""
    stop = Stop()

    def ask(*_: Any) -> None:
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        stop.close()
