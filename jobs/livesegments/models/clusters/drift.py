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

CLOCK = 4
"""Blocks between tests, which cost more than all else."""

LONGEST = 512
"""Blocks after which the older half is forgotten."""


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """A signal whose mean changed: a feature, or the quantisation error; means in the scaled units of the start."""

    signal: str
    mean_before: float
    mean_after: float


class Watched:
    """One signal under ADWIN.

    Bifet and Gavaldà, "Learning from time-changing data with adaptive windowing", SDM 2007. Sums of blocks go in
    instead of values: the test is the same, at a thirty-second of the cost. The sums since the last cut are kept,
    so that a restored detector sees what this one saw.
    """

    __slots__ = ("_adwin", "_delta", "history")

    def __init__(self, delta: float, history: Sequence[float] = ()) -> None:
        self._delta = delta
        self._begin(list(history))

    def add(self, total: float) -> tuple[float, float] | None:
        """Add the sum of a block; where the mean changed, return the mean before and after."""
        before = self._adwin.estimation
        self.history.append(total)
        self._adwin.update(total)
        if self._adwin.drift_detected:
            self._begin(self.history[-int(self._adwin.width) :])
            return before / BLOCK, sum(self.history) / len(self.history) / BLOCK
        if len(self.history) >= LONGEST:
            self._begin(self.history[LONGEST // 2 :])
        return None

    def _begin(self, history: list[float]) -> None:
        self.history = history
        self._adwin = drift.ADWIN(delta=self._delta, clock=CLOCK)
        for total in history:
            self._adwin.update(total)


class DriftWatch:
    """Watch all features and the quantisation error of one clustering."""

    __slots__ = ("_count", "_error", "_factors", "_features", "_shifts", "_sums", "_watched")

    def __init__(self, features: Sequence[str], delta: float = 0.002) -> None:
        # As many tests as signals: each gets its share of the permitted false alarms (Bonferroni).
        share = delta / (len(features) + 1)
        self._features = list(features)
        self._watched = [Watched(share) for _ in features]
        self._error = Watched(share)
        self._count = 0
        self._sums = [0.0] * (len(features) + 1)
        # From the units of the vectors to those of the first ones, in which the means are compared.
        self._shifts = [0.0] * len(features)
        self._factors = [1.0] * len(features)

    def add(self, vector: Sequence[float], error: float) -> list[Drift]:
        """Add one scaled vector and its distance to the nearest centre; return what drifted.

        An error that falls is no drift: the centres fit better.
        """
        self._sums = [total + value for total, value in zip(self._sums, (*vector, error), strict=True)]
        self._count += 1
        if self._count < BLOCK:
            return []
        sums, self._sums, self._count = self._sums, [0.0] * len(self._sums), 0
        found = []
        columns = zip(self._features, self._watched, sums[:-1], self._factors, self._shifts, strict=True)
        for signal, watched, total, factor, shift in columns:
            change = watched.add(total * factor + shift * BLOCK)
            if change:
                found.append(Drift(signal=signal, mean_before=change[0], mean_after=change[1]))
        change = self._error.add(sums[-1])
        if change and change[1] > change[0]:
            found.append(Drift(signal=ERROR, mean_before=change[0], mean_after=change[1]))
        return found

    def rescale(self, shift: Sequence[float], factor: Sequence[float]) -> None:
        """Expect vectors in other units from now on: every value x is (x - shift) / factor of what it was."""
        for index, (moved, stretched) in enumerate(zip(shift, factor, strict=True)):
            self._sums[index] = (self._sums[index] - moved * self._count) / stretched
            self._shifts[index] += moved * self._factors[index]
            self._factors[index] *= stretched

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain data."""
        return {
            "histories": [list(watched.history) for watched in self._watched],
            "errors": list(self._error.history),
            "sums": list(self._sums),
            "count": self._count,
            "shifts": list(self._shifts),
            "factors": list(self._factors),
        }

    @classmethod
    def restore(cls, features: Sequence[str], delta: float, state: dict[str, Any]) -> DriftWatch:
        """Build a watch that continues where the snapshot was taken."""
        watch = cls(features, delta)
        share = delta / (len(features) + 1)
        watch._watched = [Watched(share, history) for history in state["histories"]]
        watch._error = Watched(share, state["errors"])
        watch._sums = list(state["sums"])
        watch._count = state["count"]
        watch._shifts = list(state["shifts"])
        watch._factors = list(state["factors"])
        return watch
