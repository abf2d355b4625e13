"""Running means and deviations, from which each version's scaling is taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from livesegments.models.clusters.lloyd import Points
from livesegments.models.clusters.scaling import LIMIT, Scaling

__all__ = ["Moments"]

TAIL = 0.005
"""Share of the first values at either end that are drawn in, while nothing else tells what is absurd."""
_KEPT = ("counts", "least", "means", "squares")


class Moments:
    """Count, mean and sum of squares of each feature, merged batch by batch; NaN is no value.

    Chan, Golub and LeVeque, "Algorithms for computing the sample variance", The American Statistician 37, 1983.
    Deviations are never less than `least`, unless a feature is constant: one that hardly differs between users must not
    decide alone. Values further than ten deviations from the mean count as if they were that far. Once `memory` values
    are in, the oldest weigh less and less, so that units can follow in the long run and stand still in the short.
    """

    __slots__ = ("counts", "least", "means", "memory", "squares")

    def __init__(self, features: int, memory: int = 100_000, least: Sequence[float] = ()) -> None:
        self.least = np.array(least or [0.0] * features)
        self.memory = memory
        self.counts = np.zeros(features)
        self.means = np.zeros(features)
        self.squares = np.zeros(features)

    def merge(self, batch: Points) -> None:
        """Add vectors after the logarithm, one per row."""
        for index, column in enumerate(batch.T):
            known = column[~np.isnan(column)]
            if len(known):
                self._merge(index, self._drawn_in(index, known))

    def scaling(self, logs: Sequence[bool]) -> Scaling:
        """Return the units of now; a feature that is constant or always missing has deviation 1."""
        deviations = self._deviations()
        deviations[deviations == 0.0] = 1.0
        return Scaling(logs=tuple(logs), means=tuple(self.means.tolist()), deviations=tuple(deviations.tolist()))

    def _deviations(self) -> Points:
        """Return 0 for a constant feature, else no less than `least`."""
        deviations: Points = np.sqrt(self.squares / np.maximum(self.counts, 1.0))
        is_constant = deviations <= 1e-9 * (1.0 + np.abs(self.means))
        return np.where(is_constant, 0.0, np.maximum(deviations, self.least))

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain data."""
        return {name: getattr(self, name).tolist() for name in _KEPT} | {"memory": self.memory}

    @classmethod
    def restore(cls, state: dict[str, Any]) -> Moments:
        """Build moments that continue where the snapshot was taken."""
        moments = cls(len(state["counts"]), state["memory"])
        for name in _KEPT:
            setattr(moments, name, np.array(state[name]))
        return moments

    def _drawn_in(self, index: int, known: Points) -> Points:
        reach = LIMIT * self._deviations()[index]
        if self.counts[index] < 100 or reach == 0.0:
            ordered = np.sort(known)
            cut = int(TAIL * len(known))
            return np.clip(known, ordered[cut], ordered[-1 - cut])
        return np.clip(known, self.means[index] - reach, self.means[index] + reach)

    def _merge(self, index: int, known: Points) -> None:
        before, added = self.counts[index], float(len(known))
        mean = known.mean()
        gap, total = mean - self.means[index], before + added
        self.means[index] += gap * added / total
        self.squares[index] += ((known - mean) ** 2).sum() + gap * gap * before * added / total
        if total > self.memory:
            self.squares[index] *= self.memory / total
            total = float(self.memory)
        self.counts[index] = total
