"""Learn one clustering from the users of one moment after another, and publish its versions."""

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
from livesegments.models.clusters.naming import name_clusters
from livesegments.models.clusters.quality import silhouette
from livesegments.models.clusters.scaling import Scaling, after_logarithm, scaling_of
from livesegments.models.clusters.transitions import Transition, transitions
from livesegments.models.clusters.version import Reason, Version

__all__ = ["Clustering", "Learner"]

FEW = 10
"""How many times fewer users than the warm-up wants are enough for the only version of a short input."""

SILHOUETTE_OF = 200
"""Vectors that the silhouette of a version is of; its cost goes with their square."""


class Clustering(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be learned, and how often.

    The first version follows `interval_ms` of event time after the first event, or once there are `warm_up` users, then
    one each interval. Features named in `linear` are standardised as they are, all others after the logarithm.
    `minimum` is how many features of a user must not be null; `parameters` go to the algorithm.
    """

    name: str
    features: tuple[str, ...]
    algorithm: str = "centroids"
    clusters: int = 5
    names: tuple[str, ...] = ()
    linear: tuple[str, ...] = ()
    minimum: int = 1
    warm_up: int = 500
    interval_ms: int = 0
    seed: int = 1
    parameters: dict[str, Any] = {}


class Learner:
    """The learner of one clustering: the users of a moment in, a version out; pure and seeded.

    Users come as rows of raw feature values in the order of `clustering.features`, NaN where a value is missing, at
    least `minimum` of them known. They decide the scaling of the version and what became of the clusters.
    """

    def __init__(self, clustering: Clustering) -> None:
        self.clustering = clustering
        self.model: ClusterModel | None = None
        self.sample: Points = np.empty((0, len(clustering.features)))  # of the last version, after the logarithm
        self._clusterer = make_clusterer(
            clustering.algorithm, clustering.clusters, clustering.seed, **clustering.parameters
        )
        self._logs = tuple(feature not in clustering.linear for feature in clustering.features)
        self._watch = DriftWatch(clustering.features)
        self._scaling: Scaling | None = None  # the clusterer's units
        self._fitted = (-1, 0)  # when the last version was made, else the first event, and of how many users
        self._ids: dict[int, int] = {}  # the clusterer's id -> the one published
        self._next_id = 0
        self._heritage: ClusterModel | None = None  # a model of before, until the first version takes its ids over

    def begin(self, model: ClusterModel) -> None:
        """Go on from a model that another learner published: its version, ids and names; before the first users.

        The centres are learned anew. Those of the first version that lie near one of the model's take over its id.
        A model of other features hands on nothing but the numbers that are taken.
        """
        self.model = model
        self._next_id = max(model.ids, default=-1) + 1
        self._heritage = model if model.features == self.clustering.features else None

    def note_first_event(self, at_ms: int) -> None:
        """Tell when the first event came: names are given once, and not before an interval has shown who is who."""
        if self._fitted[0] < 0:
            self._fitted = (at_ms, 0)

    def is_due(self, now_ms: int) -> bool:
        """Tell whether it is time for a version, if there are enough users."""
        return now_ms - self._fitted[0] >= self.clustering.interval_ms

    def learn(self, users: Points, now_ms: int, *, is_end: bool = False) -> Version | None:
        """Learn the users of this moment; return the version of it, if there are enough of them.

        At the end of an input a tenth of the warm-up is enough for its only version.
        """
        wanted = self.clustering.warm_up
        if not self._fitted[1] and len(users) < (wanted / FEW if is_end else wanted):
            return None
        if len(users) == 0:
            return None
        sample = after_logarithm(users, self._logs)
        scaling = self._rescale(scaling_of(sample, self._logs))
        scaled = scaling.scale_all(sample)
        reason: Reason = "end" if is_end else "interval" if self._fitted[1] else "start"
        self._fitted = (now_ms, len(users))
        self._clusterer.learn_many(scaled)
        self._clusterer.refit()
        if not self._clusterer.centres():
            return None
        self.sample = sample
        before = self.model
        self.model, labels = self._model(users, scaled, scaling, now_ms)
        drifts = self._watch.compare(sample, scaling, self.model.error)
        return Version(
            model=self.model,
            reason="drift" if drifts and reason == "interval" else reason,
            transitions=_compare(before, self.model, sample, labels),
            drifts=tuple(drifts),
            silhouette=_silhouette(scaled, labels),
        )

    def snapshot(self) -> dict[str, Any]:
        """Return all that is needed to continue, as dicts, lists, numbers and strings."""
        return {
            "clusterer": self._clusterer.snapshot(),
            "watch": self._watch.snapshot(),
            "model": msgspec.to_builtins(self.model),
            "scaling": msgspec.to_builtins(self._scaling),
            "fitted": list(self._fitted),
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
        learner._watch.restore(state["watch"])
        learner.model = cls.model_in(state)
        learner._scaling = msgspec.convert(state["scaling"], Scaling | None)
        at_ms, users = state["fitted"]
        learner._fitted = (at_ms, users)
        learner._ids = dict(state["ids"])
        learner._next_id = state["next_id"]
        learner._heritage = msgspec.convert(state["heritage"], ClusterModel | None)
        return learner

    def _rescale(self, scaling: Scaling) -> Scaling:
        if self._scaling is not None:
            self._clusterer.rescale(*self._scaling.change_to(scaling))
        self._scaling = scaling
        return scaling

    def _model(self, users: Points, scaled: Points, scaling: Scaling, now_ms: int) -> tuple[ClusterModel, Labels]:
        """Give the model of now, and the place of each user's cluster in it."""
        clustering, before = self.clustering, self.model
        centres = self._clusterer.centres()
        self._publish_ids(centres, scaling)
        centres.sort(key=lambda centre: self._ids[centre.id])
        ids = [self._ids[centre.id] for centre in centres]
        points = [centre.point for centre in centres]
        known = dict(zip(before.ids, before.names, strict=True)) if before else {}
        names = name_clusters(known, ids, points, clustering.features, clustering.names)
        labels, error = _nearest(scaled, points)
        sizes = np.bincount(labels, minlength=len(ids))
        model = ClusterModel(
            clustering=clustering.name,
            version=before.version + 1 if before else 1,
            effective_at=max(before.effective_at + 1 if before else 0, now_ms),
            algorithm=clustering.algorithm,
            features=clustering.features,
            minimum=clustering.minimum,
            scaling=scaling,
            ids=tuple(ids),
            names=tuple(names.values()),
            centres=tuple(map(tuple, points)),
            shares=tuple((sizes / len(users)).tolist()),
            error=error,
            sizes=tuple(sizes.tolist()),
            medians=tuple(_medians(users[labels == place]) for place in range(len(ids))),
        )
        return model, labels

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


def _compare(
    before: ClusterModel | None, after: ClusterModel, sample: Points, labels: Labels
) -> tuple[Transition, ...]:
    """Tell what became of the clusters, by the users of now under the older version and, in `labels`, the newer."""
    if before is None or before.features != after.features:
        return tuple(Transition(kind="born", cluster=cluster) for cluster in after.ids)
    old, _ = _nearest(before.scaling.scale_all(sample), before.centres)
    return tuple(transitions(before.ids, old, after.ids, labels))


def _silhouette(scaled: Points, labels: Labels) -> float | None:
    found = silhouette(scaled, labels, SILHOUETTE_OF)
    return None if math.isnan(found) else round(found, 6)


def _nearest(scaled: Points, centres: Sequence[Sequence[float]]) -> tuple[Labels, float]:
    squares = squared_distances(scaled, np.array(centres))
    return squares.argmin(axis=1), float(squares.min(axis=1).mean())


def _medians(users: Points) -> tuple[float | None, ...]:
    """Return each feature's median over the users of whom it is known, None where that is nobody."""
    known = [column[~np.isnan(column)] for column in users.T]
    return tuple(float(np.median(column)) if len(column) else None for column in known)
