"""Who buys again and what they are worth, from purchases alone: BG/NBD and Gamma-Gamma as a predictor."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from livesegments.core.times import DAY_MS
from livesegments.models.predictions.bg_nbd import BgNbd, chance_of_purchase, expected_purchases, fit_bg_nbd
from livesegments.models.predictions.cells import Numbers
from livesegments.models.predictions.gamma_gamma import GammaGamma, expected_spend, fit_gamma_gamma
from livesegments.models.predictions.predictor import Plain, Vector
from livesegments.models.predictions.purchases import PURCHASE_COLUMNS

__all__ = ["Lifetime", "LifetimeScorer"]

_REPEAT_BUYERS_MIN = 30


class Lifetime:
    """BG/NBD for `will`, times Gamma-Gamma for `value`; vectors are those of `Purchases`.

    It learns from no label: `fit` takes all users' purchases at once, and nothing else changes it.
    """

    def __init__(self, asks: Literal["will", "value"], horizon_ms: int) -> None:
        self._asks = asks
        self._horizon_days = horizon_ms / DAY_MS
        self._parameters: Plain = {}
        self._scorer: LifetimeScorer | None = None

    def fit(self, vectors: Numbers | Sequence[Vector]) -> bool:
        """Find the parameters that make these users' purchases likeliest; False if too few of them bought again."""
        rows = np.asarray(vectors, dtype=float).reshape(-1, len(PURCHASE_COLUMNS))
        again = rows[rows[:, 0] > 0.0]
        paid = again[again[:, 3] > 0.0]
        if len(again) < _REPEAT_BUYERS_MIN or (self._asks == "value" and len(paid) < _REPEAT_BUYERS_MIN):
            return False
        start = BgNbd(*self._parameters["bg_nbd"]) if self._parameters else None
        buying = fit_bg_nbd(rows[:, 0], rows[:, 1], rows[:, 2], start)
        spending = fit_gamma_gamma(paid[:, 0], paid[:, 3]) if self._asks == "value" else ()
        means = rows.mean(axis=0).tolist()
        self.restore({
            "asks": self._asks,
            "horizon_days": self._horizon_days,
            "bg_nbd": [float(f"{number:.9g}") for number in buying],
            "gamma_gamma": [float(f"{number:.9g}") for number in spending],
            "means": [float(round(means[0])), *means[1:]],
        })  # fmt: skip
        return True

    def learn_one(self, vector: Vector, target: float) -> None:
        """Learn nothing: one outcome says no more than the purchases that `fit` sees."""

    def predict_one(self, vector: Vector) -> list[float]:
        """Return [P(none), P(some)] or [money] within the horizon; empty before the first fit."""
        return self._scorer.scores(vector) if self._scorer else []

    def parameters(self) -> Plain:
        """Return the fitted parameters; empty before the first fit."""
        return self._parameters

    def snapshot(self) -> Plain:
        """Return the fitted parameters, which are all there is."""
        return self._parameters

    def restore(self, snapshot: Plain) -> None:
        """Take over a snapshot."""
        self._parameters = snapshot
        self._scorer = LifetimeScorer(snapshot) if snapshot else None


class LifetimeScorer:
    """The fitted formulas, in days."""

    __slots__ = ("_buying", "_horizon", "_means", "_spending")

    def __init__(self, parameters: Plain) -> None:
        self._horizon = parameters["horizon_days"]
        self._means = parameters["means"]
        self._buying = BgNbd(*parameters["bg_nbd"])
        self._spending = GammaGamma(*parameters["gamma_gamma"]) if parameters["asks"] == "value" else None

    def scores(self, vector: Vector) -> list[float]:
        """Return [P(none), P(some)], or [expected purchases x expected spend]."""
        x, t_x, observed, spend = vector
        if self._spending is None:
            chance = chance_of_purchase(self._buying, x, t_x, observed, self._horizon)
            return [1.0 - chance, chance]
        known = x if spend > 0.0 else 0.0
        purchases = expected_purchases(self._buying, x, t_x, observed, self._horizon)
        return [purchases * expected_spend(self._spending, known, spend)]

    def contributions(self, vector: Vector, outcome: int) -> list[float]:
        """Return per number how much the score falls when it is what it is for the mean user."""
        score = self.scores(vector)[outcome]
        return [score - self._without(vector, column)[outcome] for column in range(len(vector))]

    def _without(self, vector: Vector, column: int) -> list[float]:
        changed = list(vector)
        changed[column] = self._means[column]
        changed[2] = max(changed[1], changed[2])
        return self.scores(changed)
