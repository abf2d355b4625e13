"""How good a model is on the newest labels, by version, and whether it is worth having."""

import math
from collections import deque
from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from livesegments.core.times import DAY_MS
from livesegments.models.predictions.cells import Numbers
from livesegments.models.predictions.measures import amount_measures, chance_measures, gain, reliability
from livesegments.models.predictions.record import Bin, Gain, Measures, PredictionQuality, VersionQuality

__all__ = ["PredictionQuality", "Quality", "Scored", "VersionQuality"]

_WARNING_LABELS_MIN = 100
_VERSION_LABELS_MIN = 30


class Scored(NamedTuple):
    """One answer beside its outcome: what `version` foretold when asked, and what the base rate would have said."""

    version: int
    scores: Sequence[float]
    base: Sequence[float]
    outcome: float


class Quality:
    """The newest `window` answers with their outcomes; one outcome means that amounts of money are foretold."""

    def __init__(self, outcomes: int, window: int = 2048) -> None:
        self._outcomes = outcomes
        self._scored: deque[Scored] = deque(maxlen=window)
        self._excess = 0.0
        self._worse_since_ms: int | None = None

    def __len__(self) -> int:
        return len(self._scored)

    def add(self, scored: Scored, at_ms: int) -> None:
        """Take an answer whose outcome became known at `at_ms`."""
        if len(self._scored) == self._scored.maxlen:
            self._excess -= self._excess_of(self._scored[0])
        self._scored.append(scored)
        self._excess += self._excess_of(scored)
        if len(self._scored) < _WARNING_LABELS_MIN or self._excess <= 0.0:
            self._worse_since_ms = None
        elif self._worse_since_ms is None:
            self._worse_since_ms = at_ms

    def _excess_of(self, scored: Scored) -> float:
        """Return how much greater the answer's loss was than the base rate's: log loss, or squared error."""
        if self._outcomes == 1:
            return (scored.scores[0] - scored.outcome) ** 2 - (scored.base[0] - scored.outcome) ** 2
        outcome = int(scored.outcome)
        chances = max(scored.scores[outcome], 1e-9), max(scored.base[outcome], 1e-9)
        return math.log(chances[1]) - math.log(chances[0])

    def record(self, name: str, at_ms: int) -> PredictionQuality:
        """Return all measures over the window, per version, and the warning if there is one; needs an answer."""
        version = np.array([row.version for row in self._scored])
        scores, base = _matrix([row.scores for row in self._scored]), _matrix([row.base for row in self._scored])
        outcomes = np.array([row.outcome for row in self._scored])
        reliable, gained = self._curves(scores, outcomes)
        return PredictionQuality(
            name=name,
            at_ms=at_ms,
            version=int(version.max()),
            labels=len(outcomes),
            measures=self._measures(scores, outcomes),
            base=self._measures(base, outcomes),
            versions=self._by_version(version, scores, outcomes),
            reliability=reliable,
            gain=gained,
            worse_since_ms=self._worse_since_ms,
            warning=self._warning(name, at_ms),
        )

    def _by_version(self, version: Numbers, scores: Numbers, outcomes: Numbers) -> list[VersionQuality]:
        numbers, counts = np.unique(version, return_counts=True)
        return [
            VersionQuality(
                version=number,
                labels=count,
                measures=self._measures(scores[version == number], outcomes[version == number]),
            )
            for number, count in zip(numbers.tolist(), counts.tolist(), strict=True)
            if count >= _VERSION_LABELS_MIN
        ]

    def _measures(self, scores: Numbers, outcomes: Numbers) -> Measures:
        if self._outcomes == 1:
            return amount_measures(scores[:, 0], outcomes)
        return chance_measures(scores, outcomes.astype(np.int64))

    def _curves(self, scores: Numbers, outcomes: Numbers) -> tuple[list[Bin], list[Gain]]:
        if self._outcomes != 2:
            return [], []
        bins = [Bin(*row) for row in reliability(scores[:, 1], outcomes == 1.0)]
        return bins, [Gain(*point) for point in gain(scores[:, 1], outcomes == 1.0)]

    def _warning(self, name: str, at_ms: int) -> str | None:
        if self._worse_since_ms is None or at_ms - self._worse_since_ms < DAY_MS:
            return None
        days = (at_ms - self._worse_since_ms) / DAY_MS
        rival = "the mean" if self._outcomes == 1 else "the base rate"
        return f"predictions.{name} has been worse than {rival} for {days:.1f} days; do not act on it"

    def snapshot(self) -> dict[str, Any]:
        """Return plain values."""
        scored = [[row.version, list(row.scores), list(row.base), row.outcome] for row in self._scored]
        return {"scored": scored, "excess": self._excess, "worse_since_ms": self._worse_since_ms}

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Take over a snapshot."""
        self._scored = deque((Scored(*row) for row in snapshot["scored"]), maxlen=self._scored.maxlen)
        self._excess, self._worse_since_ms = snapshot["excess"], snapshot["worse_since_ms"]


def _matrix(rows: Sequence[Sequence[float]]) -> Numbers:
    """Give a matrix of rows of the same length, four times as fast as numpy makes it of lists."""
    return np.fromiter(chain.from_iterable(rows), float).reshape(len(rows), -1)
