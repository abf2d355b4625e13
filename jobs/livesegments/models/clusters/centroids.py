"""Centroids: k-means of the users at one moment, from the centres of the moment before, with ids that last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import dist
from typing import Any, ClassVar

import numpy as np

from livesegments.models.clusters.clusterer import LIMIT, NOBODY, Centre, Clusterer
from livesegments.models.clusters.identity import Ids
from livesegments.models.clusters.lloyd import Fit, Points, lloyd, move_centre, squared_distances, start
from livesegments.models.clusters.starting import rescaled

__all__ = ["Centroids"]

PARTS = (0.0, 0.25, 0.5, 0.75)
"""Parts of their way that centres may go instead of all of it."""


class Centroids(Clusterer):
    """K-means of the vectors learned since the last fit, which takes over where that one ended.

    Lloyd's iterations begin at the centres of the last fit. At each fit k-means++ starts anew too, and centres that
    lower the error by `search_gain` or more are taken over, so that where the stream began does not decide for ever
    which of many groupings is found. A centre with less than `least_share` of the vectors is moved elsewhere. Ids
    follow the centres by the Hungarian method, and where a centre went far, its members. Centres stand still, or go a
    part of their way, where that costs no more than `slack` of the error: what a week brings by chance moves nobody.

    Parameters
    ----------
    n_clusters
        Number of centres; fewer only while there are fewer distinct vectors.
    least_share
        Share of the vectors below which a centre is dead.
    search_gain
        Share of the error that centres found anew must save.
    slack
        Share of the error that centres may cost by going only a part of their way.
    restarts
        Starts of k-means++ at the first fit; later ones have one each.
    seed
        The same seed and the same vectors give the same centres in every process.

    Examples
    --------
    >>> model = Centroids(n_clusters=2)
    >>> for value in [0.0, 5.0, 0.1, 5.1, 0.2]:
    ...     model.learn_one({"spend": value})
    >>> model.refit()
    >>> model.predict_one({"spend": 0.3}) == model.predict_one({"spend": -0.3})
    True
    >>> sorted(round(centre.point[0], 2) for centre in model.centres())
    [0.1, 5.05]
    """

    algorithm: ClassVar[str] = "centroids"

    def __init__(
        self,
        n_clusters: int = 5,
        least_share: float = 0.005,
        search_gain: float = 0.005,
        slack: float = 0.002,
        restarts: int = 5,
        seed: int = 1,
    ) -> None:
        super().__init__()
        self.n_clusters = n_clusters
        self.least_share = least_share
        self.search_gain = search_gain
        self.slack = slack
        self.restarts = restarts
        self.seed = seed
        self._waiting: list[Points] = []  # matrices, one below the other
        self._ids = Ids()
        self._points: list[list[float]] = []
        self._weights: list[float] = []
        self._refits = 0
        self._factor = np.ones(1)  # the units of now in those of the last fit

    def learn_many(self, points: Points) -> None:
        """Learn scaled vectors, one per row: all of them, with numbers only."""
        self._width = self._width or points.shape[1]
        self._waiting.append(np.clip(points, -LIMIT, LIMIT))

    def refit(self) -> None:
        """Fit the centres to the vectors that wait, and forget those; nothing without any."""
        if not self._waiting:
            return
        points, self._waiting = np.concatenate(self._waiting), []
        generator = np.random.default_rng([self.seed, self._refits])
        if len(self._points) < self.n_clusters:
            fit = start(points, self.n_clusters, generator, self.restarts)
        else:
            fit = self._revived(points, lloyd(points, np.array(self._points)), generator)
            other = start(points, self.n_clusters, generator, restarts=1)
            fit = other if other.ssq < fit.ssq * (1.0 - self.search_gain) else fit
        self._follow(points, fit)
        self._refits += 1

    def rescale(self, shift: Sequence[float], factor: Sequence[float]) -> None:
        """Go over to other scaled units."""
        self._waiting = [(points - np.array(shift)) / np.array(factor) for points in self._waiting]
        self._points = [rescaled(point, shift, factor) for point in self._points]
        self._factor = self._factor * np.array(factor)

    def centres(self) -> list[Centre]:
        """Return the centres by ascending id, with the number of vectors of each."""
        return sorted(map(Centre, self._ids.current, map(list, self._points), self._weights))

    def _learn(self, vector: list[float]) -> None:
        self._waiting.append(np.array([vector]))

    def _predict(self, vector: list[float]) -> int:
        if not self._points:
            return NOBODY
        distances = [dist(vector, point) for point in self._points]
        return self._ids.current[distances.index(min(distances))]

    def _revived(self, points: Points, fit: Fit, generator: np.random.Generator) -> Fit:
        least = self.least_share * len(points)
        while dead := int((fit.counts() < least).sum()):
            revived = move_centre(points, fit, generator, int(fit.counts().argmin()))
            if (revived.counts() < least).sum() >= dead:
                return fit
            fit = revived
        return fit

    def _follow(self, points: Points, fit: Fit) -> None:
        """Take over the centres of a fit, or some of the way to them, under the ids of those that they come from."""
        old, before, centres = np.array(self._points), self._ids.current, fit.centres
        self._ids.follow(old, centres, weights=self._weights_of(points))
        if before:
            members = squared_distances(points * self._factor, old * self._factor).argmin(axis=1)
            self._ids.follow_members(before, members, fit.labels)
            if sorted(before) == sorted(self._ids.current):
                ways = [before.index(known) for known in self._ids.current]
                centres = self._no_further(points, old[ways], fit)
        self._factor = np.ones(1)
        self._points = centres.tolist()
        labels = squared_distances(points, centres).argmin(axis=1)
        self._weights = [float(count) for count in np.bincount(labels, minlength=len(centres))]

    def _no_further(self, points: Points, old: Points, fit: Fit) -> Points:
        """Give the centres that lie on the way from the old ones to those of the fit, no further than needed."""
        for part in PARTS:
            centres: Points = old + part * (fit.centres - old)
            if squared_distances(points, centres).min(axis=1).sum() <= fit.ssq * (1.0 + self.slack):
                return centres
        return fit.centres

    def _weights_of(self, points: Points) -> list[float] | None:
        """Count the points that the centres of before would get now; None where there were none."""
        if not self._points:
            return None
        labels = squared_distances(points, np.array(self._points)).argmin(axis=1)
        return [float(count) for count in np.bincount(labels, minlength=len(self._points))]

    def _state(self) -> dict[str, Any]:
        return {
            "waiting": [vector for points in self._waiting for vector in points.tolist()],
            "ids": list(self._ids.current),
            "following": self._ids.following,
            "points": [list(point) for point in self._points],
            "weights": list(self._weights),
            "refits": self._refits,
        }

    def _load(self, state: dict[str, Any]) -> None:
        self._waiting = [np.array(state["waiting"])] if state["waiting"] else []
        self._ids = Ids(list(state["ids"]), state["following"])
        self._points = [list(point) for point in state["points"]]
        self._weights = list(state["weights"])
        self._refits = state["refits"]

    @classmethod
    def _unit_test_params(cls) -> Iterator[dict[str, Any]]:
        yield {"n_clusters": 3}
