"""A version of a learned prediction, as it is broadcast: plain numbers, in force from a moment in event time."""

from functools import cached_property
from operator import ge, le
from typing import Self

import msgspec

from livesegments.models.predictions.inputs import SequenceInput, UserInput
from livesegments.models.predictions.kinds import scorer
from livesegments.models.predictions.predictor import Plain, Scorer, Vector
from livesegments.models.predictions.question import Asks, Model
from livesegments.models.predictions.recurrent_scorer import RecurrentScorer
from livesegments.models.predictions.vectors import ABSENT

__all__ = ["DIGITS", "PredictionModel", "Reason"]

Value = float | str | None
DIGITS = 6  # far above the noise between processors, so that no record depends on the machine


class Reason(msgspec.Struct, frozen=True):
    """A feature and how much it moved the answer, up (> 0) or down (< 0)."""

    feature: str
    weight: float


class PredictionModel(msgspec.Struct, frozen=True, kw_only=True, tag="prediction_model", dict=True):
    """What answers one prediction from `effective_at` (milliseconds) on, until a greater version does.

    `definition` stands for the question that it was learned for. `least` and `most` tell how far the columns of those
    who were asked about went: the answer about anybody further out is that at the end, and about users of whom
    something is missing that was never missing before, or the other way round, there is none.
    """

    name: str
    version: int
    effective_at: int
    asks: Asks
    kind: Model
    feature_names: tuple[str, ...]
    parameters: Plain
    classes: tuple[str, ...] = ()
    definition: str = ""
    least: tuple[float, ...] = ()
    most: tuple[float, ...] = ()

    @cached_property
    def scorer(self) -> Scorer:
        """Return the parameters made ready to answer, once per object."""
        return scorer(self.kind, self.parameters)

    def predict(self, vector: Vector) -> Value:
        """Return the probability, the amount of money or the class name; None where the model has nothing to say."""
        known = self._known(vector)
        return self._value(self.scorer.scores(known)) if known else None

    def _known(self, vector: Vector) -> Vector:
        """Return the vector no further out than what was asked about, empty where that is nothing like it."""
        if not self.least or not vector:
            return vector
        if all(map(le, self.least, vector)) and all(map(ge, self.most, vector)):
            return vector
        known = []
        for value, least, most, column in zip(vector, self.least, self.most, self.feature_names, strict=True):
            if not least <= value <= most:
                if column.endswith(ABSENT):
                    return []
                value = least if value < least else most
            known.append(value)
        return known

    def predict_for(self, user: UserInput, now_ms: int = 0) -> Value:
        """Return the same for a user's kept input at now: for recurrent models a step or two instead of a window."""
        if isinstance(user, SequenceInput) and isinstance(self.scorer, RecurrentScorer) and user.sequence.count:
            return self._value(self.scorer.scores_after(user.sequence, self.version, now_ms))
        return self.predict(user.vector(now_ms))

    def reasons(self, vector: Vector, most: int = 3) -> list[Reason]:
        """Return the features that weighed most in the answer, greatest first, ties by name; none where it has none."""
        vector = self._known(vector)
        if not vector:
            return []
        weights: dict[str, float] = {}
        parts = self.scorer.contributions(vector, self._explained(self.scorer.scores(vector)))
        for column, part in zip(self.feature_names, parts, strict=True):
            feature = column.removesuffix(ABSENT)
            weights[feature] = weights.get(feature, 0.0) + part
        ranked = sorted(weights.items(), key=lambda item: (-abs(round(item[1], DIGITS)), item[0]))
        return [Reason(feature, round(weight, DIGITS)) for feature, weight in ranked[:most]]

    def _explained(self, scores: list[float]) -> int:
        return 1 if self.asks == "will" else 0 if self.asks == "value" else scores.index(max(scores))

    def _value(self, scores: list[float]) -> Value:
        if self.asks == "will":
            return round(scores[1], DIGITS)
        if self.asks == "value":
            return round(scores[0], DIGITS)
        outcome = self._explained(scores)
        return self.classes[outcome] if outcome < len(self.classes) else None

    def encode(self) -> bytes:
        """Return JSON."""
        return msgspec.json.encode(self)

    @classmethod
    def decode(cls, text: bytes) -> Self:
        """Return the model that `encode` described; raises msgspec.ValidationError on anything else."""
        return msgspec.json.decode(text, type=cls)
