"""Profiles in keyed state: MapState<user id, bytes> below a shard, with a bounded cache of decoded ones.

The bytes are one version byte, when the profile row was last written, the one registered due second, a flag byte, then
the profile's own bytes. This operator is the only writer, and a new attempt starts with a new cache, so the cache
cannot be stale.

Profiles are written once per checkpoint, at the marks that every Batcher sends to every shard ahead of its barrier.
When the snapshot is taken, the state holds all that came before the barriers:
- Barriers are aligned (the job is not built otherwise): what a channel brings is taken before the snapshot only if it
  comes before the channel's barrier, and on each channel the mark is what a shard gets last before it. Whatever an
  event, a tick or a mark touched after the mark of one channel came on another one, whose own mark is still to come.
- Timers are another matter: in process mode those that a watermark made due fire when the bundle is finished, which may
  be between the last mark and the snapshot. So what a timer changes is written at once, unless the user is touched by
  what came on a channel: then that channel's mark is still to come.
- A Batcher that ends sends its marks, or an END, which is one, before it does.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from livesegments.core.memory import Room
from livesegments.core.profile import Profile
from livesegments.core.step import Engine
from livesegments.flink.mending import Step, done_again, without_what_fails
from livesegments.flink.newcomers import Newcomers

__all__ = ["NOT_WRITTEN", "Entry", "ProfileStore"]

FORMAT = 1
NOT_WRITTEN = -1
STEPS_MAX = 16
"""Steps of one user after which the profile is written before its time: so many are done again when one fails."""
PUT_MAX = 1_000
"""Users written in one call of Java; in process mode PyFlink 2.3 cannot: its `put_all` takes the keys only."""

NEWCOMERS_MAX = 200_000
"""Users of shards that began empty, of whom the store knows that it has them."""

_UNWRITTEN, _CHANGED = 1, 2
_HEAD = struct.Struct("<BqqB")


class Entry:
    """One user's profile in memory, with what only the job keeps about it."""

    __slots__ = (
        "due_second",
        "is_changed",
        "is_stored",
        "is_touched",
        "is_unwritten",
        "profile",
        "steps",
        "written_ms",
    )

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.written_ms = NOT_WRITTEN  # event time of the last row in `profiles`
        self.due_second = 0  # the one live registration in the due times, 0 without
        self.is_unwritten = False  # something was applied since the last row
        self.is_changed = False  # a change was emitted since the last row
        self.is_stored = False  # the state holds this user
        self.is_touched = False  # the state is behind
        self.steps: list[Step] = []  # what was done to the profile since the state was written


class ProfileStore:
    """Gives and keeps entries.

    In process mode a shard is loaded at once: a request to the JVM costs as much as ten steps.
    Decoded are at most `decoded_max`, and no more than about `bytes_max` bytes of memory hold.
    """

    def __init__(self, state: Any, engine: Engine, decoded_max: int, resident_max: int | None, bytes_max: int) -> None:
        self._failed: list[tuple[str, bytes, Exception]] = []  # user and event: what could not be stored
        self._state = state
        self._engine = engine
        self._room = Room(decoded_max, bytes_max)
        self._resident_left = resident_max
        self._written: dict[str, Entry] = {}  # those that the state holds as they are, used longest ago first
        self._touched: dict[str, dict[str, Entry]] = {}  # by shard, used longest ago first
        self._touched_count = 0
        self._shards: dict[str, dict[str, bytes | None]] = {}
        self._newcomers = Newcomers(state, NEWCOMERS_MAX)

    def get(self, shard: str, user_id: str) -> Entry:
        """Give a user's entry, a new one for an unknown user."""
        touched = self._touched.get(shard, {})
        entry = touched.get(user_id)
        if entry is not None:
            if self._room.is_short:  # who was used last goes last; before that nobody goes
                touched[user_id] = touched.pop(user_id)
            return entry
        entry = self._written.get(user_id)
        if entry is None:
            entry = self._written[user_id] = self._decode(user_id, self._read(shard, user_id))
        elif self._room.is_short:
            self._written[user_id] = self._written.pop(user_id)
        return entry

    def touch(self, shard: str, entry: Entry) -> None:
        """Take notice that the state is behind the entry; it is kept until it is written."""
        if entry.is_touched:
            return
        entry.is_touched = True
        user_id = entry.profile.user_id
        self._written.pop(user_id, None)
        self._touched.setdefault(shard, {})[user_id] = entry
        self._touched_count += 1

    def write_touched(self, shard: str) -> None:
        """Write every entry of a shard that the state is behind of."""
        touched = self._touched.get(shard)
        if not touched:
            return
        entries = list(touched.values())
        if self._resident_left is not None:
            for entry in entries:
                self.save(shard, entry)
            return
        self._touched[shard] = {}
        self._touched_count -= len(entries)
        for start in range(0, len(entries), PUT_MAX):
            contents = {}
            for entry in entries[start : start + PUT_MAX]:
                content = self._settled(shard, entry)
                if content is not None:
                    contents[entry.profile.user_id] = content
            self._newcomers.add(shard, dict.fromkeys(contents))
            self._state.put_all(contents)

    def save(self, shard: str, entry: Entry) -> None:
        """Write an entry to the state; a user of whom nothing has to be kept is forgotten.

        Where the profile cannot be encoded, the events that make it so are taken out and put aside (`take_failed`).
        """
        if entry.is_touched:
            del self._touched[shard][entry.profile.user_id]
            self._touched_count -= 1
        content = self._settled(shard, entry)
        if content is not None:
            self._write(shard, entry.profile.user_id, content)

    def _settled(self, shard: str, entry: Entry) -> bytes | None:
        """Give what to write for an entry that waits no more; where nothing is to be kept, it is gone already."""
        try:
            content = self._engine.snapshot(entry.profile)
        except Exception as error:
            content = self._mend(shard, entry, error)
        user_id = entry.profile.user_id
        entry.steps.clear()
        if content is not None:
            if entry.is_touched:
                entry.is_touched = False
                self._written[user_id] = entry
            entry.is_stored = True
            return _head(entry) + content
        entry.is_touched = False
        if entry.is_stored:
            self._write(shard, user_id, None)
        self._written.pop(user_id, None)
        return None

    def save_head(self, shard: str, entry: Entry) -> None:
        """Write what only the job keeps about a user whose stored profile is up to date; quicker than `save`."""
        user_id = entry.profile.user_id
        content = self._read(shard, user_id)
        assert content is not None, f"required a stored profile of {user_id}, found none"
        self._write(shard, user_id, _head(entry) + content[_HEAD.size :])

    def undo(self, shard: str, entry: Entry) -> None:
        """Bring a profile back to where it was before a step that raised, which is not among its steps."""
        profile = self._stored(shard, entry.profile.user_id)
        done_again(self._engine, profile, entry.steps)
        entry.profile = profile

    def drop(self, shard: str, entry: Entry) -> None:
        """Let go of an entry, written or not."""
        user_id = entry.profile.user_id
        if entry.is_touched:
            del self._touched[shard][user_id]
            self._touched_count -= 1
        self._written.pop(user_id, None)

    def trim(self, shard: str) -> None:
        """Let go of entries used long ago, only between batches: first written ones, then the shard's others.

        Those of other shards cannot be written now. So that none keeps all of the cache, a shard has its share of it;
        at most twice as many are decoded as was allowed.
        """
        over = self._room.over(len(self._written) + self._touched_count, self._entries)
        if not over:
            return
        for user_id in list(islice(self._written, over)):
            del self._written[user_id]
            over -= 1
        touched = self._touched.get(shard, {})
        over = min(over, len(touched) - self._room.most // len(self._touched)) if touched else 0
        for entry in list(islice(touched.values(), max(0, over))):
            self.save(shard, entry)
            self._written.pop(entry.profile.user_id, None)

    def _entries(self) -> Iterator[Entry]:
        return chain(self._written.values(), *(touched.values() for touched in self._touched.values()))

    def take_failed(self) -> list[tuple[str, bytes, Exception]]:
        """Give the events that were taken out of profiles because those could not be encoded, with user and error."""
        if not self._failed:
            return []
        failed, self._failed = self._failed, []
        return failed

    def users(self, shard: str) -> list[str]:
        """Give every user of a shard, those that are not written yet at the end."""
        stored = self._state.keys() if self._resident_left is None else self._resident(shard)
        return list(dict.fromkeys([*stored, *self._touched.get(shard, {})]))

    def _mend(self, shard: str, entry: Entry, error: Exception) -> bytes | None:
        if isinstance(error, MemoryError):
            raise error
        profile = self._stored(shard, entry.profile.user_id)
        profile, failed = without_what_fails(self._engine, profile, entry.steps)
        if not failed:
            raise error
        profile.sequence = max(profile.sequence, entry.profile.sequence)  # numbers that went out are not used again
        entry.profile = profile
        self._failed += [(profile.user_id, raw, reason) for raw, reason in failed]
        return self._engine.snapshot(profile)

    def _stored(self, shard: str, user_id: str) -> Profile:
        return self._decode(user_id, self._read(shard, user_id)).profile

    def _decode(self, user_id: str, content: bytes | None) -> Entry:
        if content is None:
            return Entry(self._engine.restore(user_id, None))
        version, written_ms, due_second, flags = _HEAD.unpack_from(content)
        if version != FORMAT:
            raise ValueError(f"expected profile state of format {FORMAT}, found {version}")
        entry = Entry(self._engine.restore(user_id, content[_HEAD.size :]))
        entry.written_ms, entry.due_second, entry.is_stored = written_ms, due_second, True
        entry.is_unwritten, entry.is_changed = bool(flags & _UNWRITTEN), bool(flags & _CHANGED)
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
            known = self._newcomers.known(shard)
            return self._state.get(user_id) if known is None or user_id in known else None
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
            self._newcomers.add(shard, {user_id: None})
            self._state.put(user_id, content)


def _head(entry: Entry) -> bytes:
    flags = entry.is_unwritten * _UNWRITTEN | entry.is_changed * _CHANGED
    return _HEAD.pack(FORMAT, entry.written_ms, entry.due_second, flags)
