"""River's DBSTREAM behind the protocol, reclustered seldom and with ids that last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import dist
from typing import Any, ClassVar

import numpy as np
from river import cluster
from river.cluster.dbstream import DBSTREAMMicroCluster

from livesegments.models.clusters.clusterer import NOBODY, Centre, Clusterer
from livesegments.models.clusters.identity import Ids
from livesegments.models.clusters.starting import rescaled

__all__ = ["DBSTREAM"]

MOST = 500
"""Micro-clusters kept at a reclustering; each costs microseconds per vector."""


class DBSTREAM(Clusterer):
    """River's `cluster.DBSTREAM`: micro-clusters of one radius, joined where they share density.

    Hahsler and Bolaños, "Clustering data streams based on shared density between micro-clusters", IEEE TKDE
    28(6), 2016. The number of clusters follows from the radius. River reclusters at the first prediction after
    each vector and numbers clusters anew each time; here it happens every `refit_every` vectors, weak clusters
    are left out, and the Hungarian method keeps the ids.

    Parameters
    ----------
    radius
        Of a micro-cluster; 0 is 0.7 times the square root of the number of features.
    half_life
        Vectors after which a vector counts half.
    intersection
        Share of a micro-cluster's weight that two must share to be joined (River's `intersection_factor`).
    least_share
        Share of the weight below which a cluster is noise.
    refit_every
        Vectors between reclusterings; 0 leaves them to the caller of `refit`.
    seed
        Not used: nothing here is random.
    """

    algorithm: ClassVar[str] = "dbstream"

    def __init__(
        self,
        radius: float = 0.0,
        half_life: float = 1000.0,
        intersection: float = 0.1,
        least_share: float = 0.02,
        refit_every: int = 500,
        seed: int = 1,
    ) -> None:
        super().__init__()
        self.radius = radius
        self.half_life = half_life
        self.intersection = intersection
        self.least_share = least_share
        self.refit_every = refit_every
        self.seed = seed
        self._model: Any = None
        self._ids = Ids()
        self._points: list[list[float]] = []
        self._weights: list[float] = []

    def refit(self) -> None:
        """Recluster, leave out what is weak, and find out who is who."""
        if self._model is None:
            return
        self._forget_weak()
        _forget_stale_densities(self._model)
        self._model.clustering_is_up_to_date = False
        clusters = list(self._model.clusters.values())
        weights = [self._faded(micro) for micro in clusters]
        least = self.least_share * sum(weights)
        strong = [(micro, weight) for micro, weight in zip(clusters, weights, strict=True) if weight >= least]
        if not strong:
            return
        points = [_point(micro) for micro, _ in strong]
        self._ids.follow(np.array(self._points), np.array(points))
        self._points = points
        self._weights = [weight for _, weight in strong]

    def rescale(self, shift: Sequence[float], factor: Sequence[float]) -> None:
        """Go over to other scaled units; the radius stays, as it is in scaled units."""
        self._points = [rescaled(point, shift, factor) for point in self._points]
        for micro in self._model._micro_clusters.values() if self._model is not None else ():
            micro.center = dict(enumerate(rescaled(_point(micro), shift, factor)))

    def centres(self) -> list[Centre]:
        """Return the centres of the last reclustering by ascending id."""
        return sorted(map(Centre, self._ids.current, map(list, self._points), self._weights))

    def _learn(self, vector: list[float]) -> None:
        if self._model is None:
            self._model = self._new_model()
        self._model.learn_one(dict(enumerate(vector)))
        if self.refit_every and self._model._time_stamp % self.refit_every == 0:
            self.refit()

    def _predict(self, vector: list[float]) -> int:
        if not self._points:
            return NOBODY
        distances = [dist(vector, point) for point in self._points]
        return self._ids.current[distances.index(min(distances))]

    def _new_model(self) -> Any:
        return cluster.DBSTREAM(
            clustering_threshold=self.radius or 0.7 * self._width**0.5,
            fading_factor=1.0 / self.half_life,
            cleanup_interval=200,
            intersection_factor=self.intersection,
            minimum_weight=3.0,
        )

    def _forget_weak(self) -> None:
        kept = self._model._micro_clusters
        if len(kept) > MOST:
            weakest = sorted(kept, key=lambda key: (self._faded(kept[key]), key))
            for key in weakest[: len(kept) - MOST]:
                del kept[key]

    def _faded(self, micro: DBSTREAMMicroCluster) -> float:
        age = self._model._time_stamp - micro.last_update
        return float(micro.weight * 2.0 ** (-age / self.half_life))

    def _state(self) -> dict[str, Any]:
        model = self._model
        return {
            "learned": model._time_stamp if model is not None else 0,
            "micro": _micro_to_lists(model._micro_clusters) if model is not None else [],
            "densities": _densities_to_lists(model) if model is not None else [],
            "points": [list(point) for point in self._points],
            "weights": list(self._weights),
            "ids": list(self._ids.current),
            "following": self._ids.following,
        }

    def _load(self, state: dict[str, Any]) -> None:
        self._ids = Ids(list(state["ids"]), state["following"])
        self._points = [list(point) for point in state["points"]]
        self._weights = list(state["weights"])
        if not state["learned"]:
            return
        self._model = self._new_model()
        self._model._time_stamp = state["learned"]
        self._model._micro_clusters = {
            key: DBSTREAMMicroCluster(dict(enumerate(point)), touched, weight)
            for key, point, touched, weight in state["micro"]
        }
        for one, row in state["densities"]:
            self._model.s[one] = {other: density for other, density, _ in row}
            self._model.s_t[one] = {other: touched for other, _, touched in row}

    @classmethod
    def _unit_test_params(cls) -> Iterator[dict[str, Any]]:
        yield {"refit_every": 100}


def _point(micro: DBSTREAMMicroCluster) -> list[float]:
    return [micro.center[feature] for feature in sorted(micro.center)]


def _micro_to_lists(micro_clusters: dict[int, DBSTREAMMicroCluster]) -> list[list[Any]]:
    # The order of the dict decides River's numbering, so it is kept.
    return [[key, _point(micro), micro.last_update, micro.weight] for key, micro in micro_clusters.items()]


def _densities_to_lists(model: Any) -> list[list[Any]]:
    return [
        [one, [[other, density, model.s_t[one][other]] for other, density in row.items()]]
        for one, row in model.s.items()
    ]


def _forget_stale_densities(model: Any) -> None:
    # River's clean-up stops early and leaves entries of micro-clusters that are gone; their keys come again.
    alive = model._micro_clusters
    for densities in (model.s, model.s_t):
        for one in [key for key in densities if key not in alive]:
            del densities[one]
        for row in densities.values():
            for other in [key for key in row if key not in alive]:
                del row[other]
