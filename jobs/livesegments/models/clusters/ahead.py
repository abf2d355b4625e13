"""Which of the versions to come an idle user may move at: many of them asked at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import log1p
from operator import gt, lt
from typing import NamedTuple

import numpy as np

from livesegments.core.times import DAY_MS
from livesegments.models.clusters.border import NEAR, Borders, Course, Numbers
from livesegments.models.clusters.lloyd import Points
from livesegments.models.clusters.model import ClusterModel

__all__ = ["VersionsAhead"]

ASKED = 128
"""Versions that are asked at once: so many take hardly longer than a few."""


class _Planes(NamedTuple):
    """The borders from one cluster to the others in all versions, a row each, and as many for every version.

    How far beyond a border a user is: the sum of the row of `normals`, each times one of the user's numbers and 1.
    `slopes` are the same by feature, for values that move. Those are taken on the day in `days`: at the end of the
    version's time where they lead to the border, else at its begin.
    """

    normals: Points
    slopes: list[Points]
    days: list[Points]


class VersionsAhead:
    """The `borders` of versions in force one after the other.

    `begins_ms` and `ends_ms` are when the first user may go over to each of the models, and the last one to the next.
    """

    def __init__(
        self, models: Sequence[ClusterModel], margin: float, begins_ms: Sequence[int], ends_ms: Sequence[int]
    ) -> None:
        self.borders = [Borders(model, margin) for model in models]
        self._begins = [begin_ms / DAY_MS for begin_ms in begins_ms]
        self._ends = [end_ms / DAY_MS for end_ms in ends_ms]
        self._spans = np.array([begins_ms, ends_ms]) / DAY_MS
        self._rows = max(max(len(model.ids) for model in models) - 1, 1)
        self._logs = models[0].scaling.logs
        self._is_alike = all(model.scaling.logs == self._logs for model in models)
        self._planes: dict[int, _Planes] = {}

    def first_possible(
        self, first: int, own: int, numbers: Numbers, courses: Sequence[Course], since_ms: int
    ) -> int | None:
        """Give the first version, from `first` on, in whose time a user of a cluster (id) may be beyond a border of it.

        `numbers` are the values of now after the logarithm, `since_ms` is now, less by what begins and ends are later
        for this user. None where it is none of all. Of a user with a missing value, or with one so far out that it is
        cut, it is the first one.
        """
        if not self._is_inside(first, numbers):
            return first
        factors, since = [*numbers, 1.0], since_ms / DAY_MS
        for place, _ in courses:
            factors[place] = 0.0
        still = np.array(factors)
        planes, rows, begin = self._planes.get(own) or self._of(own), self._rows, first
        while begin < len(self.borders):
            stop = min(begin + ASKED, len(self.borders))
            part = slice(begin * rows, stop * rows)
            beyond = planes.normals[part].dot(still)
            for place, days in courses:
                end = self._ends[stop - 1] - since + days
                if days < 0.0 or (log1p(max(end, 0.0)) if self._logs[place] else end) > self._most[first][place]:
                    return begin
                course = planes.days[place][part] + (days - since)
                if days < 1.0 and self._begins[begin] < since:
                    np.maximum(course, days, out=course)
                if self._logs[place]:
                    np.log1p(course, out=course)
                course *= planes.slopes[place][part]
                beyond += course
            found = beyond > NEAR
            at = int(found.argmax())
            if found[at]:
                return begin + at // rows
            begin = stop
        return None

    def _is_inside(self, first: int, numbers: Numbers) -> bool:
        """Tell whether all is known, and nothing is cut by one of the versions."""
        least, most = self._least[first], self._most[first]
        return self._is_alike and all(map(lt, least, numbers)) and all(map(gt, most, numbers))  # never so with NaN

    @cached_property
    def _least(self) -> list[list[float]]:
        """Give, for each version, the number of each feature below which that one or a later one cuts it."""
        lows: list[list[float]] = np.maximum.accumulate([one.least for one in self.borders[::-1]])[::-1].tolist()
        return lows

    @cached_property
    def _most(self) -> list[list[float]]:
        """Give the same from above."""
        highs: list[list[float]] = np.minimum.accumulate([one.most for one in self.borders[::-1]])[::-1].tolist()
        return highs

    def _of(self, own: int) -> _Planes:
        """Give the borders of a cluster in all versions; one that does not have it is to be looked at for certain."""
        if own not in self._planes:
            versions, rows, width = len(self.borders), self._rows, len(self._logs)
            normals = np.zeros((versions, rows, width + 1))
            normals[:, :, width] = -np.inf
            for index, borders in enumerate(self.borders):
                place = borders.places.get(own)
                if place is None:
                    normals[index, :, width] = np.inf
                    continue
                offsets = np.array(borders.offsets)
                others = np.arange(len(offsets)) != place
                rest = normals[index, : len(offsets) - 1]
                rest[:, :width] = (np.array(borders.weights) - borders.weights[place])[others]
                rest[:, width] = (offsets - offsets[place] - np.array(borders.margins[place]))[others]
            normals = normals.reshape(-1, width + 1)
            slopes = np.ascontiguousarray(normals.T[:width])
            begins, ends = np.repeat(self._spans, rows, axis=1)
            days = np.where(slopes > 0.0, ends, begins)
            self._planes[own] = _Planes(normals, [*slopes], [*days])
        return self._planes[own]
