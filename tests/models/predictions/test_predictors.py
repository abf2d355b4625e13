"""Every kind of predictor keeps the same promises."""

import random

import msgspec
import pytest

from livesegments.models.predictions.inputs import column_names
from livesegments.models.predictions.kinds import predictor, scorer
from livesegments.models.predictions.question import MODELS
from livesegments.models.predictions.vectors import Columns
from models.predictions.prediction_shop import Shop, names_for, question, vector_after

BINARY = [(kind, "will") for kind in MODELS]
MANY = [(kind, "class") for kind in MODELS if kind != "bg_nbd"]


def examples(kind, asks, count=600):
    """Return vectors as this kind reads them, with made-up outcomes that depend on them."""
    chance, users, rows = random.Random(4), {}, []
    for observation in Shop(days=80).observations()[:count]:
        if vector := vector_after(users, kind, observation):
            outcomes = 3 if asks == "class" else 2
            yes = chance.random() < 0.2 + 0.1 * min(len(users), 6)
            rows.append((vector, float(chance.randrange(outcomes) if yes else 0)))
    return rows


def new(kind, asks):
    return predictor(question(kind, asks), len(column_names(kind, names_for(kind))), seed=1)


def learn(model, rows):
    for vector, target in rows:
        model.learn_one(vector, target)
    if hasattr(model, "fit"):
        assert model.fit([vector for vector, _ in rows])


def test_all_kinds_are_checked():
    assert len(BINARY) == 5
    assert len(MANY) == 4


@pytest.mark.parametrize(("kind", "asks"), BINARY + MANY)
def test_answers_are_chances_and_asking_changes_nothing(kind, asks):
    rows = examples(kind, asks)
    model = new(kind, asks)
    learn(model, rows)
    before = msgspec.msgpack.encode(model.snapshot())
    for vector, _ in rows[:50]:
        asked = list(vector)
        scores = model.predict_one(vector)
        assert len(scores) == (3 if asks == "class" else 2)
        assert sum(scores) == pytest.approx(1.0)
        assert min(scores) >= 0.0
        assert vector == asked
    assert msgspec.msgpack.encode(model.snapshot()) == before


@pytest.mark.parametrize(("kind", "asks"), BINARY + MANY)
def test_a_restored_predictor_goes_on_exactly(kind, asks):
    rows = examples(kind, asks)
    half = len(rows) // 2 + 5  # in the middle of a batch
    straight, first, second = new(kind, asks), new(kind, asks), new(kind, asks)
    learn(first, rows[:half])
    second.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(first.snapshot())))
    learn(straight, rows[:half])
    learn(straight, rows[half:])
    learn(second, rows[half:])
    assert second.snapshot() == straight.snapshot()
    assert second.predict_one(rows[0][0]) == straight.predict_one(rows[0][0])


@pytest.mark.parametrize(("kind", "asks"), BINARY + MANY)
def test_the_scorer_made_from_json_answers_like_the_predictor(kind, asks):
    rows = examples(kind, asks)
    model = new(kind, asks)
    learn(model, rows)
    text = msgspec.json.encode(model.parameters())
    answers = scorer(kind, msgspec.json.decode(text))
    tolerance = 1e-5 if kind in ("gru", "lstm") else 1e-12 if kind != "bg_nbd" else 1e-8
    for vector, _ in rows[:100]:
        assert answers.scores(vector) == pytest.approx(model.predict_one(vector), abs=tolerance)
        assert len(answers.contributions(vector, 1)) == len(column_names(kind, names_for(kind)))
    assert len(text) < 64 * 1024


@pytest.mark.parametrize("kind", MODELS)
def test_nothing_is_published_before_anything_is_learned(kind):
    assert new(kind, "will").parameters() == {}


@pytest.mark.thorough
def test_a_large_tree_and_a_large_network_stay_below_64_kib():
    chance = random.Random(1)
    for kind, width in (("decision_tree", 40), ("lstm", 3 + 8)):
        model = predictor(question(kind), width, seed=1)
        for _ in range(6000):
            vector = [chance.gauss(0, 1) for _ in range(width)]
            corner = sum(value > 0 for value in vector[:6]) % 2
            model.learn_one(vector, float(corner if chance.random() < 0.9 else 1 - corner))
        assert len(msgspec.json.encode(model.parameters())) < 64 * 1024


def test_contributions_name_what_matters():
    chance = random.Random(2)
    for kind in ("logistic_regression", "decision_tree", "gru", "lstm"):
        model = predictor(question(kind), 5, seed=1)
        for _ in range(3000):
            vector = [chance.gauss(3, 1) for _ in range(5)]
            model.learn_one(vector, float(vector[3] > 3))
        parts = scorer(kind, model.parameters()).contributions([3.0, 3.0, 3.0, 5.0, 3.0], 1)
        assert max(range(5), key=lambda column: abs(parts[column])) == 3, kind
        assert parts[3] > 0, kind


def test_columns_mark_what_is_absent_and_let_no_nan_through():
    columns = Columns(["orders", "rate"], nullable={"rate"})
    assert columns.encode([3, float("nan")]) == [pytest.approx(1.386294), 0.0, 1.0]
    assert columns.encode([True, "text"]) == [pytest.approx(0.693147), 0.0, 1.0]
    assert columns.encode([-3, 0.0]) == [pytest.approx(-1.386294), 0.0, 0.0]
