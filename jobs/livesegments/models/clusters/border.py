"""The borders of the clusters of one version: who goes over to another one, and when one who does nothing gets there.

Let x be a user and c a centre, in scaled units. |x|^2 - |x-c|^2, how near the user is to it, is a sum of the user's
values after the logarithm, each times a number, and one number more. So how much nearer they are to another centre than
to their own is such a sum too, and a border is a plane. Between two events most values stand still, and days since
something grow by a day a day: with one value that moves the time of crossing is a closed form; with several it is
approached from below.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import expm1, inf, isnan
from operator import mul

from livesegments.core.times import DAY_MS, NEVER
from livesegments.models.clusters.model import ClusterModel
from livesegments.models.clusters.scaling import LIMIT, logarithm
from livesegments.models.clusters.sums import sums_of

__all__ = ["NEAR", "Borders", "Course"]

NEAR = -1e-9  # so near a border rounding may decide: whether a user moves is then for `ClusterModel.place` to say
STEPS_MAX = 64
LARGEST_LOG = 60.0  # a number of days beyond any calendar

Numbers = Sequence[float]
"""A user's values after the logarithm, in the order of the features; NaN where one is missing."""

Course = tuple[int, float]
"""A value that grows by a day a day: its place among the values, and its days at now."""


class Borders:
    """The borders between the clusters of one version. Inside, clusters are told by their place in the version.

    `read` gives a user's values after the logarithm, and how `near` that is to each centre.
    """

    def __init__(self, model: ClusterModel, margin: float) -> None:
        scaling = model.scaling
        self.places = {known: place for place, known in enumerate(model.ids)}
        self.logs = scaling.logs
        self.weights = [
            tuple(float(2.0 * c / deviation) for c, deviation in zip(centre, scaling.deviations, strict=True))
            for centre in model.centres
        ]
        self.offsets = [
            float(-sum(c * c for c in centre) - sum(map(mul, weights, scaling.means)))
            for centre, weights in zip(model.centres, self.weights, strict=True)
        ]
        self.margins = [[margin * gap for gap in gaps] for gaps in model.gaps]
        self._scaling = scaling
        self._minimum = model.minimum
        self._missing_max = len(scaling.logs) - model.minimum
        reaches = [LIMIT * deviation for deviation in scaling.deviations]
        self.least = [mean - reach for mean, reach in zip(scaling.means, reaches, strict=True)]
        self.most = [mean + reach for mean, reach in zip(scaling.means, reaches, strict=True)]
        bounds = list(zip(self.least, self.most, strict=True))
        self.read, self._sums, self._vector = sums_of(scaling, self.offsets, self.weights, bounds)
        self._ways: dict[tuple[int, int], list[tuple[int, float, float]]] = {}

    def vector(self, numbers: Numbers) -> Sequence[float] | None:
        """Give a user's values in scaled units; None where too little is known."""
        return self._vector(*numbers) or self._scaling.standard(numbers, self._minimum)

    def near(self, numbers: Numbers) -> list[float]:
        """Give how near a user is to each centre: the greatest is the nearest.

        The mean stands for what is missing, and what is too far out is cut, as scaling does.
        """
        return self._sums(*numbers)

    def keeps(self, own: int, numbers: Numbers, near: list[float]) -> bool:
        """Tell whether a user of a cluster (id) is certain to stay there; else only `ClusterModel.place` can say."""
        place = self.places.get(own)
        if place is None or (near[place] != max(near) and self._may_leave(place, near)):
            return False
        known = sum(numbers)
        return known == known or sum(map(isnan, numbers)) <= self._missing_max

    def leaves_ms(self, own: int, numbers: Numbers, near: list[float], courses: Sequence[Course], end_ms: int) -> int:
        """Give how long from now (ms) a user who is in a cluster (id) now is in it at least; NEVER if up to the end.

        It is later than now. With one value that moves it is the time of crossing, if the cluster beyond it is the
        nearest then. A version that does not have the cluster says NEVER.
        """
        place = self.places.get(own)
        if place is None:
            return NEVER
        if len(courses) == 1:
            after_ms = self._not_before_ms(place, numbers, near, courses[0], 1)
            return after_ms if after_ms < end_ms else NEVER
        after_ms = 0
        for _ in range(STEPS_MAX):
            found = [self._not_before_ms(place, numbers, near, course, len(courses)) for course in courses]
            after_ms = max(min(found, default=NEVER), after_ms + 1)
            if after_ms >= end_ms:
                return NEVER
            numbers = self.at(numbers, courses, after_ms)
            near = self.near(numbers)
            if self._may_leave(place, near):
                break
        return after_ms

    def _may_leave(self, own: int, near: list[float]) -> bool:
        """Tell whether the nearest cluster is another one, and may be near enough to go over to it."""
        most = max(near)
        other = near.index(most)
        return other != own and most - near[own] - self.margins[own][other] > NEAR

    def at(self, numbers: Numbers, courses: Sequence[Course], after_ms: int) -> Numbers:
        """Give the numbers of a user after some time."""
        found = list(numbers)
        for place, days in courses:
            then = days + after_ms / DAY_MS
            found[place] = logarithm(then) if self.logs[place] else then
        return found

    def _not_before_ms(self, own: int, numbers: Numbers, near: list[float], course: Course, moving: int) -> int:
        """Give a later time (ms from now) before which a value, of so many that move, does not bring its share of one.

        NEVER if it brings none. A cluster whose border is passed without a move is not the nearest: it must become the
        nearest first.
        """
        (place, days), near_own, least = course, near[own], inf
        for other, margin, slope in self._ways.get((own, place)) or self._ways_from(own, place):
            missing = margin - near[other] + near_own
            if missing < 0.0:
                nearest = near.index(max(near))
                missing = near[nearest] - near[other]
                slope = self.weights[other][place] - self.weights[nearest][place]
            if slope > 0.0 and missing < least * slope:
                least = missing / slope
        number, lowest = numbers[place], self.least[place]
        wanted = (number if number > lowest else lowest) + least / moving
        if wanted >= self.most[place]:  # never beyond: it is cut there
            return NEVER
        if self.logs[place]:
            if wanted > LARGEST_LOG:
                return NEVER
            wanted = expm1(wanted) if wanted >= 0.0 else -expm1(-wanted)
        away_ms = (wanted - days) * DAY_MS
        if away_ms >= 1e15:
            return NEVER
        return int(away_ms) + 1 if away_ms > 0.0 else 1

    def _ways_from(self, own: int, place: int) -> list[tuple[int, float, float]]:
        """Give the other clusters, how far past the border to them a user moves, and how a value brings users there."""
        weight, others = self.weights[own][place], range(len(self.weights))
        ways = [
            (other, self.margins[own][other], self.weights[other][place] - weight) for other in others if other != own
        ]
        self._ways[own, place] = ways
        return ways
