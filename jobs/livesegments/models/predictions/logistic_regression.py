"""Logistic regression, learned online as River does; answers from folded weights."""

import math
from operator import mul

from livesegments.models.predictions.logistic_steps import Scaler, Weights
from livesegments.models.predictions.predictor import Plain, Vector

__all__ = ["LogisticRegression", "LogisticRegressionScorer"]


class LogisticRegression:
    """River's `StandardScaler | LogisticRegression`, number for number; one against the rest for many outcomes.

    Trained by stochastic gradient descent (Robbins & Monro 1951) with steps of rate / (n + 1) ** decay, for weights
    and intercept alike.
    """

    def __init__(self, width: int, outcomes: int = 2, rate: float = 0.05, decay: float = 0.3) -> None:
        self._outcomes = outcomes
        self._scaler = Scaler(width)
        self._models = [Weights(width, rate, decay) for _ in _told_apart(outcomes)]

    def learn_one(self, vector: Vector, target: float) -> None:
        """Update means and variances, then take one gradient step per outcome told apart."""
        self._scaler.learn_one(vector)
        scaled = self._scaler.transform_one(vector)
        for outcome, model in zip(_told_apart(self._outcomes), self._models, strict=True):
            model.learn_one(scaled, int(target) == outcome)

    def predict_one(self, vector: Vector) -> list[float]:
        """Return one probability per outcome; one half each before anything is learned."""
        scaled = self._scaler.transform_one(vector)
        return _shares([model.chance(scaled) for model in self._models])

    def parameters(self) -> Plain:
        """Return means, deviations, weights and intercepts as plain numbers."""
        if not self._scaler.count:
            return {}
        return {
            "means": list(self._scaler.means),
            "deviations": list(map(math.sqrt, self._scaler.variances)),
            "weights": [list(model.weights) for model in self._models],
            "intercepts": [model.intercept for model in self._models],
        }

    def snapshot(self) -> Plain:
        """Return the scaler's counts, means and variances, and each model's weights, intercept and step number."""
        scaler = self._scaler
        columns = zip(scaler.means, scaler.variances, strict=True) if scaler.count else ()
        return {
            "scaler": [[column, scaler.count, mean, variance] for column, (mean, variance) in enumerate(columns)],
            "models": [
                [[[column, weight] for column, weight in enumerate(model.weights)], model.intercept, model.steps]
                for model in self._models
            ],
        }

    def restore(self, snapshot: Plain) -> None:
        """Take over a snapshot, exactly: what is learned next is bitwise the same."""
        for column, count, mean, variance in snapshot["scaler"]:
            self._scaler.count = count
            self._scaler.means[column] = mean
            self._scaler.variances[column] = variance
        for model, (weights, intercept, steps) in zip(self._models, snapshot["models"], strict=True):
            for column, weight in weights:
                model.weights[column] = weight
            model.intercept = intercept
            model.steps = steps


class LogisticRegressionScorer:
    """The learned weights with the scaling folded in: one dot product per outcome told apart."""

    __slots__ = ("_intercepts", "_means", "_weights")

    def __init__(self, parameters: Plain) -> None:
        self._means = parameters["means"]
        self._weights = [
            [weight / deviation if deviation else 0.0 for weight, deviation in
             zip(weights, parameters["deviations"], strict=True)] for weights in parameters["weights"]
        ]  # fmt: skip
        self._intercepts = [
            intercept - sum(map(mul, weights, self._means))
            for intercept, weights in zip(parameters["intercepts"], self._weights, strict=True)
        ]

    def scores(self, vector: Vector) -> list[float]:
        """Return one probability per outcome."""
        return _shares([
            _logistic(intercept + sum(map(mul, weights, vector)))
            for intercept, weights in zip(self._intercepts, self._weights, strict=True)
        ])  # fmt: skip

    def contributions(self, vector: Vector, outcome: int) -> list[float]:
        """Return each column's part of the log-odds, measured from the column's mean."""
        place = 0 if len(self._weights) == 1 else outcome
        sign = -1.0 if len(self._weights) == 1 and outcome == 0 else 1.0
        columns = zip(self._weights[place], vector, self._means, strict=True)
        return [sign * weight * (value - mean) for weight, value, mean in columns]


def _told_apart(outcomes: int) -> range:
    return range(1, 2) if outcomes == 2 else range(outcomes)


def _shares(chances: list[float]) -> list[float]:
    if len(chances) == 1:
        return [1.0 - chances[0], chances[0]]
    total = sum(chances)
    return [chance / total if total else 1.0 / len(chances) for chance in chances]


def _logistic(odds: float) -> float:
    if odds >= 0.0:
        return 1.0 / (1.0 + math.exp(-min(odds, 700.0)))
    grown = math.exp(max(odds, -700.0))
    return grown / (1.0 + grown)
