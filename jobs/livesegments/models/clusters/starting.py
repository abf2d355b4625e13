"""The first vectors of a stream, from which River's algorithms get their start centres."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from livesegments.models.clusters.lloyd import start

__all__ = ["Warmup", "from_lists", "rescaled", "to_lists"]


class Warmup:
    """Keep the first `size` vectors until start centres are made from them; 0 leaves the moment to the caller."""

    __slots__ = ("size", "vectors")

    def __init__(self, size: int, vectors: Sequence[Sequence[float]] = ()) -> None:
        self.size = size
        self.vectors = [list(vector) for vector in vectors]

    def add(self, vector: list[float]) -> bool:
        """Keep one vector; true when there are enough."""
        self.vectors.append(vector)
        return 0 < self.size <= len(self.vectors)

    def start(self, clusters: int, seed: int) -> tuple[list[list[float]], list[float]]:
        """Return `clusters` start centres and the number of vectors of each, and forget the vectors.

        Where there are fewer distinct vectors, there are fewer centres.
        """
        fit = start(np.array(self.vectors), clusters, np.random.default_rng(seed))
        self.vectors = []
        return fit.centres.tolist(), [float(count) for count in fit.counts()]

    def rescale(self, shift: Sequence[float], factor: Sequence[float]) -> None:
        """Replace every value x by (x - shift) / factor, per feature."""
        self.vectors = [rescaled(vector, shift, factor) for vector in self.vectors]

    def snapshot(self) -> list[list[float]]:
        """Return the vectors kept."""
        return [list(vector) for vector in self.vectors]


def rescaled(point: Sequence[float], shift: Sequence[float], factor: Sequence[float]) -> list[float]:
    """Return (x - shift) / factor for every feature."""
    return [(x - s) / f for x, s, f in zip(point, shift, factor, strict=True)]


def from_lists(points: Sequence[Sequence[float]]) -> dict[int, dict[int, float]]:
    """Return points as River keeps centres: by position, then by the integer of the feature."""
    return {index: dict(enumerate(point)) for index, point in enumerate(points)}


def to_lists(centres: dict[int, dict[int, float]]) -> list[list[float]]:
    """Return River's centres as lists in the order of features."""
    return [[centres[index][feature] for feature in sorted(centres[index])] for index in sorted(centres)]
