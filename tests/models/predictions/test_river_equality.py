"""The learner in the stream answers as `river.evaluate` does with the same delay, prediction by prediction."""

import pytest
from river import evaluate, linear_model, metrics, optim, preprocessing, tree

from livesegments.models.predictions.example import rounded
from livesegments.models.predictions.learner import Learner, LearnerOptions
from models.predictions.prediction_shop import HORIZON_MS, NAMES, Shop, question


def streamed(observations, kind):
    """Return the learner's answers: its newest state, asked at every observation."""
    learner = Learner(question(kind), NAMES, LearnerOptions(label_bytes_max=10**6))
    answers = []
    for observation in observations:
        learner.advance(observation.at_ms)
        learner.observe(observation)
        vector = rounded(kind, observation.vector)
        answers.append(learner.predictor.predict_one(vector)[1])
        learner.ask(observation.user, observation.at_ms, vector)
    return answers


def offline(observations, kind, model):
    """Return River's predictions for the same questions, labels recomputed from all observations."""
    rows, times = [], {}
    for place, asked in enumerate(observations):
        row = dict(enumerate(rounded(kind, asked.vector)))
        times[id(row)] = asked.at_ms
        again = any(
            later.user == asked.user and later.happened and later.at_ms < asked.at_ms + HORIZON_MS
            for later in observations[place + 1 :]
        )
        rows.append((row, again))
    steps = evaluate.iter_progressive_val_score(
        rows, model, metrics.LogLoss(), moment=lambda row: times[id(row)], delay=HORIZON_MS, yield_predictions=True
    )
    return [step["Prediction"] for step in steps]


def logistic_regression():
    steps = optim.schedulers.InverseScaling(0.05, 0.3)
    return preprocessing.StandardScaler() | linear_model.LogisticRegression(optim.SGD(steps), intercept_lr=steps)


def decision_tree():
    return tree.HoeffdingTreeClassifier(
        grace_period=200, max_depth=8, leaf_prediction="mc", split_criterion="gini", delta=1e-3, tau=0.05
    )


@pytest.mark.parametrize(
    ("kind", "model"), [("logistic_regression", logistic_regression()), ("decision_tree", decision_tree())]
)
def test_every_prediction_is_the_same(kind, model):
    observations = Shop(days=90).observations()
    answers, predictions = streamed(observations, kind), offline(observations, kind, model)
    assert len(answers) == len(predictions) > 800
    assert len(set(answers)) > 20
    for answer, shares in zip(answers, predictions, strict=True):
        known = sum(shares.values()) > 0 if shares else False  # River's tree says {} before the first label
        assert answer == (shares.get(True, shares.get(1, 0.0)) if known else 0.5)
