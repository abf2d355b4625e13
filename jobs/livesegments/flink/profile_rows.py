"""Rows of `profiles` in a live run: wanted when a profile changes, written together once a second of wall time."""

from __future__ import annotations

import time

from livesegments.core.document import tombstone
from livesegments.core.step import Engine
from livesegments.flink.frames import TABLES, RowFrame
from livesegments.flink.store import Entry
from livesegments.flink.tally import Tally

__all__ = ["WRITE_INTERVAL_MS", "ProfileRows"]

WRITE_INTERVAL_MS = 60_000
"""Event time after which a profile is written that nothing but its features' values has changed."""

WALL_SECONDS_MIN = 0.9
"""Wall time between two rows of a user: a second, less what checkpoints of a second come too early."""

PROFILES = TABLES.index("profiles")


class ProfileRows:
    """Whose rows are wanted, by shard, and how they are written.

    A wanted row is not lost: its entry says so in the state, and is registered in the due times until it is written.
    """

    def __init__(self, engine: Engine, rows: RowFrame, tally: Tally) -> None:
        self._engine = engine
        self._tally = tally
        self._rows = rows
        self._wanted: dict[str, dict[str, None]] = {}
        self._written_at: dict[str, float] = {}  # seconds of a clock that only goes forward, by shard

    def want(self, shard: str, user_id: str) -> None:
        """Have a look at a user's row at the next mark."""
        self._wanted.setdefault(shard, {})[user_id] = None

    def wanted(self, shard: str) -> tuple[list[str], bool]:
        """Give whose rows to look at, and whether they may be written: then none of them is wanted any more."""
        users = list(self._wanted.get(shard, ()))
        now = time.monotonic()
        may_write = now - self._written_at.get(shard, -1.0) >= WALL_SECONDS_MIN
        if users and may_write:
            del self._wanted[shard]
            self._written_at[shard] = now
        return users, may_write

    def is_due(self, entry: Entry, now_ms: int) -> bool:
        """Tell whether a row is to be written at an event time."""
        return entry.is_changed or (entry.is_unwritten and now_ms - entry.written_ms >= WRITE_INTERVAL_MS)

    def due_ms(self, entry: Entry, now_ms: int) -> int:
        """Give the event time at which a row that is not written now must be looked at again."""
        due_ms = entry.written_ms + WRITE_INTERVAL_MS
        return due_ms if due_ms > now_ms and not entry.is_changed else now_ms + WRITE_INTERVAL_MS

    def write(self, entry: Entry, now_ms: int) -> None:
        """Add a user's row: the profile, a delete for an erased user, nothing for one that is forgotten.

        A profile that cannot be encoded is left out, and counted.
        """
        user_id, document = entry.profile.user_id, None
        try:
            document = self._engine.document(entry.profile, now_ms)
        except MemoryError:
            raise
        except Exception:
            self._tally.failures += 1
        if document is not None:
            self._rows.add(PROFILES, user_id, document)
        elif entry.profile.erased:
            self._rows.add(PROFILES, user_id, tombstone(user_id), delete=True)
        entry.written_ms, entry.is_unwritten, entry.is_changed = now_ms, False, False
