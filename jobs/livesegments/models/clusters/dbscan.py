"""DBSCAN on a batch: for bounded runs, where the number of clusters is not known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import dist
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from livesegments.models.clusters.clusterer import NOBODY, Centre, Clusterer
from livesegments.models.clusters.identity import Ids
from livesegments.models.clusters.lloyd import Labels, Points, squared_distances
from livesegments.models.clusters.starting import rescaled

__all__ = ["DBSCAN", "NOISE", "dbscan", "usual_radius"]

Flags = npt.NDArray[np.bool_]

NOISE = -1
"""The label of a point that is in no cluster."""


class DBSCAN(Clusterer):
    """Density-based clusters of the vectors learned since the last fit; `learn_one` collects, `refit` clusters.

    Ester, Kriegel, Sander and Xu, "A density-based algorithm for discovering clusters in large spatial databases
    with noise", KDD 1996. A cluster is represented by the mean of its points, and `predict_one` answers with the
    nearest, noise included: every user is in one cluster. A cluster that is no ball is represented badly.

    Parameters
    ----------
    radius
        Neighbours are at most this far away; 0 finds it from the data.
    least_points
        Neighbours, itself counted, that make a point part of a cluster's core; 0 is twice the features.
    least_share
        Share of the sample below which a cluster is noise.
    reservoir
        Vectors that are clustered at most; time and memory of a re-fit grow with its square.
    seed
        For the choice among more vectors than that.
    """

    algorithm: ClassVar[str] = "dbscan"

    def __init__(
        self,
        radius: float = 0.0,
        least_points: int = 0,
        least_share: float = 0.02,
        reservoir: int = 2000,
        seed: int = 1,
    ) -> None:
        super().__init__()
        self.radius = radius
        self.least_points = least_points
        self.least_share = least_share
        self.reservoir = reservoir
        self.seed = seed
        self._waiting: list[list[float]] = []
        self._ids = Ids()
        self._points: list[list[float]] = []
        self._weights: list[float] = []

    def learn_many(self, points: Points) -> None:
        """Learn scaled vectors, one per row: all of them."""
        for vector in points.tolist():
            self.learn_one(vector)

    def refit(self) -> None:
        """Cluster the vectors that wait, and forget those; where all are noise, the centres stay as they are."""
        if not self._waiting:
            return
        points, self._waiting = np.array(self._waiting), []
        if len(points) > self.reservoir:
            chosen = np.random.default_rng(self.seed).choice(len(points), self.reservoir, replace=False)
            points = points[np.sort(chosen)]
        least = self.least_points or 2 * points.shape[1]
        labels = dbscan(points, self.radius or usual_radius(points, least), least)
        sizes = np.bincount(labels[labels != NOISE])
        strong = [label for label, size in enumerate(sizes) if size >= self.least_share * len(points)]
        if not strong:
            return
        means = np.stack([points[labels == label].mean(axis=0) for label in strong])
        self._ids.follow(np.array(self._points), means)
        self._points = means.tolist()
        self._weights = [float(sizes[label]) for label in strong]

    def rescale(self, shift: Sequence[float], factor: Sequence[float]) -> None:
        """Go over to other scaled units; the radius stays, as it is in scaled units."""
        self._waiting = [rescaled(vector, shift, factor) for vector in self._waiting]
        self._points = [rescaled(point, shift, factor) for point in self._points]

    def centres(self) -> list[Centre]:
        """Return the means of the clusters of the last re-fit by ascending id."""
        return sorted(map(Centre, self._ids.current, map(list, self._points), self._weights))

    def _learn(self, vector: list[float]) -> None:
        self._waiting.append(vector)

    def _predict(self, vector: list[float]) -> int:
        if not self._points:
            return NOBODY
        distances = [dist(vector, point) for point in self._points]
        return self._ids.current[distances.index(min(distances))]

    def _state(self) -> dict[str, Any]:
        return {
            "waiting": [list(vector) for vector in self._waiting],
            "ids": list(self._ids.current),
            "following": self._ids.following,
            "points": [list(point) for point in self._points],
            "weights": list(self._weights),
        }

    def _load(self, state: dict[str, Any]) -> None:
        self._waiting = [list(vector) for vector in state["waiting"]]
        self._ids = Ids(list(state["ids"]), state["following"])
        self._points = [list(point) for point in state["points"]]
        self._weights = list(state["weights"])

    @classmethod
    def _unit_test_params(cls) -> Iterator[dict[str, Any]]:
        yield {"reservoir": 200}


def dbscan(points: Points, radius: float, least_points: int) -> Labels:
    """Label each point with its cluster, 0, 1, ... by first core point, or -1 for noise.

    A point of the border goes to the cluster that reaches it first.
    """
    near: Flags = squared_distances(points, points) <= radius * radius
    core: Flags = near.sum(axis=1) >= least_points
    labels: Labels = np.full(len(points), NOISE, dtype=np.intp)
    cluster = 0
    for index in np.flatnonzero(core):
        if labels[index] != NOISE:
            continue
        labels[_reachable(int(index), near, core) & (labels == NOISE)] = cluster
        cluster += 1
    return labels


def usual_radius(points: Points, least_points: int) -> float:
    """Return the distance within which nine of ten points have `least_points` neighbours, themselves counted.

    The k-distance heuristic of the paper (section 4.2) without looking at the plot.
    """
    rank = min(least_points, len(points)) - 1
    reach = np.partition(squared_distances(points, points), rank, axis=1)[:, rank]
    return float(np.sqrt(np.quantile(reach, 0.9)))


def _reachable(index: int, near: Flags, core: Flags) -> Flags:
    # Whole fronts at a time: a matrix of booleans is faster than a queue of points.
    reached: Flags = near[index].copy()
    front = np.flatnonzero(reached & core)
    while len(front):
        wider = reached | near[front].any(axis=0)
        front = np.flatnonzero(wider & ~reached & core)
        reached = wider
    return reached
