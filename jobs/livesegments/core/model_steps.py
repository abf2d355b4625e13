"""What the step does where there are models: they decide before the segments that read their answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from livesegments.core.changes import Cause, Change
from livesegments.core.emission import move
from livesegments.core.events import Event
from livesegments.core.features import Prediction
from livesegments.core.inference import ClusterMove, Decider, Decision, Weight, is_read
from livesegments.core.profile import NO_TIME, Profile
from livesegments.core.program import CompiledSegment, Program

__all__ = ["ModelSteps", "forget_models"]


class Evaluate(Protocol):
    """Decides the segments of a mask, as the step does."""

    def __call__(
        self, profile: Profile, now_ms: int, mask: int, cause: Cause | Event, changes: list[Change], by_model: int = 0
    ) -> None: ...


class ModelSteps:
    """Decides with the models in force after each event, and looks at idle users now and then."""

    def __init__(self, program: Program, decider: Decider, evaluate: Evaluate) -> None:
        self._program = program
        self._evaluate = evaluate
        self.decider = decider
        self._read = {name for name in program.definition.predictions if is_read(program.definition, name)}

    def restored(self, profile: Profile) -> None:
        """Have a profile just restored looked at when it is due next: a look at another time changes nothing."""
        profile.look_ms = profile.due_ms

    def apply(self, profile: Profile, event: Event, mask: int, changes: list[Change]) -> None:
        """Decide after an event was put, then evaluate the segments of the mask and those that read what moved."""
        self.decider.observe(profile, event)
        profile.applied_ms = profile.clock_ms
        self._decide(profile, profile.clock_ms, mask, event, changes)

    def inherit(self, profile: Profile, events: Sequence[Event], cause: Cause, changes: list[Change]) -> None:
        """Decide once after the events of a visitor were put, then evaluate all segments."""
        for event in events:
            self.decider.observe(profile, event)
        profile.applied_ms = profile.clock_ms
        self._decide(profile, profile.clock_ms, self._program.everything, cause, changes)

    def look(self, profile: Profile, now_ms: int, mask: int, cause: Cause, changes: list[Change]) -> None:
        """Decide an idle user anew; where nothing changes, nothing but the newest predictions is kept of it."""
        self._decide(profile, now_ms, mask, cause, changes, is_look=True)

    def edited(self, profile: Profile) -> None:
        """After an edit of the definition, have the user looked at one millisecond after the clock."""
        if profile.applied_ms == NO_TIME:
            profile.applied_ms = profile.clock_ms
        profile.look_ms = profile.clock_ms + 1

    def weights(self, segment: CompiledSegment, profile: Profile, now_ms: int) -> list[Weight]:
        """Give the features that weighed most in the predictions that a segment reads."""
        predictions = [feature.model for feature in segment.models if isinstance(feature, Prediction)]
        return [weight for name in predictions for weight in self.decider.weights(profile, name, now_ms)]

    def answers(self, profile: Profile, now_ms: int) -> dict[str, Any]:
        """Give what all predictions say at now: as last decided where a feature reads them, else answered here."""
        profile.move_to(now_ms)
        held = {name: held.value for name, held in profile.predictions.items() if name in self._read}
        return held | self.decider.answers(profile, now_ms)

    def _decide(
        self,
        profile: Profile,
        now_ms: int,
        mask: int,
        cause: Cause | Event,
        changes: list[Change],
        *,
        is_look: bool = False,
    ) -> None:
        by_model = 0
        profile.move_to(now_ms)
        decisions, look_ms = self.decider.decide(profile, now_ms, is_look=is_look)
        for decision in decisions:
            name, program = decision.name, self._program
            readers = program.model_readers.get(name, 0)
            if decision.by_model:
                by_model |= readers
            if decision.move is None:
                mask |= program.answer_mask(name, decision.before, decision.after)
            else:
                mask |= readers
                changes.append(move(profile, decision, program.model_fingerprints[name], now_ms, cause))
        profile.look_ms = look_ms
        if mask or profile.dues is None:
            self._evaluate(profile, now_ms, mask, cause, changes, by_model)
        if look_ms < profile.due_ms:
            profile.due_ms = look_ms


def forget_models(program: Program, profile: Profile, cause: Cause, changes: list[Change]) -> None:
    """After an edit of the definition, forget what models that it no longer has said and kept of a user."""
    definition = program.definition
    for name in sorted(profile.clusters.keys() - definition.clusters.keys()):
        held = profile.clusters.pop(name)
        gone = ClusterMove(before=held.name, after=None, moved="model_moved")
        changes.append(move(profile, Decision(name, held.version, move=gone), None, profile.clock_ms, cause))
    profile.predictions = {name: held for name, held in profile.predictions.items() if name in definition.predictions}
    profile.inputs = {key: held for key, held in profile.inputs.items() if key in program.input_keys}
