"""River's `StandardScaler | LogisticRegression`, step by step: the same numbers to the last bit, without River.

River is the reference, and a test holds the two against each other. Here vectors are lists and not dictionaries, and
nothing is imported: River brings pandas, which takes longer to import than a year of a small shop takes to learn.
"""

import math
from collections.abc import Sequence

__all__ = ["Scaler", "Weights"]


class Scaler:
    """Running means and variances of columns (Welford 1962)."""

    __slots__ = ("count", "means", "variances")

    def __init__(self, width: int) -> None:
        self.count = 0
        self.means = [0.0] * width
        self.variances = [0.0] * width

    def learn_one(self, vector: Sequence[float]) -> None:
        """Update means and variances."""
        count = self.count = self.count + 1
        means, variances = self.means, self.variances
        for column, value in enumerate(vector):
            before = means[column]
            mean = means[column] = before + (value - before) / count
            variance = variances[column]
            variances[column] = variance + ((value - before) * (value - mean) - variance) / count

    def transform_one(self, vector: Sequence[float]) -> list[float]:
        """Return the vector in deviations from the mean, 0 where nothing varies yet."""
        return [
            (value - mean) / variance**0.5 if variance else 0.0
            for value, mean, variance in zip(vector, self.means, self.variances, strict=True)
        ]


class Weights:
    """Weights and intercept of one outcome, moved down the slope of the log loss: rate / (n + 1) ** decay a step."""

    __slots__ = ("_decay", "_rate", "intercept", "steps", "weights")

    def __init__(self, width: int, rate: float, decay: float) -> None:
        self._rate = rate
        self._decay = decay
        self.weights = [0.0] * width
        self.intercept = 0.0
        self.steps = 0

    def learn_one(self, scaled: Sequence[float], is_so: bool) -> None:
        """Take one step for an example that was scaled."""
        size = self._rate / (self.steps + 1) ** self._decay
        slope = self._slope(self._odds(scaled), is_so)
        self.intercept -= size * slope
        self.weights = [weight - size * (slope * value) for weight, value in zip(self.weights, scaled, strict=True)]
        self.steps += 1

    def chance(self, scaled: Sequence[float]) -> float:
        """Return the probability."""
        odds = self._odds(scaled)
        if not -30.0 <= odds <= 30.0:
            return 0.0 if odds < 0.0 else 1.0
        return 1.0 / (1.0 + math.exp(-odds))

    def _odds(self, scaled: Sequence[float]) -> float:
        total = 0.0
        for weight, value in zip(self.weights, scaled, strict=True):
            total += weight * value
        return total + self.intercept

    @staticmethod
    def _slope(odds: float, is_so: bool) -> float:
        sign = 1.0 if is_so else -1.0
        told = odds * sign
        if told > 18.0:
            return math.exp(-told) * -sign
        if told < -18.0:
            return -sign
        return -sign / (math.exp(told) + 1.0)
