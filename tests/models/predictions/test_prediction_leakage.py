"""Nothing later than a question reaches its features, and nothing before its horizon reaches its label."""

import dataclasses
from itertools import takewhile

import msgspec
import pytest

from livesegments.core.times import DAY_MS
from livesegments.models.predictions.example import unpack
from livesegments.models.predictions.learner import Learner, LearnerOptions
from livesegments.models.predictions.question import MODELS, TABULAR
from models.predictions.prediction_shop import HORIZON_MS, START_MS, Shop, names_for, question, vector_after

CUT_MS = START_MS + 40 * DAY_MS


def run(kind, observations):
    learner = Learner(question(kind), names_for(kind), LearnerOptions(labels_min=50))
    log = []
    for observation in observations:
        log += [
            (item.effective_at, item.encode()) for item in learner.advance(observation.at_ms) if hasattr(item, "kind")
        ]
        learner.observe(observation)
        learner.ask(observation.user, observation.at_ms, list(observation.vector) if kind in TABULAR else None)
        log.append((observation.at_ms, learner.labels.snapshot()["waiting"].get(observation.user, [[]])[-1][-1:]))
    return log


@pytest.mark.thorough
@pytest.mark.parametrize("kind", MODELS)
def test_questions_and_versions_up_to_a_moment_do_not_depend_on_what_follows(kind):
    truth = Shop().observations()
    other = dataclasses.replace(Shop(), seed=99, users=60).observations()
    changed = [*takewhile(lambda seen: seen.at_ms < CUT_MS, truth), *(seen for seen in other if seen.at_ms >= CUT_MS)]
    logs = [run(kind, stream) for stream in (truth, changed)]
    before = [[entry for entry in log if entry[0] < CUT_MS] for log in logs]
    assert len(before[0]) > 300
    assert before[0] == before[1]
    assert logs[0] != logs[1]


@pytest.mark.parametrize("kind", MODELS)
def test_a_label_returns_with_the_features_of_its_own_moment(kind):
    learner = Learner(question(kind), names_for(kind), LearnerOptions())
    users, known = {}, {}
    for observation in Shop().observations():
        for label in learner.labels.mature(observation.at_ms):
            assert observation.at_ms >= label.asked_ms + HORIZON_MS
            assert unpack(kind, label.payload).vector == known[label.user, label.asked_ms]
        learner.observe(observation)
        learner.ask(observation.user, observation.at_ms, list(observation.vector) if kind in TABULAR else None)
        if vector := vector_after(users, kind, observation, observation.at_ms):
            stored = msgspec.msgpack.decode(msgspec.msgpack.encode(vector))
            known[observation.user, observation.at_ms] = pytest.approx(stored, rel=1e-3, abs=1e-3)
