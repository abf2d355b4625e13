"""Letting go of deleted bytes: out of the log, and out of the free parts of pages."""

from __future__ import annotations

import sqlite3
import time

__all__ = ["Cleaner"]

_PAUSE_SECONDS_MIN = 1.0
_PAUSE_RATIO = 50  # so that at most a fiftieth of the time goes into it


class Cleaner:
    """After users ended, cuts the log at once and writes the file anew as soon as that is affordable.

    `PRAGMA secure_delete` zeroes what is deleted, but where pages were split an old copy of a key may lie in the free
    part of a page: about one erasure in 300 left its id there. VACUUM leaves nothing. What is to be done is noted in
    the file, in the transaction that deletes, so that it is done after a crash too.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._next = 0.0
        self._is_in_log = self.is_due = bool(self._execute("SELECT 1 FROM meta WHERE name = 'unclean'").fetchone())

    def note(self) -> None:
        """Note, inside a transaction, that something was deleted for good."""
        self._execute("INSERT OR REPLACE INTO meta VALUES ('unclean', 1)")
        self._is_in_log = self.is_due = True

    def step(self) -> None:
        """Do what can be done now; a reader who holds the log lets it wait for the next call."""
        if self._is_in_log:
            self._is_in_log = not self._cut_log()
        if self.is_due and not self._is_in_log and time.monotonic() >= self._next:
            start = time.monotonic()
            self._execute("VACUUM")
            self._execute("DELETE FROM meta WHERE name = 'unclean'")
            self.is_due, self._is_in_log = False, not self._cut_log()
            now = time.monotonic()
            self._next = now + max(_PAUSE_SECONDS_MIN, _PAUSE_RATIO * (now - start))

    def _cut_log(self) -> bool:
        self._execute("PRAGMA busy_timeout = 50")
        (is_busy, _, _) = self._execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self._execute("PRAGMA busy_timeout = 10000")
        return not is_busy

    def _execute(self, statement: str) -> sqlite3.Cursor:
        return self._connection.execute(statement)
