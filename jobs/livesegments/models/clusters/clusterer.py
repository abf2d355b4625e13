"""What every clusterer promises: River's two methods on vectors, ids that last, snapshots of plain data."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from inspect import signature
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from river import base

from livesegments.models.clusters.lloyd import Points

__all__ = ["NOBODY", "Centre", "Clusterer", "Values"]

Values = Sequence[float | None] | Mapping[Hashable, float | None]

NOBODY = -1
"""The answer of `predict_one` before there is any centre."""

DRAWN_MAX = 2000
"""Vectors of one moment that are learned one after the other."""

LIMIT = 10.0
"""Scaled values are cut here: no single vector can pull a centre further than ten deviations away."""


class Centre(NamedTuple):
    """One centre in scaled units, under an id that stays with it while it moves."""

    id: int
    point: list[float]
    weight: float


class Clusterer(base.Clusterer):  # type: ignore[misc]  # River has no types
    """A River clusterer over scaled vectors in a fixed order of features.

    `learn_one` and `predict_one` take a sequence, or River's mapping of names to values. The names of the first
    mapping, sorted, fix the order: later ones that are new are ignored, missing ones count as missing. Missing,
    NaN and infinite values are 0, the mean in scaled units.
    """

    algorithm: ClassVar[str]

    def __init__(self) -> None:
        self._names: list[Hashable] = []
        self._width = 0

    def learn_one(self, x: Values) -> None:
        """Learn one vector."""
        vector = self._read(x)
        if not self._width:
            self._width = len(vector)
        self._learn(vector)

    def learn_many(self, points: Points) -> None:
        """Learn scaled vectors, one per row; of many those that are drawn, in the order in which they are drawn.

        What learns one after the other is slow, and what came first would count least.
        """
        drawn = np.random.default_rng(len(points)).permutation(len(points))[:DRAWN_MAX]
        for vector in points[drawn].tolist():
            self.learn_one(vector)

    def predict_one(self, x: Values) -> int:
        """Return the id of the nearest centre, -1 while there is none; the model does not change."""
        return self._predict(self._read(x)) if self._width else NOBODY

    @abstractmethod
    def refit(self) -> None:
        """Bring the centres up to date now: a re-fit, a reclustering, or an end of the warm-up."""

    @abstractmethod
    def rescale(self, shift: Sequence[float], factor: Sequence[float]) -> None:
        """Go over to other scaled units, in which the value x of a user is (x - shift) / factor, per feature."""

    @abstractmethod
    def centres(self) -> list[Centre]:
        """Return the centres by ascending id; empty until there are any."""

    @abstractmethod
    def _learn(self, vector: list[float]) -> None: ...

    @abstractmethod
    def _predict(self, vector: list[float]) -> int: ...

    @abstractmethod
    def _state(self) -> dict[str, Any]: ...

    @abstractmethod
    def _load(self, state: dict[str, Any]) -> None: ...

    def snapshot(self) -> dict[str, Any]:
        """Return all that is needed to continue, as dicts, lists, numbers and strings."""
        return {
            "algorithm": self.algorithm,
            "parameters": dict(self._get_params()),
            "names": list(self._names),
            "width": self._width,
            "state": self._state(),
        }

    @classmethod
    def restore(cls, snapshot: dict[str, Any]) -> Self:
        """Build a clusterer that continues exactly where the snapshot was taken."""
        if snapshot["algorithm"] != cls.algorithm:
            raise ValueError(f"expected a snapshot of {cls.algorithm}, got one of {snapshot['algorithm']}")
        known = signature(cls).parameters  # an earlier version may have stored others
        clusterer = cls(**{name: value for name, value in snapshot["parameters"].items() if name in known})
        clusterer._names = list(snapshot["names"])
        clusterer._width = snapshot["width"]
        clusterer._load(snapshot["state"])
        return clusterer

    def _read(self, x: Values) -> list[float]:
        if isinstance(x, np.ndarray):
            x = x.tolist()
        if isinstance(x, Mapping):
            if not self._width:
                self._names = sorted(x, key=lambda name: (type(name).__name__, name))
            x = [x.get(name) for name in self._names]
        if self._width and len(x) != self._width:
            raise ValueError(f"expected {self._width} values, got {len(x)}")
        try:
            return [value if -LIMIT < value < LIMIT else _guarded(value) for value in x]  # type: ignore[operator,misc]
        except TypeError:
            return [_guarded(value) for value in x]


def _guarded(value: float | None) -> float:
    if value is None or not abs(value) < float("inf"):
        return 0.0
    return max(-LIMIT, min(LIMIT, float(value)))
