"""Centroids: sequential k-means with forgetting, re-fitted from a sample of the recent past."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import dist
from typing import Any, ClassVar

import numpy as np

from livesegments.models.clusters.clusterer import NOBODY, Centre, Clusterer
from livesegments.models.clusters.identity import Ids
from livesegments.models.clusters.lloyd import Fit, Points, lloyd, move_centre, start
from livesegments.models.clusters.reservoir import Reservoir
from livesegments.models.clusters.starting import rescaled

__all__ = ["Centroids"]


class Centroids(Clusterer):
    """K-means for streams whose groups drift, with ids that stay with the centres.

    Each vector moves its nearest centre by one over that centre's weight; weights halve every `half_life`
    vectors (MacQueen 1967, with the forgetting of Spark's StreamingKMeans). Every `refit_every` vectors Lloyd's
    iterations run on a recency-biased reservoir, from where the centres are; a centre with less than
    `least_share` of the sample is revived elsewhere, and one that is hardly missed moves to where it lowers the
    error by `swap_gain` or more. Ids follow the centres by the Hungarian method.

    Parameters
    ----------
    n_clusters
        Number of centres; fewer only while there are fewer distinct vectors.
    warm_up
        Vectors before the first centres, which k-means++ then finds.
    refit_every
        Vectors between re-fits; 0 leaves re-fits to the caller of `refit`.
    reservoir, mean_age
        Size of the sample, and the mean age of its vectors once full.
    half_life
        Vectors after which a vector counts half.
    least_share
        Share of the sample below which a centre is dead.
    swap_gain
        Share of the error that moving one centre must save.
    seed
        The same seed and the same stream give the same centres in every process.

    Examples
    --------
    >>> model = Centroids(n_clusters=2, warm_up=4)
    >>> for value in [0.0, 5.0, 0.1, 5.1, 0.2]:
    ...     model.learn_one({"spend": value})
    >>> model.predict_one({"spend": 0.3}) == model.predict_one({"spend": -0.3})
    True
    >>> sorted(round(centre.point[0], 2) for centre in model.centres())
    [0.1, 5.05]
    """

    algorithm: ClassVar[str] = "centroids"

    def __init__(
        self,
        n_clusters: int = 5,
        warm_up: int = 500,
        refit_every: int = 500,
        reservoir: int = 2000,
        mean_age: int = 2000,
        half_life: float = 2000.0,
        least_share: float = 0.01,
        swap_gain: float = 0.02,
        seed: int = 1,
    ) -> None:
        super().__init__()
        self.n_clusters = n_clusters
        self.warm_up = warm_up
        self.refit_every = refit_every
        self.reservoir = reservoir
        self.mean_age = mean_age
        self.half_life = half_life
        self.least_share = least_share
        self.swap_gain = swap_gain
        self.seed = seed
        self._decay = 0.5 ** (1.0 / half_life)
        self._sample = Reservoir(reservoir, mean_age, seed)
        self._ids = Ids()
        self._points: list[list[float]] = []
        self._weights: list[float] = []
        self._touched: list[int] = []
        self._refits = 0
        self._fitted_at = 0

    def refit(self) -> None:
        """Fit the centres to the sample; the first time from scratch, later from where they are."""
        if not self._sample.rows:
            return
        points = self._sample.points()
        generator = np.random.default_rng([self.seed, self._refits])
        if len(self._points) < self.n_clusters:
            fit = start(points, self.n_clusters, generator)
        else:
            fit = lloyd(points, np.array(self._points))
        self._adopt(self._improve(points, fit, generator))

    def rescale(self, shift: Sequence[float], factor: Sequence[float]) -> None:
        """Go over to other scaled units, in the centres and in the sample."""
        self._sample.rescale(shift, factor)
        self._points = [rescaled(point, shift, factor) for point in self._points]

    def centres(self) -> list[Centre]:
        """Return the centres by ascending id, with their weights as of now."""
        weights = [
            weight * self._decay ** (self._sample.seen - touched)
            for weight, touched in zip(self._weights, self._touched, strict=True)
        ]
        return sorted(map(Centre, self._ids.current, map(list, self._points), weights))

    def _learn(self, vector: list[float]) -> None:
        self._sample.add(vector)
        if self._points:
            self._follow(vector)
        since = self._sample.seen - self._fitted_at
        every = self.refit_every if self._points else self.warm_up
        if every and since >= every:
            self.refit()

    def _predict(self, vector: list[float]) -> int:
        if not self._points:
            return NOBODY
        return self._ids.current[_nearest(vector, self._points)]

    def _follow(self, vector: list[float]) -> None:
        index = _nearest(vector, self._points)
        now = self._sample.seen
        weight = self._weights[index] * self._decay ** (now - self._touched[index]) + 1.0
        self._weights[index] = weight
        self._touched[index] = now
        step = 1.0 / weight
        self._points[index] = [c + step * (x - c) for c, x in zip(self._points[index], vector, strict=True)]

    def _improve(self, points: Points, fit: Fit, generator: np.random.Generator) -> Fit:
        least = self.least_share * len(points)
        for _ in range(len(fit.centres)):
            counts = fit.counts()
            dead = int(counts.argmin())
            if counts[dead] >= least:
                break
            moved = move_centre(points, fit, generator, dead)
            if moved.counts().min() <= counts[dead]:
                break
            fit = moved
        moved = move_centre(points, fit, generator)
        better = moved.ssq < fit.ssq * (1.0 - self.swap_gain)
        return moved if better and moved.counts().min() >= least else fit

    def _adopt(self, fit: Fit) -> None:
        self._ids.follow(np.array(self._points), fit.centres)
        self._points = fit.centres.tolist()
        self._weights = [float(count) for count in fit.counts()]
        self._touched = [self._sample.seen] * len(self._points)
        self._refits += 1
        self._fitted_at = self._sample.seen

    def _state(self) -> dict[str, Any]:
        return {
            "sample": self._sample.snapshot(),
            "ids": list(self._ids.current),
            "following": self._ids.following,
            "points": [list(point) for point in self._points],
            "weights": list(self._weights),
            "touched": list(self._touched),
            "refits": self._refits,
            "fitted_at": self._fitted_at,
        }

    def _load(self, state: dict[str, Any]) -> None:
        self._sample = Reservoir.restore(state["sample"])
        self._ids = Ids(list(state["ids"]), state["following"])
        self._points = [list(point) for point in state["points"]]
        self._weights = list(state["weights"])
        self._touched = list(state["touched"])
        self._refits = state["refits"]
        self._fitted_at = state["fitted_at"]

    @classmethod
    def _unit_test_params(cls) -> Iterator[dict[str, Any]]:
        yield {"n_clusters": 3, "warm_up": 20, "refit_every": 50}


def _nearest(vector: list[float], points: list[list[float]]) -> int:
    distances = [dist(vector, point) for point in points]
    return distances.index(min(distances))
