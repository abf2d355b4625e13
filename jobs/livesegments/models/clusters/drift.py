"""Drift: whether what users are like on the whole has changed since it was last told of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from livesegments.models.clusters.lloyd import Points
from livesegments.models.clusters.scaling import Scaling
from livesegments.models.clusters.version import Drift

__all__ = ["ERROR", "DriftWatch"]

ERROR = "quantisation error"
"""The signal that tells how badly the centres fit."""

NOTABLE = 0.25
"""Deviations that a mean over users must move by since it was last told of."""

CHANCE = 4.0
"""Standard errors that it must move by too: smaller moves of few users are chance."""


class DriftWatch:
    """Compares the users of each version with those that were last told of: every feature's mean, and the error.

    Means are compared in the scaled units of the moment last told of, after the logarithm. An error that falls is no
    drift: the centres fit better.
    """

    __slots__ = ("_error", "_features", "_scaling", "_users")

    def __init__(self, features: Sequence[str]) -> None:
        self._features = list(features)
        self._scaling: Scaling | None = None
        self._error = 0.0
        self._users = 0

    def compare(self, sample: Points, scaling: Scaling, error: float) -> list[Drift]:
        """Tell what drifted up to this sample, after the logarithm; `error` is the mean squared distance to centres.

        The first sample is what the next ones are compared with.
        """
        before = self._scaling
        if before is None:
            self._scaling, self._error, self._users = scaling, error, len(sample)
            return []
        reach = max(NOTABLE, CHANCE * float(np.sqrt(1.0 / self._users + 1.0 / len(sample))))
        means, deviations = list(before.means), list(before.deviations)
        found = []
        for index, signal in enumerate(self._features):
            moved = (scaling.means[index] - means[index]) / deviations[index]
            if abs(moved) > reach:
                found.append(Drift(signal=signal, mean_before=0.0, mean_after=moved))
                means[index], deviations[index] = scaling.means[index], scaling.deviations[index]
        if error > self._error * (1.0 + reach):
            found.append(Drift(signal=ERROR, mean_before=self._error, mean_after=error))
        if found:
            self._scaling = Scaling(logs=before.logs, means=tuple(means), deviations=tuple(deviations))
            self._error, self._users = error, len(sample)
        return found

    def snapshot(self) -> list[Any]:
        """Return the state as plain data."""
        return [msgspec.to_builtins(self._scaling), self._error, self._users]

    def restore(self, state: Sequence[Any]) -> None:
        """Take over a snapshot."""
        told, self._error, self._users = state
        self._scaling = msgspec.convert(told, Scaling | None)
