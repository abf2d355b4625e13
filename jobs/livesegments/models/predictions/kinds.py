"""Which class learns and which answers for each kind of model."""

from livesegments.models.predictions.decision_tree import DecisionTree, DecisionTreeScorer
from livesegments.models.predictions.lifetime import Lifetime, LifetimeScorer
from livesegments.models.predictions.logistic_regression import LogisticRegression, LogisticRegressionScorer
from livesegments.models.predictions.predictor import Plain, Predictor, Scorer
from livesegments.models.predictions.question import Model, Question
from livesegments.models.predictions.recurrent import Recurrent
from livesegments.models.predictions.recurrent_scorer import RecurrentScorer

__all__ = ["predictor", "scorer"]


def predictor(question: Question, width: int, seed: int = 0) -> Predictor:
    """Return a new predictor for the question, reading vectors (or steps) of `width` columns."""
    match question.model:
        case "logistic_regression":
            return LogisticRegression(width, question.outcomes)
        case "decision_tree":
            return DecisionTree(width, question.outcomes, seed)
        case "gru" | "lstm":
            return Recurrent(question.model, width, question.outcomes, seed)
        case "bg_nbd":
            return Lifetime("value" if question.asks == "value" else "will", question.horizon_ms)


def scorer(kind: Model, parameters: Plain) -> Scorer:
    """Return what answers from these parameters."""
    match kind:
        case "logistic_regression":
            return LogisticRegressionScorer(parameters)
        case "decision_tree":
            return DecisionTreeScorer(parameters)
        case "gru" | "lstm":
            return RecurrentScorer(parameters)
        case "bg_nbd":
            return LifetimeScorer(parameters)
