"""Drift: River's ADWIN on the distance to the centres and on every feature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from river import drift

from livesegments.models.clusters.version import Drift

__all__ = ["ERROR", "DriftWatch", "Watched"]

ERROR = "quantisation error"
"""The signal that tells how badly the centres fit."""

BLOCK = 32
"""Values summed up before ADWIN sees them; its own clock looks every 32 values too."""

CLOCK = 4
"""Blocks between tests, which cost more than all else."""

NOTABLE = 0.1
"""Deviations that a mean must move by since it was last told of.

Events of one user come in a row, so that ADWIN is right about smaller shifts and they mean nothing.
"""

LONGEST = 512
"""Blocks after which the older half is forgotten."""


class Watched:
    """One signal under ADWIN.

    Bifet and Gavaldà, "Learning from time-changing data with adaptive windowing", SDM 2007. Sums of blocks go in
    instead of values: the test is the same, at a thirty-second of the cost. The sums since the last cut are kept,
    so that a restored detector sees what this one saw.
    """

    __slots__ = ("_adwin", "_delta", "history", "told")

    def __init__(self, delta: float, history: Sequence[float] = (), told: float | None = None) -> None:
        self._delta = delta
        self.told = told  # the mean that was told of last, None before the first change
        self._begin(list(history))

    def add(self, total: float) -> tuple[float, float] | None:
        """Add the sum of a block; where the mean changed notably, return the mean told last and the one now."""
        before = self._adwin.estimation
        self.history.append(total)
        self._adwin.update(total)
        if self._adwin.drift_detected:
            self._begin(self.history[-int(self._adwin.width) :])
            return self._tell(before / BLOCK, sum(self.history) / len(self.history) / BLOCK)
        if len(self.history) >= LONGEST:
            self._begin(self.history[LONGEST // 2 :])
        return None

    def _tell(self, before: float, after: float) -> tuple[float, float] | None:
        told = before if self.told is None else self.told
        if abs(after - told) < NOTABLE:
            self.told = told
            return None
        self.told = after
        return told, after

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
            "told": [watched.told for watched in (*self._watched, self._error)],
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
        histories = zip((*state["histories"], state["errors"]), state["told"], strict=True)
        *watch._watched, watch._error = [Watched(share, history, told) for history, told in histories]
        watch._sums = list(state["sums"])
        watch._count = state["count"]
        watch._shifts = list(state["shifts"])
        watch._factors = list(state["factors"])
        return watch
