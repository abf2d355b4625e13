"""Which of the versions to come an idle user may move at: all of them asked at once."""

from __future__ import annotations

from collections.abc import Sequence
from math import log1p

import numpy as np

from livesegments.core.times import DAY_MS
from livesegments.models.clusters.lloyd import Points
from livesegments.models.clusters.model import ClusterModel
from livesegments.models.clusters.scaling import HUGE, LIMIT

__all__ = ["VersionsAhead"]

AT_ONCE = 64
"""Versions that are asked at once."""

_NEAR = -1e-9  # so near a border rounding may decide


class VersionsAhead:
    """The borders of versions in force one after the other, as matrices: for one cluster after another, when asked.

    `begins_ms` and `ends_ms` are when the first user may go over to each of the models, and the last one to the next.
    """

    def __init__(
        self, models: Sequence[ClusterModel], margin: float, begins_ms: Sequence[int], ends_ms: Sequence[int]
    ) -> None:
        self._models = models
        self._margin = margin
        self._means = np.array([model.scaling.means for model in models])
        self._deviations = np.array([model.scaling.deviations for model in models])
        self._logs = models[0].scaling.logs
        self._days = np.array([begins_ms, ends_ms]) / DAY_MS
        reach = LIMIT * self._deviations
        self._least = np.maximum.accumulate((self._means - reach)[::-1])[::-1].tolist()
        self._most = np.minimum.accumulate((self._means + reach)[::-1])[::-1].tolist()
        self._borders: dict[int, tuple[Points, ...]] = {}

    def first_possible(
        self, first: int, own: int, values: Sequence[object], moving: Sequence[int], now_ms: int
    ) -> int | None:
        """Give the first version, from `first` on, in whose time a user of a cluster may be beyond a border of it.

        `values` are those of now, and the ones at the places `moving` grow by a day a day. None where it is none of
        all. At most `AT_ONCE` versions are asked: where it is none of them the next one is given. So is the first one
        of a user with a missing value, or with one so far out that it is cut.
        """
        stop = min(first + AT_ONCE, len(self._models))
        numbers = self._inside(first, values)
        if numbers is None:
            return first
        still = [0.0 if place in moving else number for place, number in enumerate(numbers)]
        normals, offsets, rising, falling = self._of(own)
        beyond = normals[first:stop] @ np.array(still)
        beyond += offsets[first:stop]
        for place in moving:
            value: float = values[place]  # type: ignore[assignment]  # or it would not be inside
            course = self._days[:, first:stop] + (value - now_ms / DAY_MS)
            if self._logs[place]:
                course = np.copysign(np.log1p(np.abs(course)), course) if value < 1.0 else np.log1p(course)
            if course[1, -1] > self._most[first][place]:
                return first
            beyond += rising[place, first:stop] * course[1, :, None]  # at the end of its time, where it grows
            beyond += falling[place, first:stop] * course[0, :, None]
        found = (beyond > _NEAR).ravel()
        at = int(found.argmax())
        if found[at]:
            return first + at // len(beyond[0])
        return stop if stop < len(self._models) else None

    def _inside(self, first: int, values: Sequence[object]) -> list[float] | None:
        """Give the values after the logarithm; None where one is missing, or is cut by one of the versions."""
        numbers = []
        for value, log, least, most in zip(values, self._logs, self._least[first], self._most[first], strict=True):
            if not (type(value) is float or type(value) is int) or not -HUGE < value < HUGE:
                return None
            if log:
                value = log1p(value) if value >= 0.0 else -log1p(-value)
            if not least < value < most:
                return None
            numbers.append(value)
        return numbers

    def _of(self, own: int) -> tuple[Points, ...]:
        """Give normals and offsets with which normal z + offset > 0 is beyond, for each version and other centre.

        z are values after the logarithm. The greater and the smaller parts of the normals follow, by feature. A version
        without the cluster is one to be looked at for certain.
        """
        if own not in self._borders:
            shape = len(self._models), max(len(model.ids) for model in self._models), self._means.shape[1]
            normals, offsets = np.zeros(shape), np.full(shape[:2], -np.inf)
            for index, model in enumerate(self._models):
                if own not in model.ids:
                    offsets[index] = np.inf
                    continue
                place = model.ids.index(own)
                centres, a = np.array(model.centres), np.array(model.centres[place])
                ahead = 2.0 * (centres - a)
                shift = ahead @ (self._means[index] / self._deviations[index])
                normals[index, : len(centres)] = ahead / self._deviations[index]
                gaps = self._margin * np.array(model.gaps[place])
                offsets[index, : len(centres)] = (a * a).sum() - (centres * centres).sum(axis=1) - gaps - shift
                offsets[index, place] = -np.inf
            by_feature = np.ascontiguousarray(normals.transpose(2, 0, 1))
            self._borders[own] = normals, offsets, np.maximum(by_feature, 0.0), np.minimum(by_feature, 0.0)
        return self._borders[own]
