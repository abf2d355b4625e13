"""The step: advance a profile to a time, apply an event to it, and emit what changed. Pure, and the product."""

from __future__ import annotations

import hashlib
from typing import Any, Final, Literal

import msgspec

from livesegments.core.changes import Because, Cause, Change, SegmentChange
from livesegments.core.definition import Definition
from livesegments.core.document import profile_document
from livesegments.core.errors import BadEvent
from livesegments.core.events import Event
from livesegments.core.features import SKIPPED, Value
from livesegments.core.profile import NO_TIME, Profile
from livesegments.core.program import CompiledClause, CompiledSegment, Program
from livesegments.core.times import DAY_MS, NEVER, format_time

__all__ = ["Engine", "Outcome"]

Outcome = Literal["applied", "duplicate", "ignored"]
_MESSAGE_ID_KEPT_MS = DAY_MS
_BAR_KEPT_MS = 30 * DAY_MS
_STALE: Final = object()  # a value that an event touched and that was not asked for since
_encoder = msgspec.json.Encoder()
_BY_TIME = Cause(kind="time")
_BY_DEFINITION = Cause(kind="definition")


class Engine:
    """Applies one definition to profiles, one user at a time."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.program = Program(definition)

    def restore(self, user_id: str, content: bytes | None) -> Profile:
        """Give the profile of the bytes, or a new one when there are none."""
        if content is None:
            return self._fresh(Profile(user_id, len(self.program.features)))
        profile = Profile.from_bytes(user_id, content, self.program.digest, self.program.fingerprints)
        if profile.edited:
            profile.due_ms = profile.clock_ms
        return self._fresh(profile)

    def snapshot(self, profile: Profile) -> bytes | None:
        """Give the profile's bytes, or None when there is nothing to keep."""
        if profile.empty and not profile.erased:
            return None
        return profile.to_bytes(self.program.digest, self.program.fingerprints)

    def apply(self, profile: Profile, event: Event, until_ms: int | None = None) -> tuple[Outcome, list[Change]]:
        """Advance to the event's time, put the event where it belongs, and evaluate.

        Events later than `until_ms` are ignored. Raises BadEvent, having moved nothing, for events of erased users
        and those that are too late.
        """
        if event.type != "erase":
            self._refuse(profile, event)
        message_key = hash_of(event.message_id)
        applied_ms = profile.seen.get(message_key)
        if applied_ms is not None and profile.clock_ms - applied_ms < _MESSAGE_ID_KEPT_MS:
            return "duplicate", []
        if event.type == "alias" or (until_ms is not None and event.time_ms > until_ms):
            return "ignored", []
        changes = self.advance(profile, event.time_ms)
        if event.type == "erase":
            self._erase(profile, event, message_key, changes)
            return "applied", changes
        touched = self._put(profile, event, message_key)
        cause = Cause(kind="event", message_id=event.message_id, type=event.type, event=event.event)
        self._evaluate(profile, profile.clock_ms, touched, cause, changes)
        return "applied", changes

    def advance(self, profile: Profile, now_ms: int) -> list[Change]:
        """Evaluate at each due time up to now, in order, at exactly that time."""
        changes = self.reconcile(profile) if profile.edited else []
        while profile.due_ms <= now_ms:
            due_ms = profile.due_ms
            if profile.empty:
                self._forget(profile)
                break
            mask = self.program.every_segment
            if profile.dues is not None:
                mask = 0
                for trigger, at_ms in zip(self.program.triggers, profile.dues, strict=True):
                    if at_ms <= due_ms:
                        mask |= trigger.segments
            self._evaluate(profile, due_ms, mask, _BY_TIME, changes)
        return changes

    def reconcile(self, profile: Profile) -> list[Change]:
        """Re-evaluate at the clock after the definition was edited; nothing when it was not."""
        changes: list[Change] = []
        if not profile.edited:
            return changes
        profile.edited = False
        profile.dues = None
        if profile.empty:
            profile.due_ms = profile.bar_ms + _BAR_KEPT_MS
            return changes
        for name in profile.segments:
            if name not in self.definition.segments:
                self._emit(profile, None, name, profile.clock_ms, _BY_DEFINITION, changes)
        profile.left = {name: at for name, at in profile.left.items() if name in self.definition.segments}
        self._evaluate(profile, profile.clock_ms, self.program.every_segment, _BY_DEFINITION, changes)
        return changes

    def document(self, profile: Profile) -> bytes | None:
        """Give the profile document as JSON, or None for a user who has no profile or was erased."""
        if profile.empty:
            return None
        return _encoder.encode(profile_document(self.program, profile, self.values(profile, profile.clock_ms)))

    def values(self, profile: Profile, now_ms: int) -> list[Any]:
        """Give the value of every feature at now, and of every segment, by slot; changes nothing."""
        program = self.program
        values: list[Any] = [None] * len(program.slots)
        for slot, feature in enumerate(program.features):
            if isinstance(feature, Value):
                values[slot] = feature.of(values)
            else:
                values[slot] = feature.value(profile.states[slot], now_ms, profile)
        for segment in program.segments:
            values[segment.slot] = segment.spec.name in profile.members
        return values

    def _fresh(self, profile: Profile) -> Profile:
        """Make the transient values of a profile that was just made, restored or erased."""
        program = self.program
        members = profile.members
        profile.values = [_STALE] * len(program.features) + [
            segment.spec.name in members for segment in program.segments
        ]
        profile.dues = None
        return profile

    def _refuse(self, profile: Profile, event: Event) -> None:
        if profile.bar_ms >= event.time_ms:
            message = f"Expected an event after the erase of {format_time(profile.bar_ms)} - at `$.timestamp`"
            raise BadEvent("erased", message, profile.user_id)
        lateness_ms = self.definition.limits.lateness_ms
        if not profile.empty and event.time_ms < profile.clock_ms - lateness_ms:
            message = f"Expected at most {lateness_ms / DAY_MS:g} d before {format_time(profile.clock_ms)}"
            raise BadEvent(
                "too_late", f"{message}, got {format_time(event.time_ms)} - at `$.timestamp`", profile.user_id
            )

    def _put(self, profile: Profile, event: Event, message_key: int) -> int:
        """Put an event into every feature that selects it; give the segments that read what it touched."""
        program = self.program
        mask = 0
        time_ms = event.time_ms
        if profile.empty:
            mask = program.every_segment
            profile.first_ms = time_ms
        elif time_ms < profile.first_ms:
            profile.first_ms = time_ms
            mask = program.first_event_readers
        clock_ms = profile.clock_ms = max(profile.clock_ms, time_ms)
        if profile.bar_ms != NO_TIME and clock_ms >= profile.bar_ms + _BAR_KEPT_MS:
            profile.bar_ms = NO_TIME
        states, values, features, readers = profile.states, profile.values, program.features, program.readers
        for slot, index in program.selected(event):
            feature = features[slot]
            selection = feature.selections[index]
            if selection.where is not None and not selection.accepts(event):
                continue
            state = feature.apply(states[slot], event, index, clock_ms)
            if state is not SKIPPED:
                states[slot] = state
                values[slot] = _STALE
                mask |= readers[slot]
        self._remember(profile, message_key)
        return mask

    def _remember(self, profile: Profile, message_key: int) -> None:
        seen = profile.seen
        seen.pop(message_key, None)
        seen[message_key] = profile.clock_ms
        gone_ms = profile.clock_ms - _MESSAGE_ID_KEPT_MS
        limit = self.definition.limits.message_ids
        while True:
            oldest = next(iter(seen))
            if seen[oldest] > gone_ms and len(seen) <= limit:
                break
            del seen[oldest]

    def _erase(self, profile: Profile, event: Event, message_key: int, changes: list[Change]) -> None:
        """Forget all but the bar, the sequence and the erase's own message id, so that a duplicate erases once."""
        bar_ms = max(profile.clock_ms, profile.bar_ms, event.time_ms)
        profile.sequence += 1
        detail = SegmentChange(
            user_id=profile.user_id,
            sequence=profile.sequence,
            segment=None,
            change="erased",
            segments_before=profile.segments,
            segments_after=[],
            cause=Cause(kind="erase", message_id=event.message_id, type=event.type),
            because=[],
            dwell_ms=None,
            definition=None,
            model_version=None,
        )
        changes.append(Change(bar_ms, detail))
        profile.clear(len(self.program.features))
        profile.clock_ms = profile.bar_ms = bar_ms
        profile.due_ms = bar_ms + _BAR_KEPT_MS
        profile.seen[message_key] = bar_ms
        self._fresh(profile)

    def _forget(self, profile: Profile) -> None:
        """Drop the bar and the sequence of an erased user whose 30 days are over."""
        profile.clear(len(self.program.features))
        profile.sequence = 0
        profile.bar_ms = NO_TIME
        self._fresh(profile)

    def _evaluate(self, profile: Profile, now_ms: int, mask: int, cause: Cause, changes: list[Change]) -> None:
        """Decide the segments of the mask, and those that name one that changed, in evaluation order."""
        values = profile.values
        done: set[int] = set()
        for segment in self.program.segments:
            if mask & segment.bit:
                self._refresh(profile, now_ms, segment.needs, done)
                change = self._decide(profile, segment, values, now_ms)
                if change:
                    self._emit(profile, segment, segment.spec.name, now_ms, cause, changes)
                    mask |= segment.dependents
        self._schedule(profile, now_ms, mask)

    def _refresh(self, profile: Profile, now_ms: int, slots: tuple[int, ...], done: set[int]) -> None:
        """Compute the values that are stale or change with time, once per moment."""
        program, values, states = self.program, profile.values, profile.states
        volatile, features = program.volatile, program.features
        for slot in slots:
            if volatile[slot]:
                if slot in done:
                    continue
                done.add(slot)
            elif values[slot] is not _STALE:
                continue
            feature = features[slot]
            if type(feature) is Value:
                values[slot] = feature.of(values)
            else:
                values[slot] = feature.value(states[slot], now_ms, profile)

    def _decide(self, profile: Profile, segment: CompiledSegment, values: list[Any], now_ms: int) -> bool:
        """Tell whether the user changes: enters when out, leaves when in."""
        spec = segment.spec
        if spec.static:
            return self._decide_once(profile, segment, values)
        entered_ms = profile.members.get(spec.name)
        if entered_ms is not None:
            if segment.exit_when is not None:
                leaves = segment.exit_when(values) is True
            else:
                leaves = segment.when is None or segment.when(values) is not True
            return leaves and now_ms - entered_ms >= spec.min_dwell_ms
        if segment.when is None or segment.when(values) is not True:
            return False
        if segment.exit_when is not None and segment.exit_when(values) is True:
            return False
        left_ms = profile.left.get(spec.name)
        return left_ms is None or now_ms - left_ms >= spec.cooldown_ms

    def _decide_once(self, profile: Profile, segment: CompiledSegment, values: list[Any]) -> bool:
        if segment.spec.name in profile.members:
            return False
        if segment.spec.members is not None:
            return profile.user_id in segment.spec.members
        if segment.fingerprint in profile.decided or any(values[slot] is None for slot in segment.name_slots):
            return False
        if segment.when is not None and segment.when(values) is True:
            return True
        profile.decided.append(segment.fingerprint)
        return False

    def _emit(
        self,
        profile: Profile,
        segment: CompiledSegment | None,
        name: str,
        now_ms: int,
        cause: Cause,
        changes: list[Change],
    ) -> None:
        """Move the user in or out and write the change; a segment that the definition no longer has is None."""
        before = profile.segments
        entered_ms = profile.members.pop(name, None)
        clauses = () if segment is None else segment.when_clauses if entered_ms is None else segment.exit_clauses
        because = _because(clauses, profile.values)
        if entered_ms is None:
            profile.members[name] = now_ms
            profile.left.pop(name, None)
        elif segment is not None and segment.spec.cooldown_ms:
            profile.left[name] = now_ms
        if segment is not None:
            profile.values[segment.slot] = entered_ms is None
        profile.sequence += 1
        profile.clock_ms = max(profile.clock_ms, now_ms)
        detail = SegmentChange(
            user_id=profile.user_id,
            sequence=profile.sequence,
            segment=name,
            change="entered" if entered_ms is None else "exited",
            segments_before=before,
            segments_after=profile.segments,
            cause=cause,
            because=because,
            dwell_ms=None if entered_ms is None else now_ms - entered_ms,
            definition=None if segment is None else segment.fingerprint,
            model_version=None,
        )
        changes.append(Change(now_ms, detail))

    def _schedule(self, profile: Profile, now_ms: int, mask: int) -> None:
        """Find when the evaluated segments come due next.

        A profile just restored knows only a time before which nothing is due; it learns the rest when that comes.
        """
        triggers = self.program.triggers
        if profile.dues is None and mask != self.program.every_segment:
            for trigger in triggers:
                if trigger.segments & mask:
                    profile.due_ms = min(profile.due_ms, trigger.due(profile, now_ms))
            return
        dues = profile.dues
        if dues is None:
            dues = profile.dues = [trigger.due(profile, now_ms) for trigger in triggers]
        else:
            for index, trigger in enumerate(triggers):
                if trigger.segments & mask:
                    dues[index] = trigger.due(profile, now_ms)
        profile.due_ms = min(dues, default=NEVER)


def _because(clauses: tuple[CompiledClause, ...], values: list[Any]) -> list[Because]:
    return [
        Because(
            clause=clause.text,
            holds=clause.holds(values),
            values={name: values[slot] for name, slot in clause.names},
        )
        for clause in clauses
    ]


def hash_of(message_id: str) -> int:
    """Give 8 bytes that stand for a message id."""
    return int.from_bytes(hashlib.blake2b(message_id.encode(), digest_size=8).digest(), "big")
