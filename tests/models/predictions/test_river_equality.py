"""The learner in the stream answers as `river.evaluate` does with the same delay, prediction by prediction."""

import pytest
from river import evaluate, linear_model, metrics, optim, preprocessing, tree

from livesegments.models.predictions.decision_tree import TREES, DecisionTree, DecisionTreeScorer, columns_of, draws
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


def hoeffding_tree():
    return tree.HoeffdingTreeClassifier(
        grace_period=50, max_depth=8, leaf_prediction="mc", split_criterion="gini", delta=0.05, tau=0.05
    )


@pytest.mark.parametrize(("kind", "model"), [("logistic_regression", logistic_regression())])
def test_every_prediction_is_the_same(kind, model):
    observations = Shop(days=90).observations()
    answers, predictions = streamed(observations, kind), offline(observations, kind, model)
    assert len(answers) == len(predictions) > 800
    assert len(set(answers)) > 20
    for answer, shares in zip(answers, predictions, strict=True):
        known = sum(shares.values()) > 0 if shares else False  # River's tree says {} before the first label
        assert answer == (shares.get(True, shares.get(1, 0.0)) if known else 0.5)


def test_each_tree_is_that_of_river_taught_its_own_draw():
    observations = Shop(days=90).observations()
    width = len(observations[0].vector)
    model, others = DecisionTree(width, seed=3), [hoeffding_tree() for _ in range(TREES)]
    for observation, weights in zip(observations, draws(3, TREES), strict=False):
        row, outcome = rounded("decision_tree", observation.vector), int(observation.amount > 40.0)
        model.learn_one(row, outcome)
        for other, columns, weight in zip(others, columns_of(3, TREES, width), weights, strict=True):
            if weight:
                other.learn_one({column: row[column] for column in columns}, outcome, w=weight)
    plain = DecisionTreeScorer({**model.parameters(), "smoothing": 0.0})
    answers = [plain.scores(rounded("decision_tree", observation.vector))[1] for observation in observations]
    for answer, observation in zip(answers, observations, strict=True):
        row = dict(enumerate(rounded("decision_tree", observation.vector)))
        shares = [other.predict_proba_one(row) for other in others]
        assert answer == pytest.approx(sum(one.get(1, 0.0) / sum(one.values()) for one in shares) / TREES, abs=1e-3)
    assert len(set(answers)) > 20
