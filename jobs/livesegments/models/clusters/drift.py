"""Drift: River's ADWIN on the distance to the centres and on every feature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from river import drift

__all__ = ["ERROR", "Drift", "DriftWatch", "Watched"]

ERROR = "quantisation error"
"""The signal that tells how badly the centres fit."""

BLOCK = 32
"""Values summed up before ADWIN sees them; its own clock looks every 32 values too."""

LONGEST = 512
"""Blocks after which the older half is forgotten."""


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """A signal whose mean changed: a feature, or the quantisation error. Means are in scaled units."""

    signal: str
    mean_before: float
    mean_after: float


class Watched:
    """One signal under ADWIN.

    Bifet and Gavaldà, "Learning from time-changing data with adaptive windowing", SDM 2007. Sums of blocks go in
    instead of values: the test is the same, at a thirty-second of the cost. The sums since the last cut are kept,
    so that a restored detector sees what this one saw.
    """

    __slots__ = ("_adwin", "_count", "_delta", "_sum", "history")

    def __init__(self, delta: float, history: Sequence[float] = (), total: float = 0.0, count: int = 0) -> None:
        self._delta = delta
        self._sum = total
        self._count = count
        self._begin(list(history))

    def add(self, value: float) -> tuple[float, float] | None:
        """Add one value; where the mean changed, return it before and after."""
        self._sum += value
        self._count += 1
        if self._count < BLOCK:
            return None
        total, self._sum, self._count = self._sum, 0.0, 0
        before = self._adwin.estimation
        self.history.append(total)
        self._adwin.update(total)
        if self._adwin.drift_detected:
            self._begin(self.history[-int(self._adwin.width) :])
            return before / BLOCK, sum(self.history) / len(self.history) / BLOCK
        if len(self.history) >= LONGEST:
            self._begin(self.history[LONGEST // 2 :])
        return None

    def snapshot(self) -> list[Any]:
        """Return the state as plain data."""
        return [list(self.history), self._sum, self._count]

    def _begin(self, history: list[float]) -> None:
        self.history = history
        self._adwin = drift.ADWIN(delta=self._delta, clock=1)
        for total in history:
            self._adwin.update(total)


class DriftWatch:
    """Watch all features and the quantisation error of one clustering."""

    __slots__ = ("_error", "_features", "_watched", "delta")

    def __init__(self, features: Sequence[str], delta: float = 0.002) -> None:
        self.delta = delta
        self._features = list(features)
        self._watched = [Watched(self._share()) for _ in features]
        self._error = Watched(self._share())

    def add(self, vector: Sequence[float], error: float) -> list[Drift]:
        """Add one vector in units that never change, and its distance to the nearest centre; return what drifted.

        An error that falls is no drift: the centres have just been fitted.
        """
        found = []
        for signal, watched, value in zip(self._features, self._watched, vector, strict=True):
            change = watched.add(value)
            if change:
                found.append(Drift(signal=signal, mean_before=change[0], mean_after=change[1]))
        change = self._error.add(error)
        if change and change[1] > change[0]:
            found.append(Drift(signal=ERROR, mean_before=change[0], mean_after=change[1]))
        return found

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain data."""
        return {
            "features": [watched.snapshot() for watched in self._watched],
            "error": self._error.snapshot(),
        }

    @classmethod
    def restore(cls, features: Sequence[str], delta: float, state: dict[str, Any]) -> DriftWatch:
        """Build a watch that continues where the snapshot was taken."""
        watch = cls(features, delta)
        watch._watched = [Watched(watch._share(), *kept) for kept in state["features"]]
        watch._error = Watched(watch._share(), *state["error"])
        return watch

    def _share(self) -> float:
        # As many tests as signals: each gets its share of the permitted false alarms (Bonferroni).
        return self.delta / (len(self._features) + 1)
