"""The learner of one prediction with what it reads of events: lessons are made at once, and learned later."""

from __future__ import annotations

from typing import Any

import msgspec

from livesegments.core.definition import Definition
from livesegments.core.events import Event
from livesegments.core.profile import Profile
from livesegments.core.program import Program
from livesegments.models.classes import Classes
from livesegments.models.predictions.inputs import Observation
from livesegments.models.predictions.learner import Learner, LearnerOptions
from livesegments.models.predictions.model import PredictionModel
from livesegments.models.reading import Reader

__all__ = ["PredictionLesson", "PredictionTeacher"]


class PredictionLesson(msgspec.Struct, frozen=True, array_like=True):
    """What one applied event taught to one prediction: plain data, waiting to be learned.

    `inputs` are the values of its features, or the marks of the event (None for one that the model does not read).
    `class_number` is the user's class now, `ahead` when time alone would move the user, and where to.
    """

    inputs: list[Any] | None
    happened: bool = False
    amount: float = 0.0
    class_number: int | None = None
    ahead: list[tuple[int, int | None]] = []


class PredictionTeacher:
    """Makes the lessons of one prediction and gives them to its learner."""

    def __init__(self, learned: Definition, program: Program, name: str) -> None:
        reader = self._reader = Reader(learned, name)
        spec = self._spec = reader.spec
        self._slots = tuple(program.slots[feature] for feature in spec.features)
        self._classes = Classes(learned, spec) if spec.classes else None
        self.identity = [reader.question.definition, spec.seed]
        options = LearnerOptions(version_every_ms=spec.every_ms, labels_min=spec.labels, seed=spec.seed)
        self.learner = Learner(reader.question, reader.names, options)

    def lesson(self, profile: Profile, event: Event) -> PredictionLesson:
        """Give what an event that was just applied teaches; `profile.values` must be those of the clock."""
        reader, classes = self._reader, self._classes
        happened, amount = reader.happened(event), reader.amount(event)
        if reader.is_recurrent:
            inputs: list[Any] | None = reader.marks(event, happened, amount)
        else:
            inputs = [profile.values[slot] for slot in self._slots]
        if classes is None:
            return PredictionLesson(inputs, happened, amount)
        ahead = classes.ahead(profile, profile.clock_ms + self._spec.horizon_ms)
        return PredictionLesson(inputs, happened, amount, classes.now(profile), ahead)

    def learn(self, user_id: str, at_ms: int, event_ms: int, lesson: PredictionLesson) -> None:
        """Learn a lesson of an event at `event_ms`, made at the user's clock `at_ms`; event time has come to it.

        What time alone will do is reported at once, and overruled by the user's next event if that comes before.
        """
        reader, learner = self._reader, self.learner
        if lesson.inputs is not None:
            observation = Observation(
                user=user_id,
                at_ms=event_ms,
                marks=lesson.inputs if reader.is_recurrent else (),
                happened=lesson.happened,
                amount=lesson.amount,
                class_number=lesson.class_number,
                late=event_ms < at_ms,
            )
            if not reader.is_recurrent and learner.is_asked(observation):  # most are not: save the vector
                observation = msgspec.structs.replace(observation, vector=reader.encode(lesson.inputs))
            learner.observe(observation)
        if self._classes is not None:
            for moved_ms, number in ((at_ms, lesson.class_number), *lesson.ahead):
                learner.report_class(user_id, moved_ms, number)

    def snapshot(self) -> dict[str, Any]:
        """Give all that is needed to go on, as plain values."""
        return self.learner.snapshot()

    def restore(self, identity: list[Any], state: dict[str, Any]) -> None:
        """Take over a snapshot; one of another question hands on the number of its last version alone."""
        if identity == self.identity:
            self.learner.restore(state)
        elif state["model"]:
            self.learner.begin(PredictionModel.decode(state["model"]))
