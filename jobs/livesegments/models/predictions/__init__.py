"""Predictions: who will do something, what they are worth, which class they will be in; learned in the stream."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from livesegments.models.predictions.inputs import Observation, UserInput, column_names, user_input
from livesegments.models.predictions.kinds import predictor, scorer
from livesegments.models.predictions.model import PredictionModel, Reason
from livesegments.models.predictions.predictor import Plain, Predictor, Scorer, Vector
from livesegments.models.predictions.question import MODELS, Asks, Model, Question
from livesegments.models.predictions.vectors import Columns

if TYPE_CHECKING:
    from livesegments.models.predictions.base_rate import BaseRate
    from livesegments.models.predictions.bg_nbd import BgNbd, chance_alive, expected_purchases, fit_bg_nbd
    from livesegments.models.predictions.decision_tree import DecisionTree, DecisionTreeScorer
    from livesegments.models.predictions.gamma_gamma import GammaGamma, expected_spend, fit_gamma_gamma
    from livesegments.models.predictions.labels import Label, Labels
    from livesegments.models.predictions.learner import Learner, LearnerOptions, Published
    from livesegments.models.predictions.lifetime import Lifetime, LifetimeScorer
    from livesegments.models.predictions.logistic_regression import LogisticRegression, LogisticRegressionScorer
    from livesegments.models.predictions.quality import PredictionQuality, Quality, Scored, VersionQuality
    from livesegments.models.predictions.recurrent import Recurrent
    from livesegments.models.predictions.recurrent_scorer import RecurrentScorer

__all__ = [
    "MODELS",
    "Asks",
    "BaseRate",
    "BgNbd",
    "Columns",
    "DecisionTree",
    "DecisionTreeScorer",
    "GammaGamma",
    "Label",
    "Labels",
    "Learner",
    "LearnerOptions",
    "Lifetime",
    "LifetimeScorer",
    "LogisticRegression",
    "LogisticRegressionScorer",
    "Model",
    "Observation",
    "Plain",
    "PredictionModel",
    "PredictionQuality",
    "Predictor",
    "Published",
    "Quality",
    "Question",
    "Reason",
    "Recurrent",
    "RecurrentScorer",
    "Scored",
    "Scorer",
    "UserInput",
    "Vector",
    "VersionQuality",
    "chance_alive",
    "column_names",
    "expected_purchases",
    "expected_spend",
    "fit_bg_nbd",
    "fit_gamma_gamma",
    "predictor",
    "scorer",
    "user_input",
]

_LEARNING = {
    "base_rate": ("BaseRate",),
    "bg_nbd": ("BgNbd", "chance_alive", "expected_purchases", "fit_bg_nbd"),
    "decision_tree": ("DecisionTree", "DecisionTreeScorer"),
    "gamma_gamma": ("GammaGamma", "expected_spend", "fit_gamma_gamma"),
    "labels": ("Label", "Labels"),
    "learner": ("Learner", "LearnerOptions", "Published"),
    "lifetime": ("Lifetime", "LifetimeScorer"),
    "logistic_regression": ("LogisticRegression", "LogisticRegressionScorer"),
    "quality": ("PredictionQuality", "Quality", "Scored", "VersionQuality"),
    "recurrent": ("Recurrent",),
    "recurrent_scorer": ("RecurrentScorer",),
}


def __getattr__(name: str) -> Any:
    # As in livesegments.models.clusters: who only answers must not wait for what only learners need.
    for module, names in _LEARNING.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
