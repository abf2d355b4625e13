"""A bounded sample of the stream that prefers what is new."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from livesegments.models.clusters.lloyd import Points

__all__ = ["Reservoir"]

_MASK = (1 << 64) - 1


class Reservoir:
    """Keep at most `size` vectors; once full, every vector has the same chance to be replaced by a newer one.

    Ages are geometric with mean `mean_age` vectors: Aggarwal, "On biased reservoir sampling in the presence of
    stream evolution", VLDB 2006. Slots are drawn by a hash of the seed and the number of vectors seen, so the
    state is plain and small.
    """

    __slots__ = ("arrivals", "mean_age", "rows", "seed", "seen", "size")

    def __init__(self, size: int = 2000, mean_age: int = 2000, seed: int = 1) -> None:
        self.size = size
        self.mean_age = max(size, mean_age)
        self.seed = seed
        self.seen = 0
        self.rows: list[list[float]] = []
        self.arrivals: list[int] = []

    def add(self, vector: list[float]) -> None:
        """Offer one vector; the list is kept, so it must not change afterwards."""
        self.seen += 1
        if len(self.rows) < self.size:
            self.rows.append(vector)
            self.arrivals.append(self.seen)
            return
        slot = _mix(self.seed * 0x9E3779B97F4A7C15 + self.seen) % self.mean_age
        if slot < self.size:
            self.rows[slot] = vector
            self.arrivals[slot] = self.seen

    def points(self) -> Points:
        """Return the sample as a matrix, one row per vector."""
        return np.array(self.rows, dtype=np.float64)

    def in_order(self) -> list[list[float]]:
        """Return the vectors in order of arrival."""
        return [row for _, row in sorted(zip(self.arrivals, self.rows, strict=True), key=lambda pair: pair[0])]

    def rescale(self, shift: Sequence[float], factor: Sequence[float]) -> None:
        """Replace every value x by (x - shift) / factor, per feature."""
        if self.rows:
            self.rows = ((self.points() - np.array(shift)) / np.array(factor)).tolist()

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain data."""
        return {
            "size": self.size,
            "mean_age": self.mean_age,
            "seed": self.seed,
            "seen": self.seen,
            "rows": [list(row) for row in self.rows],
            "arrivals": list(self.arrivals),
        }

    @classmethod
    def restore(cls, state: dict[str, Any]) -> Reservoir:
        """Build a reservoir that continues where the snapshot was taken."""
        reservoir = cls(state["size"], state["mean_age"], state["seed"])
        reservoir.seen = state["seen"]
        reservoir.rows = [list(row) for row in state["rows"]]
        reservoir.arrivals = list(state["arrivals"])
        return reservoir


def _mix(value: int) -> int:
    # SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): a good hash in four lines.
    value = (value + 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)
