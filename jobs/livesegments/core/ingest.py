"""Ingest: one raw event in, and what became of it out; the same for replay, the job, explain and the learner."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from livesegments.core.changes import Change
from livesegments.core.definition import Definition
from livesegments.core.errors import BadEvent
from livesegments.core.events import Event, Reading, decode
from livesegments.core.identity import Handover, Identity, Move, Resolved
from livesegments.core.profile import Profile
from livesegments.core.skipped import Skipped
from livesegments.core.step import Engine, Outcome
from livesegments.core.times import NEVER

__all__ = ["Counts", "Ingest", "Moved", "Taken", "event_of", "handed_over", "owner_of", "reading_of"]

Wants = Callable[[Resolved], bool]
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
    inherited: int | msgspec.UnsetType = msgspec.UNSET  # of those applied to visitors, what users have from them

    def __str__(self) -> str:
        """Give the sum for people."""
        dead = sum(self.dead_letters.values())
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(self.dead_letters.items()))
        sum_of = f"{self.applied:,} applied + {self.duplicates:,} duplicates + {self.ignored:,} ignored"
        inherited = f"; {self.inherited:,} inherited from visitors" if self.inherited else ""
        letters = f"{dead:,} dead letters{f' ({reasons})' if reasons else ''}"
        return f"{self.events:,} events = {sum_of} + {letters}{inherited}"

    def refuse(self, reason: str) -> None:
        """Count a dead letter."""
        self.dead_letters[reason] = self.dead_letters.get(reason, 0) + 1

    def take_forgotten(self, engine: Engine) -> None:
        """Take over from an engine how many message ids it forgot too soon."""
        self.forgotten_ids += engine.forgotten_ids
        engine.forgotten_ids = 0


class Taken(msgspec.Struct, gc=False):
    """An event that was no dead letter, the profile that it was for, and the changes it brought."""

    event: Event
    profile: Profile
    outcome: Outcome
    changes: list[Change]


class Moved(NamedTuple):
    """What an event made of identities before it was applied: whose profile moved, the events put, the changes."""

    move: Move
    profile: Profile
    events: list[Event]
    changes: list[Change]


class Ingest:
    """Decodes, applies and counts raw events; `profile_of` gives the profile of a user, a new one for an unknown one.

    Events later than `until_ms` are ignored. `reading` is what holds for the events of the run; `refuse` is handed each
    dead letter. Where the definition has `identity:`, `moved` tells after each line what moved before it was applied,
    in order; events whose owner `wants` says no to are passed over and not counted.
    """

    def __init__(
        self,
        engine: Engine,
        profile_of: ProfileOf,
        until_ms: int | None = None,
        reading: Reading | None = None,
        refuse: Refuse | None = None,
        wants: Wants | None = None,
    ) -> None:
        self.engine = engine
        self.until_ms = until_ms
        self.reading = reading or reading_of(engine.definition)
        self.counts = Counts()
        self._profile_of = profile_of
        self._refuse = refuse
        self._wants = wants
        self.moved: list[Moved] = []
        self.identity = None if engine.definition.identity is None else Identity(engine.definition, until_ms)

    def take(self, raw: bytes) -> Taken | None:
        """Take one line; None where it is blank, which is no event, or a dead letter."""
        if self.moved:
            self.moved = []
        raw = raw.rstrip(b"\r\n")
        counts, engine = self.counts, self.engine
        try:
            event = decode(raw, self.reading)
            if self.identity is not None and not self._resolve(self.identity, event, raw):
                return None
            profile = self._profile_of(event.user_id)
            outcome, changes = engine.apply(profile, event, self.until_ms)
        except BadEvent as error:
            if raw and not raw.isspace():
                counts.events += 1
                counts.refuse(error.reason)
                if self._refuse is not None:
                    self._refuse(raw, error)
            return None
        counts.events += 1
        if outcome == "applied":
            counts.applied += 1
        elif outcome == "duplicate":
            counts.duplicates += 1
        else:
            counts.ignored += 1
        if changes:
            counts.changes += len(changes)
        if engine.forgotten_ids:
            counts.take_forgotten(engine)
        return Taken(event, profile, outcome, changes)

    def _resolve(self, identity: Identity, event: Event, raw: bytes) -> bool:
        """Find whom an event belongs to, and do what moves; False where its owner is not wanted."""
        resolved = identity.take(event, raw)
        for move in resolved.moves:
            if self._wants is None or self._wants(owner_of(move)):
                self.moved.append(self._move(move))
        event.user_id = resolved.user_id
        return self._wants is None or self._wants(resolved)

    def _move(self, move: Move) -> Moved:
        events: list[Event] = []
        if isinstance(move, Handover):
            profile = self._profile_of(move.user_id)
            inherited = handed_over(move, self.reading)
            events, changes = self.engine.inherit(profile, move.visitor, inherited, move.time_ms)
        else:
            profile = self._profile_of(move.visitor)
            changes = self.engine.end(profile, move.into, move.time_ms)
        self.counts.inherited = (self.counts.inherited or 0) + len(events)
        self.counts.changes += len(changes)
        return Moved(move, profile, events, changes)


def handed_over(handover: Handover, reading: Reading) -> list[Event]:
    """Read what a visitor hands over; the items are lines."""
    reading = reading.uncounted()
    return [decode(raw, reading=reading) for raw in handover.items]


def owner_of(move: Move) -> Resolved:
    """Give whose profile a move is about."""
    return Resolved(move.user_id) if isinstance(move, Handover) else Resolved(move.visitor, (), True)


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
