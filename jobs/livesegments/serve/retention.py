"""How long changes are kept, by event time: `--keep`."""

from __future__ import annotations

import sqlite3
import time

from livesegments.serve.tables import transaction

__all__ = ["Retention", "forgotten_number"]

_AT_ONCE = 2_000  # changes in one transaction, so that nobody waits for it
_PAUSE_SECONDS = 1.0
_OLD = "SELECT 1 FROM changes WHERE time_ms < ? LIMIT 1"
_FORGET = """
DELETE FROM changes WHERE number IN (SELECT number FROM changes WHERE time_ms < ? ORDER BY time_ms LIMIT ?)
RETURNING number"""
_NOTE = "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = max(value, excluded.value)"


class Retention:
    """Forgets changes that are more than `keep_ms` older than the newest one; members, sizes and history stay.

    Where a change is read again that was forgotten, it must not count twice: up to `before_ms`, a change whose number
    its user has passed counts as one that was there. So nothing is forgotten before the store has all that there is.
    """

    def __init__(self, connection: sqlite3.Connection, keep_ms: int | None) -> None:
        self._connection = connection
        self._keep_ms = keep_ms
        self._next = 0.0
        self.before_ms = _noted(connection, "forgotten_ms")  # of older changes some were forgotten

    def step(self) -> None:
        """Forget some of what is too old; to be called again and again while the store has all that there is."""
        if self._keep_ms is None or time.monotonic() < self._next:
            return
        execute = self._connection.execute
        newest_ms = execute("SELECT max(time_ms) FROM changes").fetchone()[0]
        before_ms = (newest_ms or 0) - self._keep_ms
        if execute(_OLD, [before_ms]).fetchone() is None:
            self._next = time.monotonic() + _PAUSE_SECONDS
            return
        with transaction(self._connection):
            gone = [number for (number,) in execute(_FORGET, (before_ms, _AT_ONCE))]
            execute(_NOTE, ("forgotten_ms", before_ms))
            execute(_NOTE, ("forgotten_number", max(gone)))
        self.before_ms = max(self.before_ms, before_ms)


def forgotten_number(connection: sqlite3.Connection) -> int:
    """Give the greatest number in the store of a change that was forgotten, 0 where none was."""
    return _noted(connection, "forgotten_number")


def _noted(connection: sqlite3.Connection, name: str) -> int:
    found = connection.execute("SELECT value FROM meta WHERE name = ?", [name]).fetchone()
    return int(found[0]) if found else 0
