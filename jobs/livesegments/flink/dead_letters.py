"""Dead letters of the job: a row for each event that was not applied, counted by its reason."""

from __future__ import annotations

import time

from livesegments.core.deadletter import dead_letter
from livesegments.core.errors import BadEvent
from livesegments.flink.frames import TABLES, RowFrame
from livesegments.flink.tally import Tally

__all__ = ["DeadLetters"]

DEAD_LETTERS = TABLES.index("dead_letters")
MESSAGE_MAX = 1_000

Origin = tuple[str | None, int | None, int | None]
"""Topic, partition and offset, as far as they are known."""


class DeadLetters:
    """Makes rows of errors."""

    def __init__(self, rows: RowFrame, tally: Tally) -> None:
        self._rows = rows
        self._tally = tally

    def add(self, raw: bytes, error: Exception, user: str | None, origin: Origin = (None, None, None)) -> None:
        """Add the letter of an event: bad as its BadEvent says, or `failed`: the step could not take it.

        Raises the error where it says nothing about the event.
        """
        if isinstance(error, BadEvent):
            reason, message, user = error.reason, error.message, error.user
        elif isinstance(error, MemoryError):
            raise error
        else:
            reason = "failed"
            message = f"the event could not be applied: {type(error).__name__}: {error}"[:MESSAGE_MAX]
        self._tally.dead_letter(reason)
        received_ms = time.time_ns() // 1_000_000
        self._rows.add(DEAD_LETTERS, user, dead_letter(raw, reason, message, received_ms, *origin))
