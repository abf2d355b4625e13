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

__all__ = ["Lesson", "ModelLearner", "ModelRow"]

FORMAT = 1


class ModelRow(msgspec.Struct, frozen=True):
    """A row of `segment_models`: JSON under a key that the next version of the same model replaces."""

    key: str
    payload: bytes


class Lesson(msgspec.Struct, frozen=True, array_like=True):
    """What one applied event taught about its user: the values of each clustering's features, at the user's clock."""

    user_id: str
    at_ms: int
    clusters: list[list[Any]]


class ModelLearner:
    """Learns everything that a definition's models need.

    The caller keeps the profiles of the sampled users, which `engine` applies events to; it knows only the features
    that models read. Whatever it gives for an applied event goes into `lesson`, and lessons in order into `learn`.
    """

    def __init__(self, definition: Definition) -> None:
        self.engine = Engine(_learned(definition))
        slots = self.engine.program.slots
        self._clusters = {name: ClusterLearner(_clustering(spec)) for name, spec in sorted(definition.clusters.items())}
        self._inputs = [tuple(slots[name] for name in definition.clusters[key].features) for key in self._clusters]

    def begin(self, book: ModelBook) -> None:
        """Go on from known models: their versions, ids and names; before the first lesson."""
        for name, learner in self._clusters.items():
            if name in book.clusters:
                learner.begin(book.clusters[name].newest)

    def lesson(self, profile: Profile, event: Event) -> Lesson | None:
        """Give what is to be learned from an event that was just applied, None if that is nothing."""
        if profile.empty:
            return None
        self.engine.program.model_inputs.update(profile, profile.clock_ms)
        values = profile.values
        inputs = [[values[slot] for slot in slots] for slots in self._inputs]
        return Lesson(profile.user_id, profile.clock_ms, inputs)

    def learn(self, lesson: Lesson) -> list[ModelRow]:
        """Learn one lesson; give the rows that are due."""
        rows = []
        for learner, values in zip(self._clusters.values(), lesson.clusters, strict=True):
            version = learner.learn(values, lesson.at_ms)
            if version is not None:
                rows.append(_row(version))
        return rows

    def advance(self, now_ms: int) -> list[ModelRow]:
        """Tell that event time has come to now; give the rows that are due."""
        return []

    def finish(self) -> list[ModelRow]:
        """Give what was learned since the last versions, at the end of a bounded input."""
        versions = [learner.finish() for learner in self._clusters.values()]
        return [_row(version) for version in versions if version is not None]

    def snapshot(self) -> bytes:
        """Give all that is needed to go on; the profiles are the caller's."""
        clusters = {name: [_identity(learner), learner.snapshot()] for name, learner in self._clusters.items()}
        return msgspec.msgpack.encode([FORMAT, clusters])

    def restore(self, content: bytes) -> None:
        """Take over a snapshot; what an edited definition learns from other features begins anew.

        Raises ValueError on a snapshot of an unknown format.
        """
        version, clusters = msgspec.msgpack.decode(content)
        if version != FORMAT:
            raise ValueError(f"expected a learner's snapshot of format {FORMAT}, found {version}")
        for name, learner in self._clusters.items():
            identity, state = clusters.get(name, (None, None))
            if identity is not None and identity == _identity(learner):
                self._clusters[name] = ClusterLearner.restore(learner.clustering, state)
            elif identity is not None and (before := ClusterLearner.model_in(state)) is not None:
                learner.begin(before)


def _learned(definition: Definition) -> Definition:
    """Give the definition without what no model reads."""
    kept: set[str] = set()
    waiting = [name for spec in definition.clusters.values() for name in spec.features]
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
