"""Bounded samples of the stream that prefer what is new."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from livesegments.models.clusters.lloyd import Points
from livesegments.models.clusters.starting import rescaled

__all__ = ["Newest", "Reservoir"]

_MASK = (1 << 64) - 1


class Reservoir:
    """Keep at most `size` vectors; once full, every vector has the same chance to be replaced by a newer one.

    Ages are geometric with mean `mean_age` vectors: Aggarwal, "On biased reservoir sampling in the presence of
    stream evolution", VLDB 2006. Slots are drawn by a hash of the seed and the number of vectors seen, so the
    state is plain and small.
    """

    __slots__ = ("_arrivals", "_rows", "mean_age", "seed", "seen", "size")

    def __init__(self, size: int = 2000, mean_age: int = 2000, seed: int = 1) -> None:
        self.size = size
        self.mean_age = max(size, mean_age)
        self.seed = seed
        self.seen = 0
        self._rows: Points = np.empty((0, 0))
        self._arrivals = np.zeros(size, dtype=np.int64)

    def __len__(self) -> int:
        return min(self.seen, self.size)

    def add(self, vector: Sequence[float]) -> None:
        """Offer one vector."""
        if not self.seen:
            self._rows = np.empty((self.size, len(vector)))
        slot = self.seen if self.seen < self.size else self._slot()
        self.seen += 1
        if slot < self.size:
            self._rows[slot] = vector
            self._arrivals[slot] = self.seen

    def points(self) -> Points:
        """Return the sample as a matrix, one row per vector; it changes with the next `add`."""
        return self._rows[: len(self)]

    def ages(self) -> npt.NDArray[np.int64]:
        """Return for each row of `points` how many vectors came after it."""
        return self.seen - self._arrivals[: len(self)]

    def rescale(self, shift: Sequence[float], factor: Sequence[float]) -> None:
        """Replace every value x by (x - shift) / factor, per feature."""
        rows = self.points()
        if len(rows):
            rows -= np.array(shift)
            rows /= np.array(factor)

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain data."""
        return {
            "size": self.size,
            "mean_age": self.mean_age,
            "seed": self.seed,
            "seen": self.seen,
            "rows": self.points().tolist(),
            "arrivals": self._arrivals[: len(self)].tolist(),
        }

    @classmethod
    def restore(cls, state: dict[str, Any]) -> Self:
        """Build a reservoir that continues where the snapshot was taken."""
        reservoir = cls(state["size"], state["mean_age"], state["seed"])
        reservoir.seen = state["seen"]
        rows = state["rows"]
        if rows:
            reservoir._rows = np.empty((reservoir.size, len(rows[0])))
            reservoir._rows[: len(rows)] = rows
            reservoir._arrivals[: len(rows)] = state["arrivals"]
        return reservoir

    def _slot(self) -> int:
        """Give the slot of the next vector once all are taken; one beyond the last keeps it out."""
        return _mix(self.seed * 0x9E3779B97F4A7C15 + self.seen + 1) % self.mean_age


class Newest(Reservoir):
    """Keep the newest `size` vectors.

    When the means move, the rows stay: they are distances to the means of their time. How far those lie from the means
    of now is kept, so that `standing` can give the distances to the means of now.
    """

    __slots__ = ("_earlier",)

    def __init__(self, size: int, mean_age: int = 0, seed: int = 1) -> None:
        super().__init__(size, mean_age, seed)
        # the last arrival before a move of the means, and how far the means of then lie from those of now
        self._earlier: list[tuple[int, list[float]]] = []

    def standing(self) -> Points:
        """Return the sample as distances to the means of now, one row per row of `points`."""
        rows = self.points()
        if not self._earlier:
            return rows
        arrivals = [last for last, _ in self._earlier]
        distances = np.array([*(distance for _, distance in self._earlier), [0.0] * rows.shape[1]])
        standing: Points = rows + distances[np.searchsorted(arrivals, self._arrivals[: len(rows)])]
        return standing

    def rescale(self, shift: Sequence[float], factor: Sequence[float]) -> None:
        """Go over to other units: the rows go with the deviations, and not with the means."""
        rows = self.points()
        if not len(rows):
            return
        rows /= np.array(factor)
        oldest = int(self._arrivals[: len(rows)].min())
        earlier = [entry for entry in self._earlier if entry[0] >= oldest]
        self._earlier = [(last, rescaled(distance, shift, factor)) for last, distance in earlier]
        self._earlier.append((self.seen, rescaled([0.0] * rows.shape[1], shift, factor)))

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain data."""
        return super().snapshot() | {"earlier": [list(entry) for entry in self._earlier]}

    @classmethod
    def restore(cls, state: dict[str, Any]) -> Self:
        """Build a sample that continues where the snapshot was taken."""
        newest = super().restore(state)
        newest._earlier = [(last, list(distance)) for last, distance in state.get("earlier", [])]
        return newest

    def _slot(self) -> int:
        return self.seen % self.size


def _mix(value: int) -> int:
    # SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): a good hash in four lines.
    value = (value + 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)
