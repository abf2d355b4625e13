"""What a recurrent model was taught months ago it is taught again, within bounds."""

import random

import msgspec

from livesegments.models.predictions.recurrent import Recurrent


def test_what_nobody_did_for_weeks_is_not_forgotten():
    chance, model = random.Random(2), Recurrent("gru", 2, 2, seed=2)
    for _ in range(1000):  # of the first kind a sign says no, of the second yes
        kind, sign = chance.choice((0.0, 1.0)), chance.choice((-1.0, 1.0))
        model.learn_one([kind, sign], float((sign > 0) == (kind > 0)))
    for _ in range(3000):  # then only the first kind comes, and nothing comes of it
        model.learn_one([0.0, chance.choice((-1.0, 1.0))], 0.0)
    assert model.predict_one([1.0, 1.0])[1] > 0.9
    assert model.predict_one([1.0, -1.0])[1] < 0.1  # .24 where only the newest 512 are taught again


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
