"""Predictions: who will do something, what they are worth, which class they will be in; learned in the stream."""

from livesegments.models.predictions.base_rate import BaseRate
from livesegments.models.predictions.bg_nbd import BgNbd, chance_alive, expected_purchases, fit_bg_nbd
from livesegments.models.predictions.decision_tree import DecisionTree, DecisionTreeScorer
from livesegments.models.predictions.gamma_gamma import GammaGamma, expected_spend, fit_gamma_gamma
from livesegments.models.predictions.inputs import Observation, UserInput, column_names, user_input
from livesegments.models.predictions.kinds import predictor, scorer
from livesegments.models.predictions.labels import Label, Labels
from livesegments.models.predictions.learner import Learner, LearnerOptions, Published
from livesegments.models.predictions.lifetime import Lifetime, LifetimeScorer
from livesegments.models.predictions.logistic_regression import LogisticRegression, LogisticRegressionScorer
from livesegments.models.predictions.model import PredictionModel, Reason
from livesegments.models.predictions.predictor import Plain, Predictor, Scorer, Vector
from livesegments.models.predictions.quality import PredictionQuality, Quality, Scored, VersionQuality
from livesegments.models.predictions.question import MODELS, Asks, Model, Question
from livesegments.models.predictions.recurrent import Recurrent
from livesegments.models.predictions.recurrent_scorer import RecurrentScorer
from livesegments.models.predictions.vectors import Columns

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
