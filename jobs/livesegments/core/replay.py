"""Replay: the step over a whole input in arrival order, in one process, without Flink."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from livesegments.core.changes import Change
from livesegments.core.document import tombstone
from livesegments.core.errors import BadEvent
from livesegments.core.events import Reading
from livesegments.core.ingest import Ingest
from livesegments.core.memory import DECODED_WEIGHT
from livesegments.core.profile import Profile
from livesegments.core.step import Engine

__all__ = ["Profiles", "Replay"]

BYTES_MAX = 1_000_000_000
WEIGHED_MIN = 4_096
WEIGHED_EACH = 64


class Profiles:
    """All users' profiles: bytes for each, and decoded those used last.

    Decoded are at most `decoded_max`, and no more than about `bytes_max` bytes of memory hold.
    """

    def __init__(self, engine: Engine, decoded_max: int = sys.maxsize, bytes_max: int = BYTES_MAX) -> None:
        self.engine = engine
        self.decoded_max = decoded_max
        self.bytes_max = bytes_max
        self.stored: dict[str, bytes] = {}
        self.decoded: dict[str, Profile] = {}
        self._room = 0  # with so many decoded, it is time to see whether more may be
        self._is_full = False

    def __getitem__(self, user_id: str) -> Profile:
        """Give a user's profile, a new one for an unknown user."""
        decoded = self.decoded
        profile = decoded.get(user_id)
        if profile is not None:
            if self._is_full:  # who was used last goes last; before it is full nobody goes
                decoded[user_id] = decoded.pop(user_id)
            return profile
        profile = self.engine.restore(user_id, self.stored.get(user_id))
        if len(decoded) >= self._room:
            self._make_room()
        decoded[user_id] = profile
        return profile

    def __iter__(self) -> Iterator[str]:
        """Give every known user, by code point."""
        return iter(sorted(self.stored.keys() | self.decoded.keys()))

    def flush(self) -> dict[str, bytes]:
        """Give the bytes of every user that has something to keep."""
        for profile in self.decoded.values():
            self._store(profile)
        return self.stored

    def _make_room(self) -> None:
        """Allow more decoded profiles, or let go of a sixteenth: to find the oldest takes a walk."""
        decoded = self.decoded
        most = max(1, min(self.decoded_max, self._held_in_bytes()))
        if len(decoded) < most:
            self._room = min(most, 2 * len(decoded) + WEIGHED_MIN)
            return
        self._room, self._is_full = most, True
        for user_id in list(islice(decoded, len(decoded) - most + 1 + most // 16)):
            self._store(decoded.pop(user_id))

    def _held_in_bytes(self) -> int:
        """Give how many profiles are about as large in memory as is allowed, by what some are stored as."""
        if len(self.decoded) < WEIGHED_MIN:
            return WEIGHED_MIN
        some = [self.engine.snapshot(profile) for profile in islice(self.decoded.values(), 0, None, WEIGHED_EACH)]
        return int(self.bytes_max * len(some) / (DECODED_WEIGHT * sum(len(content or b" ") for content in some)))

    def _store(self, profile: Profile) -> None:
        content = self.engine.snapshot(profile)
        if content is None:
            self.stored.pop(profile.user_id, None)
        else:
            self.stored[profile.user_id] = content


class Replay:
    """Feeds lines to the step and counts what became of them; `reading` is what holds for all events of the run."""

    def __init__(
        self,
        engine: Engine,
        until_ms: int | None = None,
        on_dead_letter: Callable[[bytes, BadEvent], None] | None = None,
        reading: Reading | None = None,
    ) -> None:
        self.engine = engine
        self.until_ms = until_ms
        self.profiles = Profiles(engine)
        self.greatest_ms: int | None = None
        self._ingest = Ingest(engine, self.profiles.__getitem__, until_ms, reading, on_dead_letter)
        self.counts = self._ingest.counts
        self.skipped = self._ingest.reading.skipped

    def run(self, lines: Iterable[bytes]) -> Iterator[Change]:
        """Give the changes of all lines, then those that come due until the end."""
        for line in lines:
            yield from self.feed(line)
        yield from self.finish()

    def feed(self, line: bytes) -> list[Change]:
        """Apply one line; blank lines are no events."""
        ingest = self._ingest
        taken = ingest.take(line)
        moved = [change for one in ingest.moved for change in one.changes] if ingest.moved else []
        if taken is None:
            return moved
        time_ms = taken.event.time_ms
        if (self.greatest_ms is None or time_ms > self.greatest_ms) and taken.outcome != "ignored":
            self.greatest_ms = time_ms
        return moved + taken.changes if moved else taken.changes

    @property
    def end_ms(self) -> int | None:
        """Give the time at which the input ends: `until`, else the greatest accepted event time so far."""
        return self.until_ms if self.until_ms is not None else self.greatest_ms

    def finish(self) -> Iterator[Change]:
        """Advance every user to `until`, or to the greatest accepted event time."""
        end_ms = self.end_ms
        if end_ms is None:
            return
        for user_id in self.profiles:
            yield from self.advance(user_id, end_ms)

    def advance(self, user_id: str, now_ms: int) -> list[Change]:
        """Advance one user to a time."""
        changes = self.engine.advance(self.profiles[user_id], now_ms)
        self.counts.changes += len(changes)
        return changes

    def documents(self) -> Iterator[bytes]:
        """Give each user's profile document, by code point of the user id; a tombstone for an erased or merged one."""
        for user_id in self.profiles:
            profile = self.profiles[user_id]
            document = self.engine.document(profile, self.end_ms)
            if document is not None:
                yield document
            elif profile.gone:
                yield tombstone(user_id)
