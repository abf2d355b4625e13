"""The learner of one prediction: asks, waits for the label, learns, publishes versions and how good they are."""

from collections.abc import Callable, Sequence

import msgspec

from livesegments.core.times import DAY_MS
from livesegments.models.predictions.base_rate import BaseRate
from livesegments.models.predictions.example import Example, pack, rounded, unpack
from livesegments.models.predictions.inputs import Observation, PurchaseInput, UserInput, column_names, user_input
from livesegments.models.predictions.kinds import predictor
from livesegments.models.predictions.labels import Label, Labels
from livesegments.models.predictions.lifetime import Lifetime
from livesegments.models.predictions.model import PredictionModel
from livesegments.models.predictions.predictor import Plain
from livesegments.models.predictions.purchases import rows_of
from livesegments.models.predictions.quality import PredictionQuality, Quality, Scored
from livesegments.models.predictions.question import TABULAR, Question
from livesegments.models.predictions.recurrent_scorer import RecurrentScorer

__all__ = ["Learner", "LearnerOptions", "Published"]

Published = PredictionModel | PredictionQuality

_GROWTH = 0.05
"""BG/NBD is fitted to all purchases at once; with fewer new ones than a twentieth it would tell the same."""


class LearnerOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Limits and intervals.

    A version is published every `version_every_ms` of event time, at multiples of it, from `labels_min` labels on.
    Only where a model `is_judged` it answers what is asked, so that records tell how good it is.
    """

    version_every_ms: int = DAY_MS
    labels_min: int = 100
    label_bytes_max: int = 8192
    scored_max: int = 2048
    is_judged: bool = True
    seed: int = 0


class Learner:
    """One entry of `predictions:`, learned from the events of a sample of users.

    Call `advance` with the event time, then `observe` with each event, in time order, and `ask` about users at any
    moment: what was learned by a moment then depends on the input alone.
    """

    def __init__(self, question: Question, names: Sequence[str], options: LearnerOptions | None = None) -> None:
        self.question = question
        self.options = options or LearnerOptions()
        self.columns = column_names(question.model, names)
        self.predictor = predictor(question, len(self.columns), self.options.seed)
        self.labels = Labels(question.asks, question.horizon_ms, self.options.label_bytes_max)
        self.quality = Quality(question.outcomes, self.options.scored_max)
        self.model: PredictionModel | None = None
        self.base = BaseRate(question.outcomes)
        self._keeps = question.model not in TABULAR
        self._users: dict[str, UserInput] = {}
        self._learned = self._fresh = 0  # labels, and those since the last version
        self._bought = self._fitted = 0  # purchases of those who are kept, and how many they were at the last fit
        self._now_ms = -1
        self._publish_ms: int | None = None
        self._before = [0, -1]  # number and time of the last version
        self._range: list[
            list[float]
        ] = []  # the least and the most of each column that was learned; none is kept of windows

    def begin(self, model: PredictionModel) -> None:
        """Go on from a model that another learner published; before the first observation.

        Versions go on from it. It answers questions until there is a newer one, unless it was learned for another.
        """
        self._before = [model.version, model.effective_at]
        self.model = model if model.definition == self.question.definition else None

    def advance(self, now_ms: int, outcome_of: Callable[[Label], float] | None = None) -> list[Published]:
        """Let labels mature up to `now_ms` of event time; return versions and records that are due, in time order.

        `outcome_of` gives what came of a matured question where that is not what was reported: a user's class.
        """
        published: list[Published] = []
        every_ms = self.options.version_every_ms
        while self._publish_ms is not None and self._publish_ms <= now_ms:
            self._mature(self._publish_ms, outcome_of)
            published += self._publish(self._publish_ms)
            steps = 1 if len(self.labels) else (now_ms - self._publish_ms) // every_ms + 1
            self._publish_ms += every_ms * steps
        self._mature(now_ms, outcome_of)
        self.note(now_ms)
        return published

    @property
    def due_ms(self) -> int:
        """Return the time before which `advance` only notes the time."""
        return -1 if self._publish_ms is None else min(self._publish_ms, self.labels.due_ms)

    def note(self, now_ms: int) -> None:
        """Tell the event time where nothing is due."""
        self._now_ms = max(self._now_ms, now_ms)

    def observe(self, observation: Observation) -> None:
        """Take in an event that was applied."""
        self._begin_clock(observation.at_ms)
        if observation.happened and self.question.asks != "class":
            outcome = 1.0 if self.question.asks == "will" else max(observation.amount, 0.0)
            self.labels.report(observation.user, observation.at_ms, outcome)
        if self._keeps:
            user = self._users.get(observation.user)
            if user is None:
                user = self._users[observation.user] = user_input(self.question.model)
            user.take(observation.at_ms, observation.marks, observation.happened, observation.amount)
            self._bought += observation.happened

    def report(self, user: str, at_ms: int, outcome: float) -> None:
        """Take in that what is asked about happened (1), or that so much money was spent."""
        self._begin_clock(at_ms)
        self.labels.report(user, at_ms, outcome)

    def ask(self, user: str, at_ms: int, vector: list[float] | None = None) -> None:
        """Ask about a user as of now; without a vector it is made of what was observed of the user."""
        self.ask_all([(user, vector)], at_ms)

    def ask_all(self, asked: Sequence[tuple[str, list[float] | None]], at_ms: int) -> None:
        """Do the same for many users at once."""
        if not asked:
            return
        self._begin_clock(at_ms)
        users, vectors = [], []
        for user, told in asked:
            vector = self._vector(user, at_ms) if told is None else told
            if vector:
                users.append(user)
                vectors.append(rounded(self.question.model, vector))
        version = 0 if self.model is None else self.model.version
        scores = self._answers(vectors)
        base = self.base.predict_one()
        for user, vector, one in zip(users, vectors, scores, strict=True):
            payload = pack(self.question.model, Example(vector, version, one, base if one else []))
            self.labels.ask(user, at_ms, payload)

    def _answers(self, vectors: Sequence[list[float]]) -> list[list[float]]:
        """Give what the model says now; where nobody judges it, so many zeros: questions then take the same room."""
        if self.model is None:
            return [[] for _ in vectors]
        if not self.options.is_judged:
            return [[0.0] * self.question.outcomes for _ in vectors]
        return _scores_of(self.model, vectors)

    def _vector(self, user: str, at_ms: int) -> list[float]:
        kept = self._users.get(user)
        return [] if kept is None else kept.vector(at_ms)

    def finish(self) -> list[Published]:
        """Return what was learned since the last versions, in force now, at the end of a bounded input."""
        return self._publish(self._now_ms, is_end=True) if self._publish_ms is not None else []

    def forget(self, user: str) -> None:
        """Drop all that is kept about a user; what the model learned from them stays."""
        kept = self._users.pop(user, None)
        if isinstance(kept, PurchaseInput):
            self._bought -= kept.purchases.count
        self.labels.forget(user)

    def _begin_clock(self, at_ms: int) -> None:
        if self._publish_ms is None:
            every_ms = self.options.version_every_ms
            self._publish_ms = (max(at_ms, self._now_ms) // every_ms + 1) * every_ms

    def _mature(self, now_ms: int, outcome_of: Callable[[Label], float] | None) -> None:
        for label in self.labels.mature(now_ms):
            self._learn(label if outcome_of is None else label._replace(outcome=outcome_of(label)))

    def _learn(self, label: Label) -> None:
        example = unpack(self.question.model, label.payload)
        if example.scores and self.options.is_judged:
            scored = Scored(example.version, example.scores, example.base, label.outcome)
            self.quality.add(scored, label.asked_ms + self.question.horizon_ms)
        self.predictor.learn_one(example.vector, label.outcome)
        self.base.learn_one((), label.outcome)
        if self.question.model in TABULAR:
            least, most = self._range or [example.vector, example.vector]
            self._range = [list(map(min, least, example.vector)), list(map(max, most, example.vector))]
        self._learned += 1
        self._fresh += 1

    def _publish(self, at_ms: int, *, is_end: bool = False) -> list[Published]:
        published: list[Published] = []
        if self._fresh and len(self.quality):
            published.append(self.quality.record(self.question.name, at_ms))
        parameters = self.predictor.parameters() if self._is_ready(at_ms, is_end=is_end) else {}
        self._fresh = 0
        if parameters:
            self.model = self._version(parameters, at_ms)
            published.append(self.model)
        return published

    def _is_ready(self, at_ms: int, *, is_end: bool) -> bool:
        """Return whether there is something new and enough to publish; BG/NBD is fitted to everybody here."""
        if not isinstance(self.predictor, Lifetime):
            return self._fresh > 0 and self._learned >= self.options.labels_min
        new = abs(self._bought - self._fitted)
        if not new or (new < _GROWTH * self._fitted and not is_end):
            return False
        buyers = [user.purchases for user in self._users.values() if isinstance(user, PurchaseInput)]
        if not self.predictor.fit(rows_of(buyers, at_ms)):
            return False
        self._fitted = self._bought
        return True

    def _version(self, parameters: Plain, at_ms: int) -> PredictionModel:
        number, before_ms = self._before
        self._before = [number + 1, max(at_ms, before_ms + 1)]
        return PredictionModel(
            name=self.question.name,
            version=self._before[0],
            effective_at=self._before[1],
            asks=self.question.asks,
            kind=self.question.model,
            feature_names=self.columns,
            parameters=parameters,
            classes=self.question.classes,
            definition=self.question.definition,
            least=tuple(self._range[0]) if self._range else (),
            most=tuple(self._range[1]) if self._range else (),
        )

    def snapshot(self) -> Plain:
        """Return everything as plain values for msgpack; what belongs to one user is below `users` and `labels`."""
        return {
            "predictor": self.predictor.snapshot(),
            "labels": self.labels.snapshot(),
            "quality": self.quality.snapshot(),
            "model": self.model.encode() if self.model else None,
            "base": self.base.snapshot(),
            "users": {name: user.encode() for name, user in self._users.items()},
            "counts": [self._learned, self._fresh, self._fitted],
            "clock": [self._now_ms, self._publish_ms],
            "before": self._before,
            "range": self._range,
        }

    def restore(self, snapshot: Plain) -> None:
        """Take over a snapshot, on a learner made with the same arguments; no waiting label is lost."""
        self.predictor.restore(snapshot["predictor"])
        self.labels.restore(snapshot["labels"])
        self.quality.restore(snapshot["quality"])
        self.model = PredictionModel.decode(snapshot["model"]) if snapshot["model"] else None
        self.base.restore(snapshot["base"])
        self._users = {name: user_input(self.question.model, plain) for name, plain in snapshot["users"].items()}
        self._learned, self._fresh, self._fitted = snapshot["counts"]
        self._bought = sum(user.purchases.count for user in self._users.values() if isinstance(user, PurchaseInput))
        self._now_ms, self._publish_ms = snapshot["clock"]
        self._before = snapshot["before"]
        self._range = snapshot["range"]


def _scores_of(model: PredictionModel, vectors: Sequence[list[float]]) -> list[list[float]]:
    scorer = model.scorer
    if isinstance(scorer, RecurrentScorer):
        return scorer.scores_of(vectors)
    return [scorer.scores(vector) for vector in vectors]
