"""Learn one clustering from a stream of vectors and publish its versions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from livesegments.models.clusters.algorithms import make_clusterer, restore_clusterer
from livesegments.models.clusters.clusterer import Centre
from livesegments.models.clusters.drift import DriftWatch
from livesegments.models.clusters.identity import match
from livesegments.models.clusters.lloyd import Labels, Points, squared_distances
from livesegments.models.clusters.model import ClusterModel
from livesegments.models.clusters.moments import Moments
from livesegments.models.clusters.naming import name_clusters
from livesegments.models.clusters.quality import silhouette
from livesegments.models.clusters.reservoir import Reservoir
from livesegments.models.clusters.scaling import MISSING, Scaling, transformed
from livesegments.models.clusters.transitions import Transition, transitions
from livesegments.models.clusters.version import Drift, Reason, Version

__all__ = ["Clustering", "Learner"]

DRIFT_SOONER = 24
"""How many times sooner than `least_ms` drift may bring the next version about."""

LEAST = 0.02
"""Least deviation of a logarithm: differences of a fiftieth are none to group people by."""

FEW = 10
"""How many times fewer vectors than the warm-up wants are enough for the only version of a short input."""

SILHOUETTE_OF = 200
"""Vectors that the silhouette of a version is of; its cost goes with their square."""

PENDING = 1000
"""Vectors that wait at most to be counted in the moments."""


class Clustering(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be learned, and how often.

    A version follows after `every` vectors, or once `every_ms` of event time have passed (0: never by time), or on
    drift, but never after fewer than `at_least` vectors, nor sooner than `least_ms` after the last one (on drift, a
    24th of that). It is in force `delay_ms` after the newest event learned. `minimum` is how many features must not be
    null. Features named in `linear` are standardised as they are, all others after the logarithm. `sample` is the
    number of vectors kept to compare versions, `drift` the share of false alarms permitted, `parameters` go to the
    algorithm.
    """

    name: str
    features: tuple[str, ...]
    algorithm: str = "centroids"
    clusters: int = 5
    names: tuple[str, ...] = ()
    linear: tuple[str, ...] = ()
    minimum: int = 1
    warm_up: int = 500
    every: int = 500
    every_ms: int = 0
    at_least: int = 250
    least_ms: int = 0
    delay_ms: int = 1
    sample: int = 2000
    drift: float = 0.002
    seed: int = 1
    parameters: dict[str, Any] = {}


class Learner:
    """The learner of one clustering: vectors with event times in, versions out; pure and seeded.

    Vectors are raw feature values in the order of `clustering.features`. A sample of them, after the logarithm
    and with what is missing, decides the scaling of each version and what became of its clusters.
    """

    def __init__(self, clustering: Clustering) -> None:
        self.clustering = clustering
        self.model: ClusterModel | None = None
        self.skipped = 0
        self._clusterer = make_clusterer(
            clustering.algorithm, clustering.clusters, clustering.seed, **clustering.parameters
        )
        self._logs = tuple(feature not in clustering.linear for feature in clustering.features)
        self._sample = Reservoir(clustering.sample, clustering.sample, clustering.seed)
        self._moments = Moments(len(clustering.features), least=[LEAST if log else 0.0 for log in self._logs])
        self._pending: list[list[float]] = []
        self._watch = DriftWatch(clustering.features, clustering.drift)
        self._drifts: list[Drift] = []
        self._scaling: Scaling | None = None  # the clusterer's units, None during the warm-up
        self._clock = 0
        self._fitted_at = 0
        self._fitted_seen = 0
        self._ids: dict[int, int] = {}  # the clusterer's id -> the one published
        self._next_id = 0
        self._heritage: ClusterModel | None = None  # a model of before, until the first version takes its ids over

    def begin(self, model: ClusterModel) -> None:
        """Go on from a model that another learner published: its version, ids and names; before the first vector.

        The centres are learned anew. Those of the first version that lie near one of the model's take over its id.
        A model of other features hands on nothing but the numbers that are taken.
        """
        self.model = model
        self._next_id = max(model.ids, default=-1) + 1
        self._heritage = model if model.features == self.clustering.features else None

    def learn(self, values: Sequence[Any], time_ms: int) -> Version | None:
        """Learn one vector; return a new version when one is due."""
        known = transformed(values, self._logs)
        if len(known) - known.count(MISSING) < max(1, self.clustering.minimum):
            self.skipped += 1
            return None
        self._clock = max(self._clock, time_ms)
        self._sample.add(known)
        self._pending.append(known)
        if self._scaling is None:
            return self._start(self.clustering.delay_ms) if self._sample.seen >= self.clustering.warm_up else None
        if len(self._pending) >= PENDING:
            self._take_moments()
        self._follow(known, self._scaling)
        reason = self._due()
        return self._publish(reason, self.clustering.delay_ms) if reason else None

    def finish(self) -> Version | None:
        """Publish what was learned since the last version, at the end of the input; None if that is nothing.

        An input that ends before the warm-up does, with a tenth of its vectors at least, gets its only version here.
        This version is in force from the newest event on, so that the last moment of a bounded run sees it.
        """
        if self._sample.seen == self._fitted_seen:
            return None
        if self._scaling is not None:
            return self._publish("end", delay_ms=0)
        return self._start(delay_ms=0) if self._sample.seen * FEW >= self.clustering.warm_up else None

    @property
    def vectors(self) -> Points:
        """Return the sample of vectors, after the logarithm, NaN where a value is missing."""
        return self._sample.points()

    def snapshot(self) -> dict[str, Any]:
        """Return all that is needed to continue, as dicts, lists, numbers and strings."""
        return {
            "clusterer": self._clusterer.snapshot(),
            "sample": self._sample.snapshot(),
            "moments": self._moments.snapshot(),
            "pending": [list(known) for known in self._pending],
            "watch": self._watch.snapshot(),
            "model": msgspec.to_builtins(self.model),
            "scaling": msgspec.to_builtins(self._scaling),
            "drifts": msgspec.to_builtins(self._drifts),
            "clock": self._clock,
            "fitted_at": self._fitted_at,
            "fitted_seen": self._fitted_seen,
            "skipped": self.skipped,
            "ids": [[own, published] for own, published in self._ids.items()],
            "next_id": self._next_id,
            "heritage": msgspec.to_builtins(self._heritage),
        }

    @staticmethod
    def model_in(state: dict[str, Any]) -> ClusterModel | None:
        """Give the last model of a snapshot."""
        return msgspec.convert(state["model"], ClusterModel | None)

    @classmethod
    def restore(cls, clustering: Clustering, state: dict[str, Any]) -> Learner:
        """Build a learner that continues exactly where the snapshot was taken, of the same clustering."""
        learner = cls(clustering)
        learner._clusterer = restore_clusterer(state["clusterer"])
        learner._sample = Reservoir.restore(state["sample"])
        learner._moments = Moments.restore(state["moments"])
        learner._pending = [list(known) for known in state["pending"]]
        learner._watch = DriftWatch.restore(clustering.features, clustering.drift, state["watch"])
        learner.model = cls.model_in(state)
        learner._scaling = msgspec.convert(state["scaling"], Scaling | None)
        learner._drifts = msgspec.convert(state["drifts"], list[Drift])
        learner._clock = state["clock"]
        learner._fitted_at = state["fitted_at"]
        learner._fitted_seen = state["fitted_seen"]
        learner.skipped = state["skipped"]
        learner._ids = dict(state["ids"])
        learner._next_id = state["next_id"]
        learner._heritage = msgspec.convert(state["heritage"], ClusterModel | None)
        return learner

    def _start(self, delay_ms: int) -> Version | None:
        first = self._pending
        scaling = self._scaling = self._take_moments()
        for known in first:
            self._clusterer.learn_one(scaling.standardise(known))
        return self._publish("start", delay_ms)

    def _follow(self, known: list[float], scaling: Scaling) -> None:
        vector = scaling.standardise(known)
        self._clusterer.learn_one(vector)
        if self.model is not None and self._ids:
            self._drifts += self._watch.add(vector, self.model.assign(vector).distance)

    def _due(self) -> Reason | None:
        since = self._sample.seen - self._fitted_seen
        passed_ms = self._clock - self._fitted_at
        if since < self.clustering.at_least:
            return None
        if self._drifts and passed_ms >= self.clustering.least_ms // DRIFT_SOONER:
            return "drift"
        if passed_ms < self.clustering.least_ms:
            return None
        late = 0 < self.clustering.every_ms <= passed_ms
        return "interval" if late or 0 < self.clustering.every <= since else None

    def _publish(self, reason: Reason, delay_ms: int) -> Version | None:
        sample = self._sample.points()
        scaling = self._rescale()
        self._clusterer.refit()
        members = self._sample.ages() >= self._sample.seen - self._fitted_seen
        self._fitted_at = self._clock
        self._fitted_seen = self._sample.seen
        drifts, self._drifts = self._drifts, []
        if not self._clusterer.centres():
            return None
        before = self.model
        self.model = self._model(sample, scaling, delay_ms)
        return Version(
            model=self.model,
            reason=reason,
            transitions=_compare(before, self.model, sample[members] if members.any() else sample),
            drifts=tuple(drifts),
            silhouette=_silhouette(sample, self.model),
        )

    def _rescale(self) -> Scaling:
        scaling, current = self._take_moments(), self._scaling
        if current is not None and current.close_to(scaling):
            return current
        if current is not None:
            change = current.change_to(scaling)
            self._clusterer.rescale(*change)
            self._watch.rescale(*change)
        self._scaling = scaling
        return scaling

    def _take_moments(self) -> Scaling:
        if self._pending:
            self._moments.merge(np.array(self._pending))
            self._pending = []
        return self._moments.scaling(self._logs)

    def _model(self, sample: Points, scaling: Scaling, delay_ms: int) -> ClusterModel:
        clustering, before = self.clustering, self.model
        centres = self._clusterer.centres()
        self._publish_ids(centres, scaling)
        centres.sort(key=lambda centre: self._ids[centre.id])
        ids = [self._ids[centre.id] for centre in centres]
        points = [centre.point for centre in centres]
        known = dict(zip(before.ids, before.names, strict=True)) if before else {}
        names = name_clusters(known, ids, points, clustering.features, clustering.names)
        labels, error = _nearest(sample, scaling, points)
        return ClusterModel(
            clustering=clustering.name,
            version=before.version + 1 if before else 1,
            effective_at=max(before.effective_at + 1 if before else 0, self._clock + delay_ms),
            algorithm=clustering.algorithm,
            features=clustering.features,
            minimum=clustering.minimum,
            scaling=scaling,
            ids=tuple(ids),
            names=tuple(names.values()),
            centres=tuple(map(tuple, points)),
            shares=tuple((np.bincount(labels, minlength=len(ids)) / len(sample)).tolist()),
            error=error,
        )

    def _publish_ids(self, centres: Sequence[Centre], scaling: Scaling) -> None:
        """Give new centres an id; the first ones those of the inherited model as far as they lie near."""
        if self._heritage is not None:
            shift, factor = self._heritage.scaling.change_to(scaling)
            old = (np.array(self._heritage.centres) - np.array(shift)) / np.array(factor)
            pairs = match(old, np.array([centre.point for centre in centres]))
            self._ids = {centres[new].id: self._heritage.ids[known] for new, known in pairs.items()}
            self._heritage = None
        for centre in centres:
            if centre.id not in self._ids:
                self._ids[centre.id] = self._next_id
                self._next_id += 1


def _compare(before: ClusterModel | None, after: ClusterModel, members: Points) -> tuple[Transition, ...]:
    # The members are the vectors that the older version could know.
    if before is None or before.features != after.features:
        return tuple(Transition(kind="born", cluster=cluster) for cluster in after.ids)
    old, _ = _nearest(members, before.scaling, before.centres)
    new, _ = _nearest(members, after.scaling, after.centres)
    return tuple(transitions(before.ids, old, after.ids, new))


def _silhouette(sample: Points, model: ClusterModel) -> float | None:
    labels, _ = _nearest(sample, model.scaling, model.centres)
    found = silhouette(model.scaling.standardise_all(sample), labels, SILHOUETTE_OF)
    return None if math.isnan(found) else round(found, 6)


def _nearest(sample: Points, scaling: Scaling, centres: Sequence[Sequence[float]]) -> tuple[Labels, float]:
    squares = squared_distances(scaling.standardise_all(sample), np.array(centres))
    return squares.argmin(axis=1), float(squares.min(axis=1).mean())
