"""What a recurrent model was taught months ago it is taught again, within bounds; answers fit the newest examples."""

import random

import msgspec
import pytest

from livesegments.models.predictions.recurrent import Recurrent
from livesegments.models.predictions.recurrent_scorer import RecurrentScorer


def test_what_nobody_did_for_weeks_is_not_forgotten():
    chance, model = random.Random(2), Recurrent("gru", 2, 2, seed=2)
    for _ in range(1000):  # of the first kind a sign says no, of the second yes
        kind, sign = chance.choice((0.0, 1.0)), chance.choice((-1.0, 1.0))
        model.learn_one([kind, sign], float((sign > 0) == (kind > 0)))
    for _ in range(3000):  # then only the first kind comes, and nothing comes of it
        model.learn_one([0.0, chance.choice((-1.0, 1.0))], 0.0)
    assert model.predict_one([1.0, 1.0])[1] > 0.9
    assert model.predict_one([1.0, -1.0])[1] < 0.1


def test_examples_are_bounded_and_a_state_of_before_with_fewer_goes_on():
    chance, model = random.Random(3), Recurrent("gru", 1, 2, seed=1)
    for number in range(4400):
        model.learn_one([chance.gauss(0, 1)], float(number % 2))
    state = msgspec.msgpack.decode(msgspec.msgpack.encode(model.snapshot()))
    assert len(state["examples"]) == 4096 + 4400 % 32
    state["examples"] = state["examples"][-512:]
    before = Recurrent("gru", 1, 2, seed=1)
    before.restore(state)
    for _ in range(64):
        before.learn_one([0.5], 1.0)
    assert len(before.snapshot()["examples"]) == 512 + 64


@pytest.mark.parametrize("outcomes", [2, 3])
def test_the_mean_answer_about_the_newest_examples_is_what_came_of_them(outcomes):
    chance, model = random.Random(4), Recurrent("gru", 1, outcomes, seed=1)
    rows = [([chance.gauss(0, 1)], float(chance.random() < 0.2)) for _ in range(2000)]
    rows += [([chance.gauss(0, 1)], float(chance.random() < 0.5)) for _ in range(512)]  # all at once more often
    for vector, outcome in rows:
        model.learn_one(vector, outcome)
    scorer = RecurrentScorer(model.parameters())
    answers = [scorer.scores(vector) for vector, _ in rows[-512:]]
    means = [sum(column) / 512 for column in zip(*answers, strict=True)]
    for outcome, mean in enumerate(means):
        share = sum(happened == outcome for _, happened in rows[-512:]) / 512
        assert mean == pytest.approx(share, abs=0.003 if outcomes == 2 else 0.01)
        assert mean > 0.0


def test_learning_is_the_same_however_often_somebody_asks():
    chance, asked, silent = random.Random(5), Recurrent("gru", 1, 2, seed=1), Recurrent("gru", 1, 2, seed=1)
    for _ in range(200):
        vector, outcome = [chance.gauss(0, 1)], float(chance.random() < 0.3)
        asked.learn_one(vector, outcome)
        silent.learn_one(vector, outcome)
        asked.parameters()
    assert asked.snapshot() == silent.snapshot()
