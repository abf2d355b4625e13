"""The promises of the step: state is bytes, duplicates and timers change nothing, input is never changed."""

import copy
import random

import msgspec
from hypothesis import HealthCheck, given, settings

from core.replays import definition_of
from livesegments.core.errors import BadEvent
from livesegments.core.events import Event, decode
from livesegments.core.step import Engine
from livesegments.core.times import NEVER
from oracle.strategies import Case, cases

PROPERTY = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
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

    def __init__(self, case: Case) -> None:
        self.engine = Engine(definition_of(case.definition))
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


@PROPERTY
@given(cases())
def test_snapshot_and_restore_after_every_event_changes_nothing(case: Case) -> None:
    walk = Walk(case)
    live = Engine(walk.engine.definition)
    profiles = {}
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


@PROPERTY
@given(cases())
def test_a_duplicate_changes_nothing(case: Case) -> None:
    once, twice = Walk(case), Walk(case)
    for event in events_of(case):
        once.apply(event)
        twice.apply(event)
        before = twice.profiles.get(event.user_id)
        twice.apply(event)
        assert twice.profiles.get(event.user_id) == before
    assert twice.changes == once.changes
    assert twice.applied == once.applied


@PROPERTY
@given(cases())
def test_events_are_never_changed(case: Case) -> None:
    events = events_of(case)
    before = copy.deepcopy([msgspec.to_builtins(event) for event in events])
    walk = Walk(case)
    for event in events:
        walk.apply(event)
    assert [msgspec.to_builtins(event) for event in events] == before


@PROPERTY
@given(cases(in_order_only=True, bad_lines=False))
def test_timers_that_fire_in_time_or_late_or_never_give_the_same_changes(case: Case) -> None:
    never, timed = Walk(case), Walk(case)
    chance = random.Random(1)
    events = events_of(case)
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


@PROPERTY
@given(cases(in_order_only=True, bad_lines=False))
def test_a_due_time_at_which_nothing_changes_leaves_no_trace(case: Case) -> None:
    """A timer may run ahead of a user's own events, for the watermark is that of all users."""
    plain, ahead = Walk(case), Walk(case)
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
