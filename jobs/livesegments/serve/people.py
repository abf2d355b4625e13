"""Users in the store: profiles and changes move them; an end takes all that is theirs."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from livesegments.core.changes import ENDS
from livesegments.serve.endings import Endings
from livesegments.serve.retention import Retention
from livesegments.serve.rows import ChangeData, ChangeHead, ProfileHead, time_ms_of
from livesegments.serve.tallying import Tallies, step_of

__all__ = ["People", "User"]

_PUT = """
INSERT INTO users (user_id, sequence, updated_ms, segments, clusters, profile_sequence, profile)
VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (user_id) DO UPDATE SET sequence = excluded.sequence,
updated_ms = excluded.updated_ms, segments = excluded.segments, clusters = excluded.clusters"""
_PUT_PROFILE = ", profile_sequence = excluded.profile_sequence, profile = excluded.profile"
_DELETES = (
    "DELETE FROM users WHERE user_id = ?",
    "DELETE FROM changes WHERE user_id = ?",
    "DELETE FROM dead_letters WHERE user_id = ?",
)
_encode = msgspec.json.Encoder().encode


class User(msgspec.Struct):
    """A user's row but the profile; segments and clusters are those of the newest record by sequence."""

    user_id: str
    sequence: int = 0
    updated_ms: int | None = None
    segments: list[str] = []
    clusters: dict[str, Any] = {}
    is_known: bool = False


class People:
    """Applies profiles and changes inside a transaction that the store holds; numbers go to the tallies."""

    def __init__(self, connection: sqlite3.Connection, tallies: Tallies, retention: Retention) -> None:
        self._connection = connection
        self._tallies = tallies
        self._retention = retention
        self._endings = Endings(connection)
        self.ended = 0  # in this transaction

    def profile(self, head: ProfileHead, document: bytes) -> None:
        """Put a profile; what is older than the user's end is dropped."""
        updated_ms = time_ms_of(head.updated_at)
        if not self._endings.takes_profile(head.user_id, head.sequence, updated_ms):
            return
        user = self._find(head.user_id)
        if not user.is_known or head.sequence >= user.sequence:
            self._move(user, head.segments, None)
            self._cluster(user, head.clusters)
            user.sequence = head.sequence
        user.updated_ms = max(updated_ms or 0, user.updated_ms or 0) or None
        self._put(user, head.sequence, document)

    def tombstone(self, user_id: str) -> None:
        """Take a user out by the tombstone of an end."""
        if self._endings.read_tombstone(user_id):
            self._end(user_id, None)

    def change(self, head: ChangeHead, record: bytes) -> bool:
        """Put a change and move its user; tells whether it is kept."""
        detail, time_ms = head.data, time_ms_of(head.time) or 0
        if head.type in ENDS:
            if self._endings.read_change(detail.user_id, detail.sequence, time_ms, detail.into):
                self._end(detail.user_id, time_ms)
            return False
        if not self._endings.takes_change(detail.user_id, detail.sequence, time_ms):
            return False
        if time_ms < self._retention.before_ms and detail.sequence <= self._find(detail.user_id).sequence:
            return False  # it was there, and is forgotten
        subject = detail.segment if detail.clustering is None else detail.clustering
        kind = detail.change or head.type if detail.clustering is None else "moved"
        values = (detail.user_id, detail.sequence, subject, kind, time_ms, record)
        insert = "INSERT OR IGNORE INTO changes (user_id, sequence, segment, kind, time_ms, record) VALUES "
        if self._connection.execute(insert + "(?, ?, ?, ?, ?, ?)", values).rowcount != 1:
            return False  # a duplicate, as at-least-once delivery makes them
        if detail.clustering is None and detail.segment is not None:
            tally = self._tallies.entered if kind == "entered" else self._tallies.left
            tally[detail.segment, step_of(time_ms)] += 1
        self._follow(detail, kind, time_ms)
        return True

    def _follow(self, detail: ChangeData, kind: str, time_ms: int) -> None:
        """Let a change move the user unless a newer record did."""
        user = self._find(detail.user_id)
        if user.is_known and detail.sequence <= user.sequence:
            if kind == "entered" and detail.segment in user.segments:
                self._since(user.user_id, detail.segment, time_ms)
            return
        if detail.clustering is not None:
            self._cluster(user, {**user.clusters, detail.clustering: detail.after})
        elif detail.segments_after is not None:
            self._move(user, detail.segments_after, time_ms)
        user.sequence = detail.sequence
        user.updated_ms = max(time_ms, user.updated_ms or 0)
        self._put(user, None, None)

    def _since(self, user_id: str, segment: str, time_ms: int) -> None:
        """Note when a user entered, where that was not known or an earlier stay was."""
        self._connection.execute(
            "UPDATE members SET since_ms = ? WHERE segment = ? AND user_id = ? AND coalesce(since_ms, -1) < ?",
            (time_ms, segment, user_id, time_ms),
        )

    def _move(self, user: User, after: Sequence[str], since_ms: int | None) -> None:
        if user.segments == after:
            return
        before, now = set(user.segments), set(after)
        for name in now - before:
            self._tallies.members[name] += 1
        for name in before - now:
            self._tallies.members[name] -= 1
        execute = self._connection.executemany
        execute("INSERT INTO members VALUES (?, ?, ?)", [(name, user.user_id, since_ms) for name in now - before])
        gone = [(name, user.user_id) for name in before - now]
        execute("DELETE FROM members WHERE segment = ? AND user_id = ?", gone)
        user.segments = list(after)

    def _cluster(self, user: User, after: Mapping[str, Any]) -> None:
        if user.clusters == after:
            return
        for clusters, step in ((user.clusters, -1), (after, 1)):
            for name, cluster in clusters.items():
                if isinstance(cluster, str):
                    self._tallies.clusters[name, cluster] += step
        user.clusters = dict(after)

    def _find(self, user_id: str) -> User:
        found = self._connection.execute(
            "SELECT sequence, updated_ms, segments, clusters FROM users WHERE user_id = ?", [user_id]
        ).fetchone()
        if found is None:
            return User(user_id)
        return User(user_id, found[0], found[1], json.loads(found[2]), json.loads(found[3]), True)

    def _put(self, user: User, profile_sequence: int | None, document: bytes | None) -> None:
        self._tallies.users += not user.is_known
        self._connection.execute(
            _PUT if document is None else _PUT + _PUT_PROFILE,
            (
                user.user_id,
                user.sequence,
                user.updated_ms,
                _encode(user.segments).decode(),
                _encode(user.clusters).decode(),
                profile_sequence,
                document,
            ),
        )

    def _end(self, user_id: str, time_ms: int | None) -> None:
        user = self._find(user_id)
        self._tallies.users -= user.is_known
        ended_ms = step_of(time_ms or user.updated_ms or 0)
        for name in user.segments:
            self._tallies.ended[name, ended_ms] += 1
        self._move(user, [], None)
        self._cluster(user, {})
        for statement in _DELETES:
            self._connection.execute(statement, [user_id])
        self._endings.forget_links(user_id)
        self.ended += 1

    def was_erased(self, user_id: str) -> bool:
        """Tell whether a user was ever erased."""
        ending = self._endings.find(user_id)
        return ending is not None and ending.erased
