"""Questions to the store, answered from its file; safe beside the writer."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from livesegments.core.times import format_time
from livesegments.serve.endings import Ending, Endings
from livesegments.serve.replies import ChangeList, Member, MemberList, UserSegments
from livesegments.serve.retention import forgotten_number
from livesegments.serve.tables import open_to_read

__all__ = ["Reader", "StoredChange", "shown_time"]

_NEWEST = """
SELECT number, user_id, segment, kind, record FROM changes ORDER BY time_ms DESC, number DESC LIMIT ?"""
_NEWEST_OF = """
SELECT number, user_id, segment, kind, record FROM changes WHERE segment = ?
ORDER BY time_ms DESC, number DESC LIMIT ?"""


class StoredChange(msgspec.Struct, frozen=True):
    """A change and its place in the store."""

    number: int
    user_id: str
    segment: str | None
    kind: str
    record: bytes


def shown_time(time_ms: int | None) -> str | None:
    """Write a time, None for none."""
    return None if time_ms is None else format_time(time_ms)


class Reader:
    """One connection a thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self.name = str(self.one("SELECT value FROM meta WHERE name = 'name'")[0])

    def close(self) -> None:
        """Close all connections."""
        for connection in self._opened:
            connection.close()

    @property
    def connection(self) -> sqlite3.Connection:
        """Give this thread's connection."""
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = self._local.connection = open_to_read(self._path)
            self._opened.append(found)
        return found

    def one(self, query: str, values: Sequence[Any] = ()) -> Any:
        """Give the first row of a query, None for none."""
        return self.connection.execute(query, values).fetchone()

    def all(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """Give all rows of a query."""
        return self.connection.execute(query, values).fetchall()

    def ending(self, user_id: str) -> Ending | None:
        """Give what is known of the end of a user who is not in the store."""
        return Endings(self.connection).find(user_id)

    def profile(self, user_id: str) -> bytes | None:
        """Give a profile document, with the segments and clusters of a newer change if there was one."""
        found = self.one(
            "SELECT sequence, updated_ms, segments, clusters, profile_sequence, profile FROM users WHERE user_id = ?",
            [user_id],
        )
        if found is None:
            return None
        sequence, updated_ms, segments, clusters, profile_sequence, profile = found
        if profile is not None and profile_sequence >= sequence:
            return bytes(profile)
        known = {"user_id": user_id, "sequence": 0, "predictions": {}, "features": {}}
        document = known if profile is None else msgspec.json.decode(profile, type=dict)
        document |= {"sequence": sequence, "updated_at": shown_time(updated_ms)}
        return msgspec.json.encode(document | {"segments": json.loads(segments), "clusters": json.loads(clusters)})

    def user_segments(self, user_id: str) -> UserSegments | None:
        """Give the segments of a user."""
        found = self.one("SELECT segments, updated_ms FROM users WHERE user_id = ?", [user_id])
        return None if found is None else UserSegments(user_id, json.loads(found[0]), shown_time(found[1]))

    def user_changes(self, user_id: str, limit: int, before: int | None) -> ChangeList | None:
        """Give changes of a user, newest first, below a sequence; None for a user who is not in the store."""
        if self.one("SELECT 1 FROM users WHERE user_id = ?", [user_id]) is None:
            return None
        rows = self.all(
            "SELECT record, sequence FROM changes WHERE user_id = ? AND sequence < ? ORDER BY sequence DESC LIMIT ?",
            (user_id, before if before is not None else 1 << 62, limit + 1),
        )
        more = rows[limit - 1][1] if len(rows) > limit else None
        return ChangeList([msgspec.Raw(record) for record, _ in rows[:limit]], more)

    def members(self, segment: str, limit: int, after: str | None) -> MemberList:
        """Give members by user id, those after an id."""
        rows = self.all(
            "SELECT user_id, since_ms FROM members WHERE segment = ? AND user_id > ? ORDER BY user_id LIMIT ?",
            (segment, after or "", limit + 1),
        )
        members = [Member(user, shown_time(since_ms)) for user, since_ms in rows[:limit]]
        return MemberList(members, members[-1].user_id if len(rows) > limit else None)

    def users(self) -> int:
        """Give how many users there are."""
        return int(self.one("SELECT value FROM meta WHERE name = 'users'")[0])

    def newest_change_ms(self) -> int | None:
        """Give the time of the newest change by event time."""
        found = self.one("SELECT max(time_ms) FROM changes")[0]
        return None if found is None else int(found)

    def newest_changes(self, limit: int, segment: str | None = None) -> list[StoredChange]:
        """Give the newest changes by event time, of all segments or of one (or one clustering)."""
        rows = self.all(_NEWEST, [limit]) if segment is None else self.all(_NEWEST_OF, [segment, limit])
        return [StoredChange(*row) for row in rows]

    def last_number(self) -> int:
        """Give the number of the change that the store took last."""
        found = self.one("SELECT seq FROM sqlite_sequence WHERE name = 'changes'")
        return int(found[0]) if found else 0

    def forgotten_number(self) -> int:
        """Give the greatest number of a change that `--keep` let go of, 0 where there is none."""
        return forgotten_number(self.connection)

    def changes_after(self, number: int, limit: int) -> list[StoredChange]:
        """Give changes in the order in which the store took them."""
        rows = self.all(
            "SELECT number, user_id, segment, kind, record FROM changes WHERE number > ? ORDER BY number LIMIT ?",
            (number, limit),
        )
        return [StoredChange(*row) for row in rows]
