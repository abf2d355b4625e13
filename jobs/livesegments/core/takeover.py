"""Taking over from another job: all history builds state in silence, then each user tells what differs, and goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from livesegments.core.changes import Cause, Change, SegmentChange
from livesegments.core.definition import Definition
from livesegments.core.emission import enter_or_leave
from livesegments.core.events import Event
from livesegments.core.inference import Decider
from livesegments.core.profile import NO_TIME, SILENT, Profile
from livesegments.core.program import CompiledSegment, Program
from livesegments.core.standings import Standing, Standings
from livesegments.core.step import Engine, Outcome
from livesegments.core.times import NEVER

__all__ = ["TakingOver"]

_BY_DEFINITION = Cause(kind="definition")


class TakingOver(Engine):
    """An engine that emits nothing before `quiet_until_ms`, which is NEVER for one that emits nothing at all.

    When a user's clock comes to that time, the memberships are compared with where the other job left the user: one
    change for each that differs, with cause `definition`, numbered on from the other job's last one. A user whose clock
    is beyond that time already, and who was silent so far, is compared at the clock. After that it is an engine like
    any other. `standings` has users by id; who is not there was in no segment and had no change.

    The number SILENT of a profile says that nothing was told of the user; so does a clock before the time: who was
    compared, and of whom nothing differed, is compared again, which changes nothing. `hushed` is set when changes
    were kept back, until who reads it takes it back.
    """

    takes_over = True

    def __init__(
        self,
        definition: Definition,
        decider: Callable[[Program], Decider] | None,
        quiet_until_ms: int,
        standings: Standings,
    ) -> None:
        super().__init__(definition, decider)
        self.quiet_until_ms = quiet_until_ms
        self._standings = standings
        self._bridge: list[Change] = []  # told while an event is put, before its own changes

    def apply(self, profile: Profile, event: Event, until_ms: int | None = None) -> tuple[Outcome, list[Change]]:
        """Apply as any engine does; changes before the time are not given."""
        if self._is_told(profile):
            return super().apply(profile, event, until_ms)
        self._bridge = []
        outcome, changes = super().apply(profile, event, until_ms)
        return outcome, self._given(profile, changes) if outcome == "applied" else changes

    def inherit(
        self, profile: Profile, visitor: str, events: Sequence[Event], time_ms: int
    ) -> tuple[list[Event], list[Change]]:
        """Inherit as any engine does; changes before the time are not given."""
        if self._is_told(profile):
            return super().inherit(profile, visitor, events, time_ms)
        self._bridge = []
        put, changes = super().inherit(profile, visitor, events, time_ms)
        return put, self._given(profile, changes)

    def end(self, profile: Profile, into: str, time_ms: int) -> list[Change]:
        """End a visitor as any engine does; before the time it is not told."""
        if self._is_told(profile):
            return super().end(profile, into, time_ms)
        is_before = profile.empty or max(time_ms, profile.clock_ms) < self.quiet_until_ms
        before = [] if is_before else self.advance(profile, max(time_ms, profile.clock_ms))
        changes = super().end(profile, into, time_ms)
        if not is_before:
            return before + changes
        self._hush(profile, changes)
        return []

    def advance(self, profile: Profile, now_ms: int) -> list[Change]:
        """Advance as any engine does; on the way past the time, tell what differs from the other job."""
        if self._is_told(profile):
            return super().advance(profile, now_ms)
        at_ms = max(self.quiet_until_ms, profile.clock_ms)
        is_silent = now_ms < at_ms or at_ms == NEVER
        if is_silent or profile.empty:  # nothing is kept of an empty one: not told of yet
            self._hush(profile, super().advance(profile, now_ms))
            return []
        self._hush(profile, super().advance(profile, at_ms - 1))
        return self._take_over(profile, at_ms) + super().advance(profile, now_ms)

    def reconcile(self, profile: Profile) -> list[Change]:
        """Re-evaluate after an edit of the definition as any engine does; in silence before the time."""
        changes = super().reconcile(profile)
        if self._is_told(profile):
            return changes
        self._hush(profile, changes)
        if not profile.empty:
            profile.due_ms = min(profile.due_ms, self.quiet_until_ms)  # to be compared again
        return []

    def document(self, profile: Profile, now_ms: int | None = None) -> bytes | None:
        """Give the profile document; one of whom nothing was told has the number that the other job came to."""
        if profile.sequence != SILENT:
            return super().document(profile, now_ms)
        profile.sequence = self._standing(profile).sequence
        try:
            return super().document(profile, now_ms)
        finally:
            profile.sequence = SILENT

    def _put(self, profile: Profile, event: Event, message_key: bytes) -> int:
        self._cross(profile, event)
        return super()._put(profile, event, message_key)

    def _erase(self, profile: Profile, event: Event, message_key: bytes, changes: list[Change]) -> None:
        self._cross(profile, event)
        super()._erase(profile, event, message_key, changes)

    def _cross(self, profile: Profile, event: Event) -> None:
        """Tell what differs ahead of an event from the time on, where advancing to it has not."""
        now_ms = max(event.time_ms, profile.clock_ms)
        if now_ms >= self.quiet_until_ms and not self._is_told(profile):
            self._bridge += self._take_over(profile, max(self.quiet_until_ms, profile.clock_ms))

    def _is_told(self, profile: Profile) -> bool:
        if profile.sequence == SILENT:
            return False
        ended_ms = NO_TIME if profile.identities is None else profile.identities.ended_ms
        return max(profile.clock_ms, ended_ms) >= self.quiet_until_ms

    def _given(self, profile: Profile, changes: list[Change]) -> list[Change]:
        if self._is_told(profile):
            return self._bridge + changes
        self._hush(profile, changes)
        return []

    def _hush(self, profile: Profile, changes: list[Change]) -> None:
        profile.sequence = SILENT
        if changes:
            self.hushed = True

    def _standing(self, profile: Profile) -> Standing:
        return self._standings.get(profile.user_id) or Standing()

    def _take_over(self, profile: Profile, now_ms: int) -> list[Change]:
        standing = self._standing(profile)
        profile.sequence = standing.sequence
        own = profile.members
        differing = own.keys() ^ standing.members.keys()
        if not differing:
            return []
        left = dict(profile.left)
        profile.move_to(now_ms)
        profile.members = {
            name: own.get(name, now_ms if entered_ms is None else entered_ms)
            for name, entered_ms in standing.members.items()
        }
        segments: list[tuple[str, CompiledSegment | None]] = []
        segments += [(name, None) for name in sorted(differing - self.definition.segments.keys())]
        segments += [(one.spec.name, one) for one in self.program.segments if one.spec.name in differing]
        changes = []
        for name, segment in segments:
            if segment is not None:
                segment.update(profile, now_ms)
            change = enter_or_leave(profile, segment, name, now_ms, _BY_DEFINITION)
            is_since_unknown = standing.members.get(name, now_ms) is None
            changes.append(_without_dwell(change) if is_since_unknown else change)
        profile.members, profile.left = own, left
        profile.forget_places()
        return changes


def _without_dwell(change: Change) -> Change:
    assert isinstance(change.detail, SegmentChange)
    return Change(change.time_ms, msgspec.structs.replace(change.detail, dwell_ms=None))
