"""Answering one prediction about one user with the models of a book."""

from __future__ import annotations

from livesegments.core.events import Event
from livesegments.core.inference import Decision, Weight
from livesegments.core.profile import Answer, Profile
from livesegments.core.program import Program, taker_of
from livesegments.models.book import ModelBook
from livesegments.models.predictions.inputs import UserInput, user_input
from livesegments.models.predictions.model import PredictionModel, Value
from livesegments.models.reading import Reader

__all__ = ["Answerer"]


class Answerer:
    """Answers a prediction with the version in force; what its model keeps of a user is in `profile.inputs`."""

    def __init__(self, program: Program, name: str, book: ModelBook) -> None:
        self.name = name
        self.reader = Reader(program.definition, name)
        self._inputs = program.inputs_of(self.reader.spec.features)
        self._take = taker_of(program.slots[feature] for feature in self.reader.spec.features)
        self._definition = self.reader.question.definition
        self._book = book

    def observe(self, profile: Profile, event: Event, steps: list[float], happened: bool, amount: float) -> None:
        """Take an event into what is kept of the user, for a model that keeps something: `reader.is_kept`.

        `steps` are those that the event is: `Reader.steps_of`.
        """
        reader = self.reader
        marks: list[float] | None = None
        if reader.is_recurrent:
            marks = reader.marks_of(steps, happened, amount)
            if marks is None:
                return
        elif not happened:
            return
        kept = self._kept(profile)
        if kept is None:
            kept = profile.inputs[reader.input_key] = user_input(reader.question.model)
        kept.take(event.time_ms, marks or (), happened, amount)

    def decide(self, profile: Profile, now_ms: int) -> Decision | None:
        """Put the answer at now into `profile.predictions`; give the decision if it is another one than before.

        The values that it reads must be those of now.
        """
        model = self._in_force(now_ms)
        if model is None:
            return None
        value = self._value(model, profile, now_ms)
        held = profile.predictions.get(self.name)
        if value is not None:
            profile.predictions[self.name] = Answer(value, model.version)
        elif held is not None:
            del profile.predictions[self.name]
        if value == (None if held is None else held.value):
            return None
        by_model = (
            held is not None and held.version != model.version and self._is_by_model(held, value, profile, now_ms)
        )
        return Decision(self.name, model.version, by_model, None, None if held is None else held.value, value)

    def answer(self, profile: Profile, now_ms: int) -> Value:
        """Give the answer at now, None where there is none."""
        model = self._in_force(now_ms)
        if model is None:
            return None
        if not self.reader.is_kept:
            self._inputs.update(profile, now_ms)
        return self._value(model, profile, now_ms)

    def weights(self, profile: Profile, now_ms: int) -> list[Weight]:
        """Give the three features that weighed most in the user's answer at now."""
        held = profile.predictions.get(self.name)
        model = None if held is None else self._book.prediction_version(self.name, held.version)
        if model is None or model.definition != self._definition:
            return []
        if self.reader.is_kept:
            kept = self._kept(profile)
            vector = [] if kept is None else kept.vector(now_ms)
        else:
            self._inputs.update(profile, now_ms)
            vector = self._vector(profile)
        reasons = model.reasons(vector)
        return [Weight(prediction=self.name, feature=reason.feature, weight=reason.weight) for reason in reasons]

    def _in_force(self, now_ms: int) -> PredictionModel | None:
        versions = self._book.predictions.get(self.name)
        model = None if versions is None else versions.in_force(now_ms)
        if model is None or model.definition != self._definition:  # learned before an edit
            return None
        return model

    def _value(self, model: PredictionModel, profile: Profile, now_ms: int) -> Value:
        if not self.reader.is_kept:
            return model.predict(self._vector(profile))
        kept = self._kept(profile)
        return None if kept is None else model.predict_for(kept, now_ms)

    def _vector(self, profile: Profile) -> list[float]:
        return self.reader.encode(self._take(profile.values))

    def _kept(self, profile: Profile) -> UserInput | None:
        """Give what is kept of the user, decoded at the first call after a restore."""
        held = profile.inputs.get(self.reader.input_key)
        if type(held) is list:
            held = profile.inputs[self.reader.input_key] = user_input(self.reader.question.model, held)
        return held

    def _is_by_model(self, held: Answer, value: Value, profile: Profile, now_ms: int) -> bool:
        """Tell whether a newer version made the greater part of the difference, and not what the user did.

        The earlier version answers too, about the user as they are now; where it is not known any more, the model did.
        """
        earlier = self._book.prediction_version(self.name, held.version)
        if earlier is None or earlier.definition != self._definition:
            return True
        if self.reader.is_kept:  # by the whole window: the carried states are those of the newer version
            kept = self._kept(profile)
            otherwise = None if kept is None else earlier.predict(kept.vector(now_ms))
        else:
            otherwise = earlier.predict(self._vector(profile))
        if isinstance(value, float) and isinstance(otherwise, float):
            return bool(abs(value - otherwise) > abs(otherwise - held.value))
        return bool(otherwise == held.value)
