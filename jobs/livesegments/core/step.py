"""The step: advance a profile to a time, apply an event to it, and emit what changed. Pure, and the product."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from livesegments.core.changes import Cause, Change
from livesegments.core.decisions import is_changing
from livesegments.core.definition import Definition
from livesegments.core.document import DocumentWriter
from livesegments.core.emission import BY_MODEL, enter_or_leave, erased, merged
from livesegments.core.errors import BadEvent, LivesegmentsError
from livesegments.core.events import Event
from livesegments.core.ids import ids_of, note_ids
from livesegments.core.inference import Decider
from livesegments.core.model_steps import ModelSteps, forget_models
from livesegments.core.profile import NO_TIME, SILENT, Identities, Profile
from livesegments.core.program import Plan, Program
from livesegments.core.seen import hash_of
from livesegments.core.stored import decode_profile, encode_profile
from livesegments.core.times import DAY_MS, NEVER, format_time

__all__ = ["BAR_KEPT_MS", "Engine", "Outcome"]

Outcome = Literal["applied", "duplicate", "ignored"]
BAR_KEPT_MS = 30 * DAY_MS
_STILL_QUIET = "this user's profile is that of a job that is quiet: required --quiet-until, found a start without it"
_BY_TIME = Cause(kind="time")
_BY_DEFINITION = Cause(kind="definition")


class Engine:
    """Applies one definition to profiles, one user at a time; `decider` makes what decides clusters and predictions."""

    takes_over = False
    hushed = False  # changes were kept back; only where an engine takes over

    def __init__(self, definition: Definition, decider: Callable[[Program], Decider] | None = None) -> None:
        self.definition = definition
        self.program = Program(definition)
        self.models = None if decider is None else ModelSteps(self.program, decider(self.program), self.evaluate)
        self._documents = DocumentWriter(self.program)
        self._lateness_ms = definition.limits.lateness_ms
        self._message_ids = definition.limits.message_ids
        self._ids_kept_ms = definition.limits.ids_kept_ms
        self.forgotten_ids = 0  # message ids forgotten sooner, as a user had too many; who tells of them takes them
        identity = definition.identity
        self._knows_ids = identity is not None
        self._ending_kept_ms = BAR_KEPT_MS if identity is None else max(BAR_KEPT_MS, identity.links_ms)

    def restore(self, user_id: str, content: bytes | None) -> Profile:
        """Give the profile of the bytes, or a new one when there are none."""
        program = self.program
        if content is None:
            profile = Profile(user_id, program.empty_cells())
            program.beginning.begin_clock(profile)
            return profile
        profile = decode_profile(user_id, content, program)
        if profile.sequence == SILENT and not self.takes_over:
            raise LivesegmentsError(_STILL_QUIET)
        if self.models is not None:
            self.models.restored(profile)
        if profile.edited:
            profile.due_ms = profile.clock_ms
        return profile

    def snapshot(self, profile: Profile) -> bytes | None:
        """Give the profile's bytes, or None when there is nothing to keep."""
        if profile.empty and not profile.gone:
            return None
        return encode_profile(profile, self.program)

    def apply(self, profile: Profile, event: Event, until_ms: int | None = None) -> tuple[Outcome, list[Change]]:
        """Advance to the event's time, put the event where it belongs, and evaluate.

        Events later than `until_ms` are ignored. Raises BadEvent, having moved nothing, for events of erased users
        and those that are too late.
        """
        time_ms, kind = event.time_ms, event.type
        if (time_ms <= profile.bar_ms or time_ms < profile.clock_ms - self._lateness_ms) and kind != "erase":
            self._refuse(profile, event)
        message_key = hash_of(event.message_id)
        seen = profile.seen
        may_be_seen = seen.hashes.rfind(message_key) >= 0  # half of what `find` takes, which takes less than `in`
        if may_be_seen and seen.has(message_key, max(profile.clock_ms, time_ms), self._ids_kept_ms):
            return "duplicate", []  # at the event's time too, so that it is the same whether or not a timer fired
        if kind == "alias" or (until_ms is not None and time_ms > until_ms):
            return "ignored", []
        changes = self.advance(profile, time_ms) if profile.due_ms <= time_ms or profile.edited else []
        if kind == "erase":
            self._erase(profile, event, message_key, changes)
            return "applied", changes
        mask = self._put(profile, event, message_key)
        if self._knows_ids:
            note_ids(profile, event)
        if self.models is not None:
            self.models.apply(profile, event, mask, changes)
        elif mask:
            self.evaluate(profile, profile.clock_ms, mask, event, changes)
        return "applied", changes

    def inherit(
        self, profile: Profile, visitor: str, events: Sequence[Event], time_ms: int
    ) -> tuple[list[Event], list[Change]]:
        """Put a visitor's events as if they had always been the user's, then evaluate once, at the user's clock.

        The user is first advanced to the time at which the visitor became the user. Events are never too late. Those
        that the user has, and those of before an erase, are left out; gives the others, by time, and the changes.
        """
        changes: list[Change] = []
        put: list[Event] = []
        if events and (profile.due_ms <= time_ms or profile.edited):
            changes = self.advance(profile, time_ms)
        for event in sorted(events, key=lambda one: one.time_ms):
            message_key = hash_of(event.message_id)
            now_ms = max(profile.clock_ms, event.time_ms)
            if event.time_ms <= profile.bar_ms or profile.seen.has(message_key, now_ms, self._ids_kept_ms):
                continue
            if profile.empty:  # of one who was erased more than 30 days before, nothing is kept
                self.advance(profile, event.time_ms)
            event.user_id = profile.user_id
            self._put(profile, event, message_key)
            put.append(event)
        if put:
            cause = Cause(kind="identity", visitor=visitor)
            if self.models is not None:
                self.models.inherit(profile, put, cause, changes)
            else:
                self.evaluate(profile, profile.clock_ms, self.program.everything, cause, changes)
            profile.forget_places()
            profile.settle()
        if not profile.empty:
            ids_of(profile).add(visitor)
        return put, changes

    def end(self, profile: Profile, into: str, time_ms: int) -> list[Change]:
        """End the profile of a visitor who is now a user; nothing for one that is empty, or known by its own id."""
        if profile.empty or (profile.identities is not None and profile.identities.is_known):
            return []
        changes = self.advance(profile, time_ms) if profile.due_ms <= time_ms or profile.edited else []
        ended_ms = max(profile.clock_ms, time_ms)
        changes.append(merged(profile, into, ended_ms))
        self._clear(profile)
        profile.identities = Identities(into=into, ended_ms=ended_ms)
        profile.due_ms = ended_ms + self._ending_kept_ms
        return changes

    def advance(self, profile: Profile, now_ms: int) -> list[Change]:
        """Evaluate at each due time up to now, in order, at exactly that time."""
        changes = self.reconcile(profile) if profile.edited else []
        while profile.due_ms <= now_ms:
            due_ms = profile.due_ms
            if profile.empty:
                self._forget(profile)
                break
            profile.move_to(due_ms)
            mask = self.program.everything if profile.dues is None else self.program.due_mask(profile.dues, due_ms)
            if self.models is not None and profile.look_ms == due_ms:
                self.models.look(profile, due_ms, mask, _BY_TIME, changes)
            elif mask or profile.dues is None:  # without segments too: the next due time is to be found
                self.evaluate(profile, due_ms, mask, _BY_TIME, changes)
            profile.forget_places()
            profile.settle()
            if profile.due_ms <= due_ms:  # never so; a dead letter `failed` is better than a job that stands still
                raise RuntimeError(f"the next due time, {profile.due_ms}, is not after this one, {due_ms}")
        return changes

    def reconcile(self, profile: Profile) -> list[Change]:
        """Re-evaluate at the clock after the definition was edited; nothing when it was not."""
        changes: list[Change] = []
        if not profile.edited:
            return changes
        profile.edited = False
        profile.dues = None
        if profile.empty:
            ids = profile.identities
            profile.due_ms = profile.bar_ms + BAR_KEPT_MS if ids is None else ids.ended_ms + self._ending_kept_ms
            return changes
        gone = [name for name in profile.segments if name not in self.definition.segments]
        changes += [enter_or_leave(profile, None, name, profile.clock_ms, _BY_DEFINITION) for name in gone]
        profile.left = {name: at for name, at in profile.left.items() if name in self.definition.segments}
        forget_models(self.program, profile, _BY_DEFINITION, changes)
        if self.models is None:
            profile.applied_ms, profile.look_ms = NO_TIME, NEVER
        else:
            self.models.edited(profile)
        profile.move_to(profile.clock_ms)
        self.evaluate(profile, profile.clock_ms, self.program.everything, _BY_DEFINITION, changes)
        profile.forget_places()
        profile.settle()
        return changes

    def document(self, profile: Profile, now_ms: int | None = None) -> bytes | None:
        """Give the profile document as JSON, or None for a user who has no profile or was erased.

        Values are those at the user's clock. Predictions that no feature reads are answered at now, without it at the
        clock.
        """
        if profile.empty:
            return None
        values = self.values(profile, profile.clock_ms)
        at_ms = profile.clock_ms if now_ms is None else max(now_ms, profile.clock_ms)
        answers = {} if self.models is None else self.models.answers(profile, at_ms)
        return self._documents.encode(profile, values, answers)

    def values(self, profile: Profile, now_ms: int) -> list[Any]:
        """Give the value of every feature at now, and of every segment, by slot."""
        profile.move_to(now_ms)
        self.program.update_all(profile, now_ms)
        return profile.values[: profile.places_at]

    def evaluate(
        self,
        profile: Profile,
        now_ms: int,
        mask: int,
        cause: Cause | Event,
        changes: list[Change],
        by_model: int = 0,
    ) -> None:
        """Decide the segments of the mask in evaluation order, then find when they come due next.

        Changes of the segments of `by_model` were brought about by a model, not by the cause of this moment.
        """
        profile.at_ms = now_ms
        plan = self.program.plan(mask)
        values = profile.values
        for segment, when in plan.segments:
            if when is None:
                changes_now = is_changing(segment, profile, now_ms)
            else:  # most segments have no memory
                changes_now = (when(profile, now_ms) is True) is not values[segment.slot]
            if changes_now:
                why = BY_MODEL if segment.bit & by_model else cause
                weights = self.models.weights(segment, profile, now_ms) if segment.models and self.models else None
                segment.update(profile, now_ms)
                changes.append(enter_or_leave(profile, segment, segment.spec.name, now_ms, why, weights))
        if plan.triggers or profile.dues is None:
            self._schedule(profile, now_ms, plan)

    def _refuse(self, profile: Profile, event: Event) -> None:
        if profile.bar_ms >= event.time_ms:
            message = f"Expected an event after the erase of {format_time(profile.bar_ms)} - at `$.timestamp`"
            raise BadEvent("erased", message, profile.user_id)
        if not profile.empty:
            lateness = f"{self._lateness_ms / DAY_MS:g} d (limits.lateness)"
            message = f"Expected at most {lateness} before {format_time(profile.clock_ms)}"
            raise BadEvent(
                "too_late", f"{message}, got {format_time(event.time_ms)} - at `$.timestamp`", profile.user_id
            )

    def _put(self, profile: Profile, event: Event, message_key: bytes) -> int:
        """Put an event into the cells that select it; give the mask of what must be looked at."""
        program, time_ms = self.program, event.time_ms
        clock_ms = profile.clock_ms
        if time_ms > clock_ms:
            clock_ms = profile.clock_ms = time_ms
        is_ahead = clock_ms < profile.at_ms and profile.move_to(clock_ms)  # a timer looked ahead: look at all again
        profile.at_ms = clock_ms
        first_ms = profile.first_ms
        if first_ms == NO_TIME:
            profile.first_ms = time_ms
            first = program.everything if profile.dues is None else program.beginning.mask
            mask = program.put(event)(profile, event, clock_ms) | first
        elif time_ms < first_ms:
            profile.first_ms = time_ms
            profile.forget(program.first_event_slots, program.first_event_places)
            mask = program.put(event)(profile, event, clock_ms) | program.first_event_mask
        else:
            mask = program.put(event)(profile, event, clock_ms)
        if is_ahead:
            mask = program.everything
        if profile.bar_ms != NO_TIME and clock_ms >= profile.bar_ms + BAR_KEPT_MS:
            profile.bar_ms = NO_TIME
        self.forgotten_ids += profile.seen.add(message_key, clock_ms, clock_ms - self._ids_kept_ms, self._message_ids)
        return mask

    def _erase(self, profile: Profile, event: Event, message_key: bytes, changes: list[Change]) -> None:
        """Forget all but the bar, the sequence and the erase's own message id, so that a duplicate erases once."""
        bar_ms = max(profile.clock_ms, profile.bar_ms, event.time_ms)
        changes.append(erased(profile, event, bar_ms))
        self._clear(profile)
        profile.clock_ms = profile.bar_ms = bar_ms
        profile.due_ms = bar_ms + BAR_KEPT_MS
        profile.seen.add(message_key, bar_ms, NO_TIME, self._message_ids)

    def _clear(self, profile: Profile) -> None:
        profile.clear(self.program.empty_cells())
        self.program.beginning.begin_clock(profile)

    def _forget(self, profile: Profile) -> None:
        """Drop the bar and the sequence of an erased user whose 30 days are over."""
        self._clear(profile)
        profile.sequence, profile.bar_ms = 0, NO_TIME

    def _schedule(self, profile: Profile, now_ms: int, plan: Plan) -> None:
        """Find when the evaluated segments come due next.

        A profile just restored knows only a time before which nothing is due; it learns the rest when that comes.
        Between two due times the next one is only ever moved nearer: a due time at which nothing changes costs
        little, and leaves no trace.
        """
        dues, due_ms = profile.dues, profile.due_ms
        if dues is None:
            bounds = [trigger.not_before_ms(profile, now_ms) for trigger in plan.every_trigger]
            if plan.is_complete:
                profile.dues = bounds
                due_ms = profile.look_ms
            profile.due_ms = min(due_ms, *bounds) if bounds else due_ms
            return
        for index, trigger in plan.triggers:
            if dues[index] <= now_ms:
                next_ms = trigger.due_ms(profile, now_ms)
            else:
                next_ms = trigger.not_before_ms(profile, now_ms)
            dues[index] = next_ms
            if next_ms < due_ms:
                due_ms = next_ms
        profile.due_ms = due_ms
