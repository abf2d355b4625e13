"""Profiles in keyed state: MapState<user id, bytes> below a shard, with a bounded cache of decoded ones.

The bytes are one version byte, when the profile row was last written, the one registered due second, a flag byte, then
the profile's own bytes. This operator is the only writer, and a new attempt starts with a new cache, so the cache
cannot be stale.
"""

from __future__ import annotations

import struct
from typing import Any

from livesegments.core.profile import Profile
from livesegments.core.step import Engine

__all__ = ["NOT_WRITTEN", "Entry", "ProfileStore"]

FORMAT = 1
NOT_WRITTEN = -1
_HEAD = struct.Struct("<BqqB")


class Entry:
    """One user's profile in memory, with what only the job keeps about it."""

    __slots__ = ("due_second", "is_changed", "is_stored", "is_unwritten", "profile", "written_ms")

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.written_ms = NOT_WRITTEN  # event time of the last row in `profiles`
        self.due_second = 0  # the one live registration in the due times, 0 without
        self.is_unwritten = False  # something was applied since the last row
        self.is_changed = False  # a change was emitted in this call; not stored
        self.is_stored = False  # the state holds this user


class ProfileStore:
    """Gives and keeps entries.

    In process mode a shard is loaded at once: a request to the JVM costs as much as ten steps.
    """

    def __init__(self, state: Any, engine: Engine, decoded_max: int, resident_max: int | None) -> None:
        self._state = state
        self._engine = engine
        self._decoded_max = decoded_max
        self._resident_left = resident_max
        self._decoded: dict[str, Entry] = {}
        self._shards: dict[str, dict[str, bytes | None]] = {}

    def get(self, shard: str, user_id: str) -> Entry:
        """Give a user's entry, a new one for an unknown user."""
        entry = self._decoded.pop(user_id, None)
        if entry is None:
            entry = self._decode(user_id, self._read(shard, user_id))
        self._decoded[user_id] = entry
        return entry

    def save(self, shard: str, entry: Entry) -> None:
        """Write an entry to the state; a user of whom nothing has to be kept is forgotten."""
        user_id = entry.profile.user_id
        content = self._engine.snapshot(entry.profile)
        if content is None:
            if entry.is_stored:
                self._write(shard, user_id, None)
            self._decoded.pop(user_id, None)
            return
        entry.is_stored = True
        self._write(shard, user_id, _head(entry) + content)

    def save_head(self, shard: str, entry: Entry) -> None:
        """Write what only the job keeps about a user whose stored profile is up to date; quicker than `save`."""
        user_id = entry.profile.user_id
        content = self._read(shard, user_id)
        assert content is not None, f"required a stored profile of {user_id}, found none"
        self._write(shard, user_id, _head(entry) + content[_HEAD.size :])

    def trim(self) -> None:
        """Let go of the entries used longest ago; only between batches, when all are saved."""
        while len(self._decoded) > self._decoded_max:
            del self._decoded[next(iter(self._decoded))]

    def users(self, shard: str) -> list[str]:
        """Give every user of a shard."""
        if self._resident_left is not None:
            return list(self._resident(shard))
        return list(self._state.keys())

    def _decode(self, user_id: str, content: bytes | None) -> Entry:
        if content is None:
            return Entry(self._engine.restore(user_id, None))
        version, written_ms, due_second, flags = _HEAD.unpack_from(content)
        if version != FORMAT:
            raise ValueError(f"expected profile state of format {FORMAT}, found {version}")
        entry = Entry(self._engine.restore(user_id, content[_HEAD.size :]))
        entry.written_ms, entry.due_second = written_ms, due_second
        entry.is_unwritten, entry.is_stored = bool(flags), True
        return entry

    def _resident(self, shard: str) -> dict[str, bytes | None]:
        """Give a shard's users as far as memory is granted; None stands for bytes that are in the state only."""
        users = self._shards.get(shard)
        if users is None:
            users = self._shards[shard] = {}
            for user_id, content in self._state.items():
                users[user_id] = self._granted(content)
        return users

    def _granted(self, content: bytes) -> bytes | None:
        if not self._resident_left:
            return None
        self._resident_left -= 1
        return content

    def _read(self, shard: str, user_id: str) -> bytes | None:
        if self._resident_left is None:
            return self._state.get(user_id)  # type: ignore[no-any-return]
        users = self._resident(shard)
        if user_id not in users:
            return None
        content = users[user_id]
        return self._state.get(user_id) if content is None else content

    def _write(self, shard: str, user_id: str, content: bytes | None) -> None:
        if self._resident_left is not None:
            users = self._resident(shard)
            if content is None:
                if users.pop(user_id, None) is not None:
                    self._resident_left += 1
            elif user_id not in users:
                users[user_id] = self._granted(content)
            elif users[user_id] is not None:
                users[user_id] = content
        if content is None:
            self._state.remove(user_id)
        else:
            self._state.put(user_id, content)


def _head(entry: Entry) -> bytes:
    return _HEAD.pack(FORMAT, entry.written_ms, entry.due_second, entry.is_unwritten)
