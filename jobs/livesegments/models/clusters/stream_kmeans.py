"""River's STREAMKMeans behind the protocol, with start centres from the stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from river import cluster

from livesegments.models.clusters.clusterer import NOBODY, Centre, Clusterer
from livesegments.models.clusters.starting import Warmup, from_lists, rescaled, to_lists

__all__ = ["STREAMKMeans"]


class STREAMKMeans(Clusterer):
    """River's `cluster.STREAMKMeans`: each chunk of vectors becomes centres, which move the main centres.

    After O'Callaghan et al., "Streaming-data algorithms for high-quality clustering", ICDE 2002. The main centres
    start from k-means++ on the first `warm_up` vectors; those of each chunk start at random, as River has it.
    An id is the position of its centre.

    Parameters
    ----------
    n_clusters
        Number of centres.
    chunk_size
        Vectors in a chunk.
    step
        Share of the way that a centre moves (River's `halflife`).
    warm_up
        Vectors before there are centres.
    seed
        For the start centres and for those of every chunk.
    """

    algorithm: ClassVar[str] = "stream_kmeans"

    def __init__(
        self, n_clusters: int = 5, chunk_size: int = 100, step: float = 0.05, warm_up: int = 500, seed: int = 1
    ) -> None:
        super().__init__()
        self.n_clusters = n_clusters
        self.chunk_size = chunk_size
        self.step = step
        self.warm_up = warm_up
        self.seed = seed
        self._model = cluster.STREAMKMeans(chunk_size, n_clusters, halflife=step, seed=seed)
        self._warmup = Warmup(warm_up)
        self._weights: list[float] = []

    def refit(self) -> None:
        """End the warm-up; afterwards there is nothing to re-fit."""
        if self._weights or not self._warmup.vectors:
            return
        points, self._weights = self._warmup.start(self.n_clusters, self.seed)
        self._set_centres(points)

    def rescale(self, shift: Sequence[float], factor: Sequence[float]) -> None:
        """Go over to other scaled units, in the centres and in the open chunk."""
        self._warmup.rescale(shift, factor)
        if self._weights:
            self._set_centres([rescaled(point, shift, factor) for point in to_lists(self._model.centers)])
        chunk = self._model._temp_chunk
        self._model._temp_chunk = {
            place: dict(enumerate(rescaled(list(vector.values()), shift, factor))) for place, vector in chunk.items()
        }

    def centres(self) -> list[Centre]:
        """Return the centres by ascending id; the weight counts vectors of the warm-up."""
        if not self._weights:
            return []
        points = to_lists(self._model.centers)
        return [Centre(index, point, self._weights[index]) for index, point in enumerate(points)]

    def _learn(self, vector: list[float]) -> None:
        if self._weights:
            self._model.learn_one(dict(enumerate(vector)))
        elif self._warmup.add(vector):
            self.refit()

    def _predict(self, vector: list[float]) -> int:
        if not self._weights:
            return NOBODY
        return int(self._model.predict_one(dict(enumerate(vector))))

    def _set_centres(self, points: list[list[float]]) -> None:
        self._model._kmeans.centers = from_lists(points)
        self._model.centers = self._model._kmeans.centers

    def _state(self) -> dict[str, Any]:
        chunk = self._model._temp_chunk
        return {
            "points": to_lists(self._model.centers) if self._weights else [],
            "weights": list(self._weights),
            "warmup": self._warmup.snapshot(),
            "learned": self._model.time_stamp,
            "chunk": [[place, list(vector.values())] for place, vector in chunk.items()],
        }

    def _load(self, state: dict[str, Any]) -> None:
        self._weights = list(state["weights"])
        self._warmup = Warmup(self.warm_up, state["warmup"])
        if self._weights:
            self._set_centres(state["points"])
        self._model.time_stamp = state["learned"]
        self._model._temp_chunk = {place: dict(enumerate(vector)) for place, vector in state["chunk"]}

    @classmethod
    def _unit_test_params(cls) -> Iterator[dict[str, Any]]:
        yield {"n_clusters": 3, "warm_up": 20, "chunk_size": 10}
