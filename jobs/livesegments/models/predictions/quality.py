"""How good a model is on the newest labels, by version, and whether it is worth having."""

from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np

from livesegments.core.times import DAY_MS
from livesegments.models.predictions.measures import amount_measures, chance_measures, gain, reliability

__all__ = ["PredictionQuality", "Quality", "Scored", "VersionQuality"]

Measures = dict[str, float | None]
_WARNING_LABELS_MIN = 100
_VERSION_LABELS_MIN = 30


class Scored(NamedTuple):
    """One answer beside its outcome: what `version` foretold when asked, and what the base rate would have said."""

    version: int
    scores: Sequence[float]
    base: Sequence[float]
    outcome: float


class VersionQuality(msgspec.Struct, frozen=True, kw_only=True):
    """The measures of one version's answers."""

    version: int
    labels: int
    measures: Measures


class PredictionQuality(msgspec.Struct, frozen=True, kw_only=True, tag="prediction_quality"):
    """A record of how good a model's matured answers were, as of `at_ms` in event time."""

    name: str
    at_ms: int
    version: int
    labels: int
    measures: Measures
    base: Measures
    versions: list[VersionQuality]
    reliability: list[tuple[float, float, int]]
    gain: list[tuple[float, float]]
    worse_since_ms: int | None
    warning: str | None


class Quality:
    """The newest `window` answers with their outcomes; one outcome means that amounts of money are foretold."""

    def __init__(self, outcomes: int, window: int = 4096) -> None:
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
        return float(np.log(chances[1]) - np.log(chances[0]))

    def record(self, name: str, at_ms: int) -> PredictionQuality:
        """Return all measures over the window, per version, and the warning if there is one."""
        versions = sorted({scored.version for scored in self._scored})
        by_version = [self._version(version) for version in versions]
        rows = list(self._scored)
        reliable, gained = self._curves(rows)
        return PredictionQuality(
            name=name,
            at_ms=at_ms,
            version=versions[-1],
            labels=len(rows),
            measures=self._measures([scored.scores for scored in rows], rows),
            base=self._measures([scored.base for scored in rows], rows),
            versions=[quality for quality in by_version if quality.labels >= _VERSION_LABELS_MIN],
            reliability=reliable,
            gain=gained,
            worse_since_ms=self._worse_since_ms,
            warning=self._warning(name, at_ms),
        )

    def _version(self, version: int) -> VersionQuality:
        rows = [scored for scored in self._scored if scored.version == version]
        measures = self._measures([scored.scores for scored in rows], rows)
        return VersionQuality(version=version, labels=len(rows), measures=measures)

    def _measures(self, answers: list[Sequence[float]], rows: list[Scored]) -> Measures:
        scores = np.array(answers)
        if self._outcomes == 1:
            return amount_measures(scores[:, 0], np.array([scored.outcome for scored in rows]))
        return chance_measures(scores, np.array([int(scored.outcome) for scored in rows]))

    def _curves(self, rows: list[Scored]) -> tuple[list[tuple[float, float, int]], list[tuple[float, float]]]:
        if self._outcomes != 2:
            return [], []
        chances = np.array([scored.scores[1] for scored in rows])
        happened = np.array([scored.outcome == 1.0 for scored in rows])
        return reliability(chances, happened), gain(chances, happened)

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
