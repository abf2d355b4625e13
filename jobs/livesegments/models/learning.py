"""The learner: the events of a sample of users in, versions of all models of a definition out.

Pure and seeded. What was learned by a moment depends on the events and their order alone, so that a bounded run, a
replay and a job that was restored from a snapshot publish the same versions.
"""

from __future__ import annotations

from typing import Any

import msgspec

from livesegments.core.definition import ClusterSpec, Definition, cluster_key, prediction_key
from livesegments.core.errors import BadEvent
from livesegments.core.events import Event
from livesegments.core.inference import is_read
from livesegments.core.step import Engine
from livesegments.core.times import DAY_MS
from livesegments.models.book import ModelBook
from livesegments.models.clusters.learner import Clustering
from livesegments.models.clusters.learner import Learner as ClusterLearner
from livesegments.models.clusters.lloyd import Points
from livesegments.models.clusters.version import Version
from livesegments.models.population import Population
from livesegments.models.predictions.learner import Published
from livesegments.models.predictions.model import PredictionModel
from livesegments.models.sample import SampledUsers
from livesegments.models.teaching import PredictionTeacher, part_of_a_day, time_between_questions_ms
from livesegments.models.visitor_move import VisitorMove

__all__ = ["ModelLearner", "ModelRow", "identities_of"]

FORMAT = 2
USERS_MAX = 8000
"""Users of whom predictions are learned at most; clusterings say it themselves, by `sample`."""


class ModelRow(msgspec.Struct, frozen=True):
    """A row of `segment_models`: JSON under a key that the next version of the same model replaces."""

    key: str
    payload: bytes


class ModelLearner:
    """Learns everything that a definition's models need, from the profiles of an even sample of users.

    Feed it events, best in the order of event time. Versions are made and questions asked at multiples of a day, or of
    a part of it where a definition wants that, once event time has passed them, however often `advance` is called.
    Where predictions are not `judged`, nothing is answered and kept to tell how good they are. Those that no feature
    reads are left out without `unread`; all others, and the clusters, are the same as with them.
    """

    def __init__(self, definition: Definition, *, judged: bool = True, unread: bool = True) -> None:
        learned = _learned(definition)
        self.engine = Engine(learned)
        specs = dict(sorted(definition.clusters.items()))
        sizes = [spec.sample for spec in specs.values()] + [USERS_MAX] * bool(definition.predictions)
        self.users = SampledUsers(self.engine, max(sizes, default=USERS_MAX))
        self._clusters = {name: ClusterLearner(_clustering(spec)) for name, spec in specs.items()}
        self._populations = {name: Population(self.engine.program, spec) for name, spec in specs.items()}
        self._predictions = {
            name: PredictionTeacher(learned, self.engine.program, name, self.users, judged=judged)
            for name in sorted(definition.predictions)
            if unread or is_read(definition, name)
        }
        spacings = [part_of_a_day(spec.interval_ms) for spec in specs.values()]
        self._every_ms = min([DAY_MS, *spacings, *map(time_between_questions_ms, definition.predictions.values())])
        self._next_ms = -1  # the next moment, -1 before the first event
        self._clock_ms = -1  # the greatest event time applied
        self._quiet_ms = -1  # before it nothing is due: no moment, no label, no version
        self._told_ms = -1  # the greatest time that `advance` was told

    def vectors(self, clustering: str) -> Points:
        """Give the users of a clustering's last version, one per row, after the logarithm."""
        return self._clusters[clustering].sample

    def begin(self, book: ModelBook) -> None:
        """Go on from known models: their versions, ids and names; before the first event."""
        for name, learner in self._clusters.items():
            if name in book.clusters:
                learner.begin(book.clusters[name].newest)
        for name, teacher in self._predictions.items():
            if name in book.predictions:
                teacher.learner.begin(book.predictions[name].newest)

    def feed(self, event: Event, until_ms: int | None = None) -> list[ModelRow]:
        """Take in an event; give the rows that were due before it. What the step refuses teaches nothing."""
        if until_ms is not None and event.time_ms > until_ms:
            return []
        rows = self.advance(event.time_ms - 1)
        profile = self.users.get(event.user_id)
        self._forget_gone()
        if profile is None:
            return rows
        try:
            outcome, _ = self.engine.apply(profile, event, until_ms)
        except BadEvent:
            return rows
        if outcome != "applied":
            return rows
        self._clock_ms = max(self._clock_ms, event.time_ms)
        if self._next_ms < 0:
            self._next_ms = (event.time_ms // self._every_ms + 1) * self._every_ms
            for learner in self._clusters.values():
                learner.note_first_event(event.time_ms)
        if profile.empty:
            self.users.note_erased(event.user_id)
        for population in self._populations.values():
            population.forget(event.user_id)
        for teacher in self._predictions.values():
            if profile.empty:  # erased
                teacher.learner.forget(event.user_id)
            else:
                teacher.observe(event)
        return rows

    def move(self, moved: VisitorMove) -> list[ModelRow]:
        """Take in that a visitor is a user; give the rows that were due before it. What is inherited is no lesson."""
        rows = self.advance(moved.time_ms - 1)
        profile = self.users.get(moved.user_id)
        self._forget_gone()
        if profile is None:
            return rows
        if moved.events is None:
            self.engine.end(profile, moved.other, moved.time_ms)
            self.users.note_erased(moved.user_id)
            for teacher in self._predictions.values():
                teacher.learner.forget(moved.user_id)
        else:
            self.engine.inherit(profile, moved.other, moved.events, moved.time_ms)
        for population in self._populations.values():
            population.forget(moved.user_id)
        return rows

    def advance(self, now_ms: int) -> list[ModelRow]:
        """Tell that event time has come to now; give the rows that are due."""
        if now_ms < self._quiet_ms:
            self._told_ms = max(self._told_ms, now_ms)
            return []
        return self._advance(now_ms)

    def _advance(self, now_ms: int) -> list[ModelRow]:
        rows: list[ModelRow] = []
        while 0 <= self._next_ms <= now_ms:
            at_ms = self._next_ms
            self.users.forget_erased(at_ms)
            rows += self._predicted(at_ms)
            for teacher in self._predictions.values():
                teacher.ask(at_ms)
            for name, learner in self._clusters.items():
                if learner.is_due(at_ms):
                    rows += self._clustered(name, at_ms)
            self._next_ms = at_ms + max(self._every_ms, self._pause_ms(at_ms))
        if self._next_ms >= 0:
            rows += self._predicted(now_ms)
            dues = [teacher.learner.due_ms for teacher in self._predictions.values()]
            self._quiet_ms = min(self._next_ms, *dues) if dues else self._next_ms
        return rows

    def _pause_ms(self, at_ms: int) -> int:
        """Give the time to the next look; it grows while no event comes, so that one years later is soon reached."""
        return (at_ms - self._clock_ms) // 8 // self._every_ms * self._every_ms

    def finish(self) -> list[ModelRow]:
        """Give what was learned since the last versions, at the end of an input; in force from its last event."""
        rows = self._advance(max(self._clock_ms, self._told_ms))
        for name in self._clusters:
            rows += self._clustered(name, self._clock_ms, is_end=True)
        for teacher in self._predictions.values():
            rows += _rows(teacher.learner.finish())
        return rows

    def _clustered(self, name: str, now_ms: int, *, is_end: bool = False) -> list[ModelRow]:
        population = self._populations[name]
        users = population.vectors(self.users.smallest(population.spec.sample), now_ms)
        version = self._clusters[name].learn(users, now_ms, is_end=is_end)
        return [] if version is None else [_row(version)]

    def _predicted(self, now_ms: int) -> list[ModelRow]:
        return [row for teacher in self._predictions.values() for row in _rows(teacher.advance(now_ms))]

    def _forget_gone(self) -> None:
        """Forget the users for whom there was no more room."""
        while self.users.gone:
            user_id = self.users.gone.pop()
            for population in self._populations.values():
                population.forget(user_id)
            for teacher in self._predictions.values():
                teacher.learner.forget(user_id)

    def snapshot(self) -> bytes:
        """Give all that is needed to go on."""
        for teacher in self._predictions.values():
            teacher.learner.note(self._told_ms)
        clusters = {name: [_identity(learner), learner.snapshot()] for name, learner in self._clusters.items()}
        predictions = {name: [teacher.identity, teacher.snapshot()] for name, teacher in self._predictions.items()}
        clock = [self._next_ms, self._clock_ms]
        return msgspec.msgpack.encode([FORMAT, clusters, predictions, clock, self.users.snapshot()])

    def restore(self, content: bytes) -> None:
        """Take over a snapshot; what an edited definition learns from other features begins anew.

        Of a snapshot of format 1 versions, ids and names go on. Raises ValueError on an unknown format.
        """
        version, clusters, predictions, *rest = msgspec.msgpack.decode(content)
        if version not in (1, FORMAT):
            raise ValueError(f"expected a learner's snapshot of format {FORMAT}, found {version}")
        if version == FORMAT:
            (self._next_ms, self._clock_ms), users = rest
            self.users.restore(users)
        for name, learner in self._clusters.items():
            identity, state = clusters.get(name, (None, None))
            if version == FORMAT and identity == _identity(learner):
                self._clusters[name] = ClusterLearner.restore(learner.clustering, state)
            elif identity is not None and (before := ClusterLearner.model_in(state)) is not None:
                learner.begin(before)
        for name, teacher in self._predictions.items():
            if name in predictions:
                identity, state = predictions[name]
                teacher.restore(identity if version == FORMAT else [], state)


def identities_of(definition: Definition) -> dict[str, object]:
    """Give, for each model, what a snapshot must agree with to be restored: another one is learned anew."""
    _, clusters, predictions, *_ = msgspec.msgpack.decode(ModelLearner(definition).snapshot())
    return {name: identity for name, (identity, _) in {**clusters, **predictions}.items()}


def _learned(definition: Definition) -> Definition:
    """Give the definition without what no model reads."""
    kept: set[str] = set()
    waiting = [name for spec in definition.clusters.values() for name in spec.names_read]
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
        interval_ms=spec.interval_ms,
        seed=spec.seed,
        parameters=spec.parameters,
    )


def _identity(learner: ClusterLearner) -> dict[str, Any]:
    """Give what a snapshot must agree with to be restored: what is learned, not how often."""
    plain = msgspec.msgpack.decode(msgspec.msgpack.encode(learner.clustering))  # as in a snapshot: lists, no tuples
    return {key: plain[key] for key in ("features", "algorithm", "clusters", "linear", "parameters", "seed")}


def _row(version: Version) -> ModelRow:
    return ModelRow(cluster_key(version.model.clustering), version.encode())


def _rows(published: list[Published]) -> list[ModelRow]:
    return [
        ModelRow(
            prediction_key(item.name) + ("" if isinstance(item, PredictionModel) else "/quality"),
            msgspec.json.encode(item),
        )
        for item in published
    ]
