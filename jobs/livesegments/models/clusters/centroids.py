"""Centroids: sequential k-means that finds out how much to forget, with ids that last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import dist
from typing import Any, ClassVar

import numpy as np

from livesegments.models.clusters.clusterer import NOBODY, Centre, Clusterer
from livesegments.models.clusters.identity import Ids
from livesegments.models.clusters.lloyd import Fit, Points, lloyd, move_centre, plus_plus, start
from livesegments.models.clusters.memories import Memories
from livesegments.models.clusters.reservoir import Newest
from livesegments.models.clusters.starting import rescaled

__all__ = ["Centroids"]


class Centroids(Clusterer):
    """K-means for streams whose groups drift, with ids that stay with the centres.

    Each vector moves its nearest centre by one over that centre's weight, and weights fade (MacQueen 1967, with the
    forgetting of Spark's StreamingKMeans). Every `refit_every` vectors Lloyd's iterations run on the newest ones,
    once for each of `memories`; the memory whose centres foresaw the newest vectors best is used. A centre with less
    than `least_share` of it is revived elsewhere, and one that is hardly missed moves to where it lowers the error by
    `swap_gain` or more. Where the longest memory is used, nothing drifts: then k-means++ starts anew once in half of
    it, and centres that lower the error by `search_gain` or more are taken over, so that where the stream began does
    not decide for ever which of many groupings is found. Ids follow the centres by the Hungarian method.

    Parameters
    ----------
    n_clusters
        Number of centres; fewer only while there are fewer distinct vectors.
    warm_up
        Vectors before the first centres, which k-means++ then finds.
    refit_every
        Vectors between re-fits; 0 leaves re-fits to the caller of `refit`.
    memories
        Ages, in vectors, up to which the past may count; so many vectors as the greatest are kept.
    least_share
        Share of the vectors below which a centre is dead.
    swap_gain
        Share of the error that moving one centre must save.
    search_gain
        Share of the error that centres found anew must save.
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
        memories: Sequence[int] = (500, 2000, 8000),
        least_share: float = 0.01,
        swap_gain: float = 0.02,
        search_gain: float = 0.003,
        seed: int = 1,
    ) -> None:
        super().__init__()
        self.n_clusters = n_clusters
        self.warm_up = warm_up
        self.refit_every = refit_every
        self.memories = memories
        self.least_share = least_share
        self.swap_gain = swap_gain
        self.search_gain = search_gain
        self.seed = seed
        self._sample = Newest(max(memories), seed=seed)
        self._memories = Memories(memories)
        self._ids = Ids()
        self._points: list[list[float]] = []
        self._fitted: list[list[float]] = []
        self._weights: list[float] = []
        self._touched: list[int] = []
        self._fading = 1.0
        self._refits = 0
        self._fitted_at = 0
        self._searched_at = 0

    def refit(self) -> None:
        """Fit the centres to the sample; the first time from scratch, later from where they are."""
        if not len(self._sample):
            return
        points, moving = self._sample.standing(), self._sample.points()
        generator = np.random.default_rng([self.seed, self._refits])
        if len(self._points) < self.n_clusters:
            fit = start(points, self.n_clusters, generator)
            self._memories.begin(fit.centres)
        else:
            ages = self._sample.ages()
            is_fresh = ages < self._sample.seen - self._fitted_at
            self._memories.judge(points[is_fresh], moving[is_fresh])
            points, fit = self._memories.refit(points, moving, ages, np.array(self._points))
        fit = self._improve(points, fit, generator)
        self._memories.replace_best(fit.centres)
        self._adopt(fit)

    def rescale(self, shift: Sequence[float], factor: Sequence[float]) -> None:
        """Go over to other scaled units, in the sample and in the centres, which may move with the means."""
        self._sample.rescale(shift, factor)
        self._memories.rescale(np.array(shift), np.array(factor))
        moved = shift if self._memories.stands else [0.0] * len(shift)
        self._points = [rescaled(point, moved, factor) for point in self._points]
        self._fitted = [rescaled(point, moved, factor) for point in self._fitted]

    def centres(self) -> list[Centre]:
        """Return the centres by ascending id, with their weights as of now."""
        return sorted(map(Centre, self._ids.current, map(list, self._points), self._faded()))

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
        weight = self._weights[index] * self._fading ** (now - self._touched[index]) + 1.0
        self._weights[index] = weight
        self._touched[index] = now
        step = 1.0 / weight
        self._points[index] = [c + step * (x - c) for c, x in zip(self._points[index], vector, strict=True)]

    def _faded(self) -> list[float]:
        now = self._sample.seen
        return [
            weight * self._fading ** (now - touched)
            for weight, touched in zip(self._weights, self._touched, strict=True)
        ]

    def _improve(self, points: Points, fit: Fit, generator: np.random.Generator) -> Fit:
        least = self.least_share * len(points)
        while dead := int((fit.counts() < least).sum()):
            revived = move_centre(points, fit, generator, int(fit.counts().argmin()))
            if (revived.counts() < least).sum() >= dead:
                return fit
            fit = revived
        moved = move_centre(points, fit, generator, gain=self.swap_gain / 2)
        if moved.ssq < fit.ssq * (1.0 - self.swap_gain) and moved.counts().min() >= least:
            fit = moved
        if not self._is_to_search():
            return fit
        self._searched_at = self._sample.seen
        other = lloyd(points, plus_plus(points, self.n_clusters, generator))
        better = other.ssq < fit.ssq * (1.0 - self.search_gain)
        return other if better and other.counts().min() >= least else fit

    def _is_to_search(self) -> bool:
        longest = max(self.memories)
        due = self._sample.seen - self._searched_at >= longest // 2
        return due and self._sample.seen >= longest and self._memories.length == longest

    def _adopt(self, fit: Fit) -> None:
        # Compared with the last fit: a group that is new has drawn the nearest centre towards itself since then.
        self._ids.follow(np.array(self._fitted), fit.centres, weights=self._faded())
        self._points = fit.centres.tolist()
        self._fitted = fit.centres.tolist()
        self._weights = [float(count) for count in fit.counts()]
        self._touched = [self._sample.seen] * len(self._points)
        self._fading = 1.0 - 1.0 / len(fit.labels)
        self._refits += 1
        self._fitted_at = self._sample.seen

    def _state(self) -> dict[str, Any]:
        return {
            "sample": self._sample.snapshot(),
            "memories": self._memories.snapshot(),
            "ids": list(self._ids.current),
            "following": self._ids.following,
            "points": [list(point) for point in self._points],
            "fitted": [list(point) for point in self._fitted],
            "weights": list(self._weights),
            "touched": list(self._touched),
            "fading": self._fading,
            "refits": self._refits,
            "fitted_at": self._fitted_at,
            "searched_at": self._searched_at,
        }

    def _load(self, state: dict[str, Any]) -> None:
        self._sample = Newest.restore(state["sample"])
        self._memories.load(state["memories"])
        self._ids = Ids(list(state["ids"]), state["following"])
        self._points = [list(point) for point in state["points"]]
        self._fitted = [list(point) for point in state["fitted"]]
        self._weights = list(state["weights"])
        self._touched = list(state["touched"])
        self._fading = state["fading"]
        self._refits = state["refits"]
        self._fitted_at = state["fitted_at"]
        self._searched_at = state.get("searched_at", 0)  # snapshots of before had none

    @classmethod
    def _unit_test_params(cls) -> Iterator[dict[str, Any]]:
        yield {"n_clusters": 3, "warm_up": 20, "refit_every": 100, "memories": (200, 1000)}


def _nearest(vector: list[float], points: list[list[float]]) -> int:
    distances = [dist(vector, point) for point in points]
    return distances.index(min(distances))
