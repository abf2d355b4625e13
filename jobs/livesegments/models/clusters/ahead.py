"""Which of the versions to come an idle user may move at: all of them asked at once."""

from __future__ import annotations

from collections.abc import Sequence
from math import log1p

import numpy as np
import numpy.typing as npt

from livesegments.core.times import DAY_MS
from livesegments.models.clusters.lloyd import Points
from livesegments.models.clusters.model import ClusterModel
from livesegments.models.clusters.scaling import HUGE, LIMIT

__all__ = ["AT_ONCE", "Times", "VersionsAhead"]

AT_ONCE = 64
"""Versions that are asked at once."""

_NEAR = -1e-9  # so near a border rounding may decide

Times = npt.NDArray[np.int64]


class VersionsAhead:
    """The borders of versions in force one after the other, as matrices: for one cluster after another, when asked."""

    def __init__(self, models: Sequence[ClusterModel], margin: float) -> None:
        self._models = models
        self._margin = margin
        self._means = np.array([model.scaling.means for model in models])
        self._deviations = np.array([model.scaling.deviations for model in models])
        self._logs = models[0].scaling.logs
        self._borders: dict[int, tuple[Points, Points]] = {}

    def first_possible(
        self, first: int, own: int, values: Sequence[object], moving: Sequence[int], times: Times, now_ms: int
    ) -> int | None:
        """Give the first version, from `first` on, in whose time a user of a cluster may be beyond a border of it.

        `values` are those of now, and the ones at the places `moving` grow by a day a day. `times` are when the user
        goes over to each of the versions asked, at most `AT_ONCE`, and to the one after them. Where none of them is,
        but more follow, the next one is given. None where all are asked and none is.
        """
        asked = slice(first, first + len(times) - 1)
        normals, offsets = self._of(own)
        normals, means, deviations = normals[asked], self._means[asked], self._deviations[asked]
        numbers = [_after_logarithm(value, log) for value, log in zip(values, self._logs, strict=True)]
        known = [number is not None for number in numbers]
        vectors = _clipped((np.array([number or 0.0 for number in numbers]) - means) / deviations)
        if not all(known):
            vectors *= known
        rises = []
        days = (np.stack((times[:-1], times[1:])) - now_ms) / DAY_MS
        for place in moving:
            if known[place]:
                course = days + values[place]
                if self._logs[place]:
                    course = np.copysign(np.log1p(np.abs(course)), course)
                begins, ends = _clipped((course - means[:, place]) / deviations[:, place])
                vectors[:, place] = begins
                rises.append((place, ends - begins))
        beyond = (normals * vectors[:, None, :]).sum(axis=2)
        beyond += offsets[asked]
        for place, rise in rises:  # at the end of its time at most so much more
            beyond += np.maximum(normals[:, :, place], 0.0) * rise[:, None]
        most = beyond.max(axis=1)
        at = int((most > _NEAR).argmax())
        if most[at] > _NEAR:
            return first + at
        return asked.stop if asked.stop < len(self._models) else None

    def _of(self, own: int) -> tuple[Points, Points]:
        """Give for each version and centre b the normal and the offset with which normal x + offset > 0 is beyond.

        A version without the cluster is one to be looked at for certain.
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
                normals[index, : len(centres)] = 2.0 * (centres - a)
                gaps = np.array(model.gaps[place])
                offsets[index, : len(centres)] = (a * a).sum() - (centres * centres).sum(axis=1) - self._margin * gaps
                offsets[index, place] = -np.inf
            self._borders[own] = normals, offsets
        return self._borders[own]


def _after_logarithm(value: object, log: bool) -> float | None:
    if (type(value) is float or type(value) is int) and -HUGE < value < HUGE:
        if not log:
            return float(value)
        return log1p(value) if value >= 0.0 else -log1p(-value)
    return None


def _clipped(scaled: Points) -> Points:
    np.minimum(scaled, LIMIT, out=scaled)
    return np.maximum(scaled, -LIMIT, out=scaled)
