"""The learner: lessons from the events of a sample of users in, versions of all models of a definition out.

Pure and seeded. What was learned by a moment depends on the lessons and their order alone, so that a bounded run, a
replay and a job that was restored from a snapshot publish the same versions.
"""

from __future__ import annotations

from typing import Any

import msgspec

from livesegments.core.definition import ClusterSpec, Definition
from livesegments.core.events import Event
from livesegments.core.profile import Profile
from livesegments.core.step import Engine
from livesegments.models.book import ModelBook
from livesegments.models.clusters.learner import Clustering
from livesegments.models.clusters.learner import Learner as ClusterLearner
from livesegments.models.clusters.version import Version
from livesegments.models.lessons import PredictionLesson, PredictionTeacher
from livesegments.models.predictions.learner import Published
from livesegments.models.predictions.model import PredictionModel

__all__ = ["Lesson", "ModelLearner", "ModelRow"]

FORMAT = 1


class ModelRow(msgspec.Struct, frozen=True):
    """A row of `segment_models`: JSON under a key that the next version of the same model replaces."""

    key: str
    payload: bytes


class Lesson(msgspec.Struct, frozen=True, array_like=True):
    """What one applied event taught about its user: the values of each clustering's features, at the user's clock.

    `event_ms` is the time of the event itself, `predictions` what it taught to each prediction, by name. Without
    both an `erase` is told: the user is to be forgotten.
    """

    user_id: str
    at_ms: int
    clusters: list[list[Any]]
    event_ms: int = 0
    predictions: list[PredictionLesson] = []


class ModelLearner:
    """Learns everything that a definition's models need.

    The caller keeps the profiles of the sampled users, which `engine` applies events to; it knows only the features
    that models read. Whatever it gives for an applied event goes into `lesson`, and lessons in order into `learn`,
    best in the order of event time: labels mature, and predictions get versions, once a lesson or `advance` comes to
    their time, so how often `advance` is called in between makes no difference.
    """

    def __init__(self, definition: Definition) -> None:
        learned = _learned(definition)
        self.engine = Engine(learned)
        slots = self.engine.program.slots
        self._clusters = {name: ClusterLearner(_clustering(spec)) for name, spec in sorted(definition.clusters.items())}
        self._inputs = [tuple(slots[name] for name in definition.clusters[key].features) for key in self._clusters]
        self._spacing_ms = min((spec.interval_ms for spec in definition.clusters.values()), default=0)
        self._predictions = {
            name: PredictionTeacher(learned, self.engine.program, name) for name in sorted(definition.predictions)
        }

    def vectors(self, clustering: str) -> Any:
        """Give the sample of vectors that a clustering's learner holds, one per row, after the logarithm."""
        return self._clusters[clustering].vectors

    def begin(self, book: ModelBook) -> None:
        """Go on from known models: their versions, ids and names; before the first lesson."""
        for name, learner in self._clusters.items():
            if name in book.clusters:
                learner.begin(book.clusters[name].newest)
        for name, teacher in self._predictions.items():
            if name in book.predictions:
                teacher.learner.begin(book.predictions[name].newest)

    def lesson(self, profile: Profile, event: Event) -> Lesson | None:
        """Give what is to be learned from an event that was just applied, None if that is nothing."""
        if profile.empty:  # erased: what is kept of the user is kept for the predictions
            return self.ending(profile.user_id, profile.clock_ms)
        is_due = self._is_due(profile)
        if not is_due and not self._predictions:
            return None
        self.engine.program.model_inputs.update(profile, profile.clock_ms)
        values = profile.values
        inputs = [[values[slot] for slot in slots] for slots in self._inputs] if is_due else []
        if not self._predictions:
            return Lesson(profile.user_id, profile.clock_ms, inputs)
        taught = [teacher.lesson(profile, event) for teacher in self._predictions.values()]
        return Lesson(profile.user_id, profile.clock_ms, inputs, event.time_ms, taught)

    def ending(self, user_id: str, at_ms: int) -> Lesson | None:
        """Give the lesson that a user is erased, or a visitor merged; None where that makes no difference."""
        return Lesson(user_id, at_ms, []) if self._predictions else None

    def _is_due(self, profile: Profile) -> bool:
        """Tell whether a user's vectors are to be learned: once an interval, so that busy users do not outweigh all."""
        is_early = profile.applied_ms >= 0 and profile.clock_ms - profile.applied_ms < self._spacing_ms
        if not self._clusters or is_early:
            return False
        profile.applied_ms = profile.clock_ms
        return True

    def learn(self, lesson: Lesson) -> list[ModelRow]:
        """Learn one lesson; give the rows that are due."""
        if self._predictions and not lesson.predictions:
            for teacher in self._predictions.values():
                teacher.learner.forget(lesson.user_id)
            return []
        rows = []
        for learner, values in zip(self._clusters.values(), lesson.clusters, strict=False):  # without any: no vectors
            version = learner.learn(values, lesson.at_ms)
            if version is not None:
                rows.append(_row(version))
        for teacher, taught in zip(self._predictions.values(), lesson.predictions, strict=True):
            rows += _rows(teacher.learner.advance(lesson.event_ms))
            teacher.learn(lesson.user_id, lesson.at_ms, lesson.event_ms, taught)
        return rows

    def advance(self, now_ms: int) -> list[ModelRow]:
        """Tell that event time has come to now; give the rows that are due."""
        return [row for teacher in self._predictions.values() for row in _rows(teacher.learner.advance(now_ms))]

    def finish(self) -> list[ModelRow]:
        """Give what was learned since the last versions, at the end of a bounded input."""
        versions = [learner.finish() for learner in self._clusters.values()]
        rows = [_row(version) for version in versions if version is not None]
        for teacher in self._predictions.values():
            rows += _rows(teacher.learner.finish())
        return rows

    def snapshot(self) -> bytes:
        """Give all that is needed to go on; the profiles are the caller's."""
        clusters = {name: [_identity(learner), learner.snapshot()] for name, learner in self._clusters.items()}
        predictions = {name: [teacher.identity, teacher.snapshot()] for name, teacher in self._predictions.items()}
        return msgspec.msgpack.encode([FORMAT, clusters, predictions])

    def restore(self, content: bytes) -> None:
        """Take over a snapshot; what an edited definition learns from other features begins anew.

        Raises ValueError on a snapshot of an unknown format.
        """
        version, clusters, predictions = msgspec.msgpack.decode(content)
        if version != FORMAT:
            raise ValueError(f"expected a learner's snapshot of format {FORMAT}, found {version}")
        for name, learner in self._clusters.items():
            identity, state = clusters.get(name, (None, None))
            if identity is not None and identity == _identity(learner):
                self._clusters[name] = ClusterLearner.restore(learner.clustering, state)
            elif identity is not None and (before := ClusterLearner.model_in(state)) is not None:
                learner.begin(before)
        for name, teacher in self._predictions.items():
            if name in predictions:
                teacher.restore(*predictions[name])


def _learned(definition: Definition) -> Definition:
    """Give the definition without what no model reads."""
    kept: set[str] = set()
    waiting = [name for spec in definition.clusters.values() for name in spec.features]
    waiting += [name for spec in definition.predictions.values() for name in spec.names]
    while waiting:
        name = waiting.pop()
        if name not in kept:
            kept.add(name)
            waiting += definition.features[name].names
    features = {name: spec for name, spec in definition.features.items() if name in kept}
    return msgspec.structs.replace(definition, features=features, segments={}, profile=())


def _clustering(spec: ClusterSpec) -> Clustering:
    return Clustering(
        name=spec.name,
        features=spec.features,
        algorithm=spec.algorithm,
        clusters=spec.clusters,
        names=spec.names,
        linear=spec.linear,
        minimum=spec.minimum,
        warm_up=spec.warm_up,
        every=spec.every,
        at_least=max(1, spec.every // 2),
        least_ms=spec.interval_ms,
        seed=spec.seed,
        parameters=spec.parameters,
    )


def _identity(learner: ClusterLearner) -> dict[str, Any]:
    """Give what a snapshot must agree with to be restored: what is learned, not how often."""
    plain = msgspec.msgpack.decode(msgspec.msgpack.encode(learner.clustering))  # as in a snapshot: lists, no tuples
    return {key: plain[key] for key in ("features", "algorithm", "clusters", "linear", "parameters", "seed", "sample")}


def _row(version: Version) -> ModelRow:
    return ModelRow(f"clusters/{version.model.clustering}", version.encode())


def _rows(published: list[Published]) -> list[ModelRow]:
    return [
        ModelRow(
            f"predictions/{item.name}{'' if isinstance(item, PredictionModel) else '/quality'}",
            msgspec.json.encode(item),
        )
        for item in published
    ]
