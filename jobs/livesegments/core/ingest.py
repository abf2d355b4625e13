"""Ingest: one raw event in, and what became of it out; the same for replay, the job, explain and the learner."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from livesegments.core.changes import Change
from livesegments.core.definition import Definition
from livesegments.core.errors import BadEvent
from livesegments.core.events import Event, Reading, decode
from livesegments.core.profile import Profile
from livesegments.core.skipped import Skipped
from livesegments.core.step import Engine, Outcome
from livesegments.core.times import NEVER

__all__ = ["Counts", "Ingest", "Taken", "event_of", "reading_of"]

ProfileOf = Callable[[str], Profile]
Refuse = Callable[[bytes, BadEvent], None]


class Counts(msgspec.Struct):
    """What became of the events: events = applied + duplicates + ignored + dead letters."""

    events: int = 0
    applied: int = 0
    duplicates: int = 0
    ignored: int = 0
    dead_letters: dict[str, int] = {}
    changes: int = 0
    forgotten_ids: int = 0  # message ids beyond `limits.message_ids` of a user: copies of those events would count

    def __str__(self) -> str:
        """Give the sum for people."""
        dead = sum(self.dead_letters.values())
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(self.dead_letters.items()))
        sum_of = f"{self.applied:,} applied + {self.duplicates:,} duplicates + {self.ignored:,} ignored"
        return f"{self.events:,} events = {sum_of} + {dead:,} dead letters{f' ({reasons})' if reasons else ''}"

    def refuse(self, reason: str) -> None:
        """Count a dead letter."""
        self.dead_letters[reason] = self.dead_letters.get(reason, 0) + 1

    def take_forgotten(self, engine: Engine) -> None:
        """Take over from an engine how many message ids it forgot too soon."""
        self.forgotten_ids += engine.forgotten_ids
        engine.forgotten_ids = 0


class Taken:
    """An event that was no dead letter, the profile that it was for, and the changes it brought."""

    __slots__ = ("changes", "event", "outcome", "profile")

    def __init__(self, event: Event, profile: Profile, outcome: Outcome, changes: list[Change]) -> None:
        self.event = event
        self.profile = profile
        self.outcome = outcome
        self.changes = changes


class Ingest:
    """Decodes, applies and counts raw events; `profile_of` gives the profile of a user, a new one for an unknown one.

    Events later than `until_ms` are ignored. `reading` is what holds for the events of the run; `refuse` is handed each
    dead letter.
    """

    def __init__(
        self,
        engine: Engine,
        profile_of: ProfileOf,
        until_ms: int | None = None,
        reading: Reading | None = None,
        refuse: Refuse | None = None,
    ) -> None:
        self.engine = engine
        self.until_ms = until_ms
        self.reading = reading or reading_of(engine.definition)
        self.counts = Counts()
        self._profile_of = profile_of
        self._refuse = refuse

    def take(self, raw: bytes) -> Taken | None:
        """Take one line; None where it is blank, which is no event, or a dead letter."""
        raw = raw.rstrip(b"\r\n")
        if not raw or raw.isspace():
            return None
        counts = self.counts
        counts.events += 1
        try:
            event = decode(raw, reading=self.reading)
            profile = self._profile_of(event.user_id)
            outcome, changes = self.engine.apply(profile, event, self.until_ms)
        except BadEvent as error:
            counts.refuse(error.reason)
            if self._refuse is not None:
                self._refuse(raw, error)
            return None
        if outcome == "applied":
            counts.applied += 1
        elif outcome == "duplicate":
            counts.duplicates += 1
        else:
            counts.ignored += 1
        counts.changes += len(changes)
        if self.engine.forgotten_ids:
            counts.take_forgotten(self.engine)
        return Taken(event, profile, outcome, changes)


def event_of(line: bytes, reading: Reading) -> Event | None:
    """Read one line as `Ingest` does, for who needs no profile; None where it is blank or no event."""
    line = line.rstrip(b"\r\n")
    if not line or line.isspace():
        return None
    try:
        return decode(line, reading=reading)
    except BadEvent:
        return None


def reading_of(definition: Definition, latest_ms: int = NEVER, skipped: Skipped | None = None) -> Reading:
    """Give how the events of a run are read, with a counter of its own where none is given.

    `latest_ms` is the greatest time that an event may have in a bounded run.
    """
    return Reading(
        latest_ms=latest_ms,
        refused_users=frozenset(definition.limits.refuse_users),
        skipped=Skipped() if skipped is None else skipped,
    )
