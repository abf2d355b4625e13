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
from livesegments.core.memory import Room
from livesegments.core.profile import Profile
from livesegments.core.step import Engine

__all__ = ["NAMES_MAX", "Profiles", "Replay", "count_name"]

BYTES_MAX = 1_000_000_000
NAMES_MAX = 10_000


def count_name(names: dict[str, int], event_type: str, event: str | None) -> None:
    """Count one more event by its name, or by its type where it is no `track`; of at most 10,000 names."""
    name = event if event and event_type.lower() == "track" else event_type
    if name in names:
        names[name] += 1
    elif len(names) < NAMES_MAX:
        names[name] = 1


class Profiles:
    """All users' profiles: bytes for each, and decoded those used last, as many as there is room for."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.room = Room(sys.maxsize, BYTES_MAX)
        self.stored: dict[str, bytes] = {}
        self.decoded: dict[str, Profile] = {}

    def __getitem__(self, user_id: str) -> Profile:
        """Give a user's profile, a new one for an unknown user."""
        decoded = self.decoded
        profile = decoded.get(user_id)
        if profile is not None:
            if self.room.is_short:  # who was used last goes last; before that nobody goes
                decoded[user_id] = decoded.pop(user_id)
            return profile
        decoded[user_id] = profile = self.engine.restore(user_id, self.stored.get(user_id))
        if len(decoded) > self.room.most:
            self._make_room()
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
        """Let go of those used longest ago."""
        over = self.room.over(len(self.decoded), self.decoded.values)
        for user_id in list(islice(self.decoded, over)):
            self._store(self.decoded.pop(user_id))

    def _store(self, profile: Profile) -> None:
        content = self.engine.snapshot(profile)
        if content is None:
            self.stored.pop(profile.user_id, None)
        else:
            self.stored[profile.user_id] = content


class Replay:
    """Feeds lines to the step and counts what became of them; `reading` is what holds for all events of the run.

    `names` counts `track` events by their name and all others by their type, but no dead letters; at most 10,000 names.
    """

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
        self.names: dict[str, int] = {}
        self._ingest = Ingest(engine, self.profiles.__getitem__, until_ms, reading, on_dead_letter)
        self.counts = self._ingest.counts
        self.skipped = self._ingest.reading.skipped

    def run(self, lines: Iterable[bytes]) -> Iterator[Change]:
        """Give the changes of all lines, then those that come due until the end."""
        for line in lines:
            changes = self.feed(line)
            if changes:  # most lines bring none
                yield from changes
        yield from self.finish()

    def feed(self, line: bytes) -> list[Change]:
        """Apply one line; blank lines are no events."""
        ingest = self._ingest
        taken = ingest.take(line)
        changes: list[Change] = []
        if taken is not None:
            changes, event = taken.changes, taken.event
            count_name(self.names, event.type, event.event)
            time_ms, greatest_ms = event.time_ms, self.greatest_ms
            if (greatest_ms is None or time_ms > greatest_ms) and taken.outcome != "ignored":
                self.greatest_ms = time_ms
        return [change for one in ingest.moved for change in one.changes] + changes if ingest.moved else changes

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
