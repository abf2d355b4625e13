"""Walks over the events of a case, and what must hold of every walk, with models or without."""

import contextlib
import random

import msgspec

from core.replays import definition_of
from livesegments.core.errors import BadEvent
from livesegments.core.events import Event, decode
from livesegments.core.profile import Profile
from livesegments.core.step import Engine
from livesegments.core.times import NEVER
from oracle.strategies import Case

END_MS = 60 * 86_400_000


def events_of(case: Case) -> list[Event]:
    found = []
    for line in case.lines:
        try:
            if line.strip():
                found.append(decode(line))
        except BadEvent:
            pass
    return found


class Walk:
    """Applies events to restored or live profiles and collects the encoded changes."""

    def __init__(self, case: Case, engine: Engine | None = None) -> None:
        self.engine = engine or Engine(definition_of(case.definition))
        self.profiles: dict[str, bytes | None] = {}
        self.changes: list[bytes] = []
        self.applied = 0

    def apply(self, event: Event) -> None:
        profile = self.engine.restore(event.user_id, self.profiles.get(event.user_id))
        try:
            outcome, changes = self.engine.apply(profile, event)
        except BadEvent:
            outcome, changes = "dead", []
        self.applied += outcome == "applied"
        self.keep(profile, changes)

    def advance(self, user: str, now_ms: int) -> None:
        profile = self.engine.restore(user, self.profiles[user])
        self.keep(profile, self.engine.advance(profile, now_ms))

    def keep(self, profile, changes) -> None:
        self.profiles[profile.user_id] = self.engine.snapshot(profile)
        self.changes += [change.encode() for change in changes]

    def by_user(self) -> list[bytes]:
        return sorted(self.changes, key=lambda line: msgspec.json.decode(line)["id"].rpartition(":")[0])


def finish(engine: Engine, profiles, end_ms: int) -> list[bytes]:
    return [change.encode() for profile in profiles for change in engine.advance(profile, end_ms)]


def check_restored(walk: Walk, live: Engine, case: Case) -> None:
    """Assert that profiles restored after every event give what profiles in memory give."""
    profiles: dict[str, Profile] = {}
    changes: list[bytes] = []
    last_ms = 0
    for event in events_of(case):
        profile = profiles.setdefault(event.user_id, live.restore(event.user_id, None))
        walk.apply(event)
        try:
            changes += [change.encode() for change in live.apply(profile, event)[1]]
            last_ms = max(last_ms, event.time_ms)
        except BadEvent:
            pass
        assert live.document(profile) == live.document(live.restore(event.user_id, live.snapshot(profile)))
    assert walk.changes == changes
    restored = [walk.engine.restore(user, walk.profiles[user]) for user in profiles]
    ends = finish(walk.engine, restored, last_ms + END_MS)
    assert ends == finish(live, profiles.values(), last_ms + END_MS)


def check_timers(never: Walk, timed: Walk, case: Case) -> None:
    """Assert that timers that fire in time, late or never give the same changes."""
    chance, events = random.Random(1), events_of(case)
    for event in events:
        for user in list(timed.profiles):
            if timed.profiles[user] is not None and chance.random() < 0.5:
                timed.advance(user, event.time_ms - chance.randrange(3))
        never.apply(event)
        timed.apply(event)
    end_ms = max((event.time_ms for event in events), default=0) + END_MS
    for walk in (never, timed):
        for user in sorted(walk.profiles):
            walk.advance(user, end_ms)
    assert timed.by_user() == never.by_user()


def check_no_trace(plain: Walk, ahead: Walk, case: Case) -> None:
    """Assert that due times at which nothing changes leave no trace; a timer may run ahead of a user's own events."""
    for event in events_of(case):
        plain.apply(event)
        profile = ahead.engine.restore(event.user_id, ahead.profiles.get(event.user_id))
        try:
            changes = ahead.engine.apply(profile, event)[1]
        except BadEvent:
            changes = []
        while profile.due_ms < NEVER:  # look ahead up to, and without, the next change
            probe = ahead.engine.restore(event.user_id, ahead.engine.snapshot(profile))
            if ahead.engine.advance(probe, profile.due_ms) or profile.erased:
                break
            ahead.engine.advance(profile, profile.due_ms)
        ahead.keep(profile, changes)
    assert ahead.changes == plain.changes


def check_cached(plain: Walk, engine: Engine, case: Case, seed: int) -> None:
    """Assert that nothing depends on what is in memory.

    Profiles stay there or come back from their bytes, timers look ahead of the user's next event up to the next change
    and not beyond it, and documents and values of later moments are asked for, all at random.
    """
    chance = random.Random(seed)
    profiles: dict[str, Profile] = {}
    changes: list[bytes] = []
    for event in events_of(case):
        plain.apply(event)
        user = event.user_id
        profile = profiles.get(user) or engine.restore(user, None)
        with contextlib.suppress(BadEvent):
            changes += [change.encode() for change in engine.apply(profile, event)[1]]
        for _ in range(chance.choice((0, 0, 1, 3))):
            probe = engine.restore(user, engine.snapshot(profile))
            if profile.due_ms == NEVER or profile.erased or engine.advance(probe, profile.due_ms):
                break
            assert engine.advance(profile, profile.due_ms) == []
        if chance.random() < 0.2:
            engine.document(profile)
        if chance.random() < 0.2 and not profile.empty:
            engine.values(profile, profile.clock_ms + chance.randrange(20 * 86_400_000))
        if chance.random() < 0.3:
            profile = engine.restore(user, engine.snapshot(profile))
        profiles[user] = profile
    assert changes == plain.changes
