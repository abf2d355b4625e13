"""River's KMeans behind the protocol, with start centres from the stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from river import cluster

from livesegments.models.clusters.clusterer import NOBODY, Centre, Clusterer
from livesegments.models.clusters.starting import Warmup, from_lists, rescaled, to_lists

__all__ = ["KMeans"]


class KMeans(Clusterer):
    """River's `cluster.KMeans`: the nearest centre moves by a constant share of the way to each vector.

    Two settings differ from River's defaults. The start centres come from k-means++ on the first `warm_up`
    vectors, because centres that start at random far from all vectors never move. And River's `halflife`, which
    is a step, is 0.05. An id is the position of its centre.

    Parameters
    ----------
    n_clusters
        Number of centres.
    step
        Share of the way that a centre moves (River's `halflife`).
    warm_up
        Vectors before there are centres.
    seed
        For the start centres.
    """

    algorithm: ClassVar[str] = "kmeans"

    def __init__(self, n_clusters: int = 5, step: float = 0.05, warm_up: int = 500, seed: int = 1) -> None:
        super().__init__()
        self.n_clusters = n_clusters
        self.step = step
        self.warm_up = warm_up
        self.seed = seed
        self._model = cluster.KMeans(n_clusters=n_clusters, halflife=step, seed=seed)
        self._warmup = Warmup(warm_up)
        self._weights: list[float] = []

    def refit(self) -> None:
        """End the warm-up; afterwards there is nothing to re-fit."""
        if self._weights or not self._warmup.vectors:
            return
        points, self._weights = self._warmup.start(self.n_clusters, self.seed)
        self._model.centers = from_lists(points)

    def rescale(self, shift: Sequence[float], factor: Sequence[float]) -> None:
        """Go over to other scaled units."""
        self._warmup.rescale(shift, factor)
        if self._weights:
            points = to_lists(self._model.centers)
            self._model.centers = from_lists([rescaled(point, shift, factor) for point in points])

    def centres(self) -> list[Centre]:
        """Return the centres by ascending id; the weight counts vectors, without forgetting."""
        if not self._weights:
            return []
        points = to_lists(self._model.centers)
        return [Centre(index, point, self._weights[index]) for index, point in enumerate(points)]

    def _learn(self, vector: list[float]) -> None:
        if self._weights:
            nearest = self._model.learn_predict_one(dict(enumerate(vector)))
            self._weights[nearest] += 1.0
        elif self._warmup.add(vector):
            self.refit()

    def _predict(self, vector: list[float]) -> int:
        if not self._weights:
            return NOBODY
        return int(self._model.predict_one(dict(enumerate(vector))))

    def _state(self) -> dict[str, Any]:
        points = to_lists(self._model.centers) if self._weights else []
        return {"points": points, "weights": list(self._weights), "warmup": self._warmup.snapshot()}

    def _load(self, state: dict[str, Any]) -> None:
        self._weights = list(state["weights"])
        self._warmup = Warmup(self.warm_up, state["warmup"])
        if self._weights:
            self._model.centers = from_lists(state["points"])

    @classmethod
    def _unit_test_params(cls) -> Iterator[dict[str, Any]]:
        yield {"n_clusters": 3, "warm_up": 20}
