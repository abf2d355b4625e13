"""The step: advance a profile to a time, apply an event to it, and emit what changed. Pure, and the product."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec

from livesegments.core.changes import Cause, Change
from livesegments.core.decisions import is_changing
from livesegments.core.definition import Definition
from livesegments.core.document import profile_document
from livesegments.core.emission import BY_MODEL, enter_or_leave, erased, move
from livesegments.core.errors import BadEvent
from livesegments.core.events import Event
from livesegments.core.features import SKIPPED, Prediction
from livesegments.core.inference import ClusterMove, Decider, Decision, Weight, first_look, next_look
from livesegments.core.profile import NO_TIME, Profile
from livesegments.core.program import STALE, CompiledSegment, Plan, Program
from livesegments.core.times import DAY_MS, NEVER, format_time

__all__ = ["Engine", "Outcome"]

Outcome = Literal["applied", "duplicate", "ignored"]
_MESSAGE_ID_KEPT_MS = DAY_MS
_BAR_KEPT_MS = 30 * DAY_MS
_encoder = msgspec.json.Encoder()
_BY_TIME = Cause(kind="time")
_BY_DEFINITION = Cause(kind="definition")


class Engine:
    """Applies one definition to profiles, one user at a time; `decider` makes what decides clusters and predictions."""

    def __init__(self, definition: Definition, decider: Callable[[Program], Decider] | None = None) -> None:
        self.definition = definition
        self.program = Program(definition)
        self.decider = decider(self.program) if decider is not None else None
        self._first_look_ms = first_look(definition)

    def restore(self, user_id: str, content: bytes | None) -> Profile:
        """Give the profile of the bytes, or a new one when there are none."""
        if content is None:
            return self._fresh(Profile(user_id, len(self.program.features)))
        profile = Profile.from_bytes(user_id, content, self.program.digest, self.program.fingerprints)
        if self.decider is not None:
            profile.look_ms = next_look(self._first_look_ms, profile.applied_ms, profile.due_ms - 1)
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
        if applied_ms is not None and max(profile.clock_ms, event.time_ms) - applied_ms < _MESSAGE_ID_KEPT_MS:
            return "duplicate", []  # at the event's time too, so that it is the same whether or not a timer fired
        if event.type == "alias" or (until_ms is not None and event.time_ms > until_ms):
            return "ignored", []
        changes = self.advance(profile, event.time_ms)
        if event.type == "erase":
            self._erase(profile, event, message_key, changes)
            return "applied", changes
        mask, touched = self._put(profile, event, message_key)
        if profile.clock_ms < profile.checked_ms:  # a timer looked ahead of this event: look again
            mask, profile.dues = self.program.every_segment, None
        if self.decider is not None:
            self.decider.observe(profile, event)
            clock_ms = profile.applied_ms = profile.clock_ms
            profile.look_ms = clock_ms + self._first_look_ms
            self._decide(profile, clock_ms, mask, touched, event, changes)
        elif mask:
            self._evaluate(profile, profile.clock_ms, mask, touched, event, changes)
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
                for readers, at_ms in zip(self.program.trigger_readers, profile.dues, strict=True):
                    if at_ms <= due_ms:
                        mask |= readers
            if profile.look_ms == due_ms:
                self._look(profile, due_ms, mask, changes)
            else:
                self._evaluate(profile, due_ms, mask, (), _BY_TIME, changes)
            profile.checked_ms = due_ms
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
        gone = [name for name in profile.segments if name not in self.definition.segments]
        changes += [enter_or_leave(profile, None, name, profile.clock_ms, _BY_DEFINITION) for name in gone]
        profile.left = {name: at for name, at in profile.left.items() if name in self.definition.segments}
        self._keep_models(profile, changes)
        self._evaluate(profile, profile.clock_ms, self.program.every_segment, (), _BY_DEFINITION, changes)
        return changes

    def document(self, profile: Profile) -> bytes | None:
        """Give the profile document as JSON, or None for a user who has no profile or was erased."""
        if profile.empty:
            return None
        return _encoder.encode(profile_document(self.program, profile, self.values(profile, profile.clock_ms)))

    def values(self, profile: Profile, now_ms: int) -> list[Any]:
        """Give the value of every feature at now, and of every segment, by slot; changes nothing."""
        kept = profile.values
        values = profile.values = list(kept)
        for slot, feature in enumerate(self.program.features):
            values[slot] = feature.value(profile.states[slot], now_ms, profile)
        profile.values = kept
        return values

    def _fresh(self, profile: Profile) -> Profile:
        """Make the transient values of a profile that was just made, restored or erased."""
        program = self.program
        members = profile.members
        profile.values = [STALE] * len(program.features) + [
            segment.spec.name in members for segment in program.segments
        ]
        profile.valid_ms = [NO_TIME] * len(program.features)
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

    def _put(self, profile: Profile, event: Event, message_key: int) -> tuple[int, list[int]]:
        """Put an event into the features that select it; give the segments to evaluate and the slots it touched."""
        program = self.program
        mask = 0
        touched: list[int] = []
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
        states, values = profile.states, profile.values
        for slot, index, apply, accepts, readers in program.selected(event):
            if accepts is not None and not accepts(event):
                continue
            state = apply(states[slot], event, index, clock_ms)
            if state is not SKIPPED:
                states[slot] = state
                values[slot] = STALE
                mask |= readers
                touched.append(slot)
        self._remember(profile, message_key)
        return mask, touched

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
        changes.append(erased(profile, event, bar_ms))
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

    def _evaluate(
        self,
        profile: Profile,
        now_ms: int,
        mask: int,
        touched: Sequence[int],
        cause: Cause | Event,
        changes: list[Change],
        by_model: int = 0,
    ) -> None:
        """Decide the segments of the mask in evaluation order, then find when they come due next.

        Changes of the segments of `by_model` were brought about by a model, not by the cause of this moment.
        """
        plan = self.program.plan(mask)
        plan.values.update(profile, now_ms)
        for segment in plan.segments:
            if is_changing(segment, profile, now_ms):
                why = BY_MODEL if segment.bit & by_model else cause
                weights = self._weights(segment, profile, now_ms) if segment.models else None
                changes.append(enter_or_leave(profile, segment, segment.spec.name, now_ms, why, weights))
        self._schedule(profile, now_ms, plan, touched)

    def _weights(self, segment: CompiledSegment, profile: Profile, now_ms: int) -> list[Weight]:
        decider = self.decider
        if decider is None:
            return []
        predictions = [feature.model for feature in segment.models if isinstance(feature, Prediction)]
        return [weight for name in predictions for weight in decider.weights(profile, name, now_ms)]

    def _decide(
        self,
        profile: Profile,
        now_ms: int,
        mask: int,
        touched: Sequence[int],
        cause: Cause | Event,
        changes: list[Change],
    ) -> None:
        """Decide clusters and predictions, then the segments of the mask and those that read what moved."""
        assert self.decider is not None
        by_model = 0
        for decision in self.decider.decide(profile, now_ms):
            readers = self.program.model_readers.get(decision.name, 0)
            mask |= readers
            if decision.by_model:
                by_model |= readers
            if decision.move is not None:
                changes.append(move(profile, decision, self.program.model_fingerprints[decision.name], now_ms, cause))
        self._evaluate(profile, now_ms, mask, touched, cause, changes, by_model)

    def _look(self, profile: Profile, now_ms: int, mask: int, changes: list[Change]) -> None:
        """Decide an idle user anew; where nothing changes, nothing but the newest predictions is kept of it."""
        before = len(changes)
        kept = {name: list(held) for name, held in profile.clusters.items()}
        profile.look_ms = next_look(self._first_look_ms, profile.applied_ms, now_ms)
        self._decide(profile, now_ms, mask, (), _BY_TIME, changes)
        if len(changes) == before:
            profile.clusters = kept

    def _keep_models(self, profile: Profile, changes: list[Change]) -> None:
        """After an edit, forget what is no longer defined; idle users are decided again where models are new."""
        clusters, predictions = self.definition.clusters, self.definition.predictions
        for name in sorted(profile.clusters.keys() - clusters.keys()):
            _, cluster, version, _ = profile.clusters.pop(name)
            gone = ClusterMove(before=cluster, after=None, moved="model_moved")
            decision = Decision(name, version, move=gone)
            changes.append(move(profile, decision, None, profile.clock_ms, _BY_DEFINITION))
        profile.predictions = {name: held for name, held in profile.predictions.items() if name in predictions}
        profile.inputs = {key: held for key, held in profile.inputs.items() if key in self.program.input_keys}
        if self.decider is None:
            profile.applied_ms, profile.look_ms = NO_TIME, NEVER
            return
        if profile.applied_ms == NO_TIME:
            profile.applied_ms = profile.clock_ms
        profile.look_ms = next_look(self._first_look_ms, profile.applied_ms, profile.clock_ms)

    def _schedule(self, profile: Profile, now_ms: int, plan: Plan, touched: Sequence[int]) -> None:
        """Find when the evaluated segments come due next.

        A profile just restored knows only a time before which nothing is due; it learns the rest when that comes.
        """
        dues = profile.dues
        if dues is None:
            bounds = [trigger.bound(profile, now_ms) for _, trigger, _ in plan.triggers]
            if plan.is_complete:
                profile.dues = bounds
                profile.due_ms = min(min(bounds, default=NEVER), profile.look_ms)
            else:
                profile.due_ms = min(profile.due_ms, profile.look_ms, *bounds)
            return
        for index, trigger, slot in plan.triggers:
            if dues[index] <= now_ms:
                dues[index] = trigger.due(profile, now_ms)
            elif slot is None or slot in touched:
                dues[index] = trigger.bound(profile, now_ms)
        profile.due_ms = min(min(dues, default=NEVER), profile.look_ms)


def hash_of(message_id: str) -> int:
    """Give 8 bytes that stand for a message id."""
    return int.from_bytes(hashlib.blake2b(message_id.encode(), digest_size=8).digest(), "big")
