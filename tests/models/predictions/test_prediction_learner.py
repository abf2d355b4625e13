"""The learner publishes on time, restarts without loss, keeps its limits, and is the same in every process."""

import doctest
import hashlib
import importlib
import os
import pkgutil
import subprocess
import sys

import msgspec
import pytest

from livesegments.core.times import DAY_MS
from livesegments.models import predictions
from livesegments.models.predictions.inputs import Observation
from livesegments.models.predictions.learner import Learner, LearnerOptions
from livesegments.models.predictions.model import PredictionModel
from livesegments.models.predictions.question import MODELS
from models.predictions.prediction_shop import HORIZON_MS, START_MS, Shop, names_for, question

ALL = [(kind, "will") for kind in MODELS] + [(kind, "class") for kind in MODELS[:-1]] + [("bg_nbd", "value")]


def new(kind="logistic_regression", asks="will", **options):
    return Learner(question(kind, asks), names_for(kind), LearnerOptions(**{"labels_min": 50, **options}))


def follow(learner, observations):
    published = []
    for observation in observations:
        published += learner.advance(observation.at_ms)
        learner.observe(observation)
    return published


@pytest.mark.parametrize(("kind", "asks"), ALL)
def test_versions_and_records_come_at_multiples_of_the_interval(kind, asks):
    published = follow(new(kind, asks), Shop().observations())
    versions = [item for item in published if isinstance(item, PredictionModel)]
    records = [item for item in published if not isinstance(item, PredictionModel)]
    assert [model.version for model in versions] == list(range(1, len(versions) + 1))
    assert len(versions) > 30
    assert all(model.effective_at % DAY_MS == 0 for model in versions)
    assert sorted(model.effective_at for model in versions) == [model.effective_at for model in versions]
    assert records[-1].labels > 200
    assert all(value is None or value == value for value in records[-1].measures.values())
    assert len(versions[-1].encode()) < 64 * 1024
    reasons = versions[-1].reasons([1.0] * len(versions[-1].feature_names))
    assert [reason.feature in versions[-1].feature_names for reason in reasons] == [True] * 3


@pytest.mark.parametrize(("kind", "asks"), ALL)
def test_a_restart_in_the_middle_of_a_horizon_changes_nothing(kind, asks):
    observations = Shop().observations()
    cut = next(place for place, seen in enumerate(observations) if seen.at_ms >= START_MS + 31.3 * DAY_MS)
    straight, first, second = new(kind, asks), new(kind, asks), new(kind, asks)
    expected = follow(straight, observations)
    before = follow(first, observations[:cut])
    waiting = len(first.labels)
    second.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(first.snapshot())))
    assert waiting > 50
    assert len(second.labels) == waiting
    assert second.snapshot() == first.snapshot()
    assert before + follow(second, observations[cut:]) == expected
    assert second.snapshot() == straight.snapshot()


@pytest.mark.parametrize("kind", MODELS)
def test_what_is_kept_of_a_user_stays_below_1_kib(kind):
    learner = new(kind)
    busy = [
        Observation(user="ann", at_ms=START_MS + 600_000 * number, vector=(1.5, 2.5, 3.5), marks=(1.5, 2.5),
                    happened=number % 3 == 0, amount=9.99)
        for number in range(2000)
    ]  # fmt: skip
    follow(learner, busy)
    snapshot = learner.snapshot()
    assert len(msgspec.msgpack.encode(snapshot["labels"]["waiting"]["ann"])) < 1024
    assert len(msgspec.msgpack.encode(snapshot["users"].get("ann"))) < 1024
    assert learner.labels.refused > 0


def test_a_user_is_asked_about_at_events_that_matter_and_else_now_and_then():
    learner, spacing_ms = new(asks_per_horizon=7), HORIZON_MS // 7
    times = [(0, False), (1, False), (2, True), (3, False), (spacing_ms + 1, False), (spacing_ms + 2, False)]
    asked = []
    for at_ms, happened in times:
        before = len(learner.labels)
        learner.observe(Observation(user="ann", at_ms=at_ms, vector=(1.0, 1.0, 1.0), happened=happened))
        asked.append(len(learner.labels) > before)
    assert asked == [True, False, True, False, False, True]


def test_a_class_is_the_one_in_force_when_the_label_matures():
    learner = new(asks="class")
    learner.observe(Observation(user="ann", at_ms=START_MS, vector=(1.0, 1.0, 1.0), class_number=0))
    learner.report_class("ann", START_MS + 1, None)
    learner.report_class("ann", START_MS + HORIZON_MS - 1, 1)
    learner.report_class("ann", START_MS + HORIZON_MS, 0)
    assert [label.outcome for label in learner.labels.mature(START_MS + HORIZON_MS)] == [1.0]


def test_a_question_whose_label_would_be_of_the_past_is_not_asked():
    learner = new()
    learner.advance(START_MS + HORIZON_MS)
    learner.observe(Observation(user="ann", at_ms=START_MS, vector=(1.0, 1.0, 1.0)))
    assert len(learner.labels) == 0
    learner.observe(Observation(user="ann", at_ms=START_MS + 1, vector=(1.0, 1.0, 1.0)))
    assert len(learner.labels) == 1


def test_users_beyond_the_limit_replace_the_idle_or_are_ignored_and_counted():
    recurrent, lifetime = new("gru", users_max=10), new("bg_nbd", users_max=10)
    observations = Shop().observations()[:300]
    for learner in (recurrent, lifetime):
        follow(learner, observations)
        assert len(learner.snapshot()["users"]) == 10
    newest = list(dict.fromkeys(seen.user for seen in reversed(observations)))[:10]
    assert sorted(recurrent.snapshot()["users"]) == sorted(newest)
    assert (recurrent.ignored, lifetime.ignored > 0) == (0, True)


def test_an_erased_user_is_nowhere_in_the_state():
    for kind in MODELS:
        learner = new(kind)
        follow(learner, Shop().observations()[:300])
        assert b"user-7" in msgspec.msgpack.encode(learner.snapshot())
        learner.forget("user-7")
        learner.forget("nobody")
        assert b"user-7" not in msgspec.msgpack.encode(learner.snapshot())


def test_a_long_silence_is_skipped_quickly():
    learner = new()
    follow(learner, Shop(days=20).observations())
    published = learner.advance(START_MS + 3_000_000 * DAY_MS)
    assert 2 < len(published) < 30
    learner.observe(Observation(user="ann", at_ms=START_MS + 3_000_000 * DAY_MS, vector=(1.0, 1.0, 1.0)))
    assert learner.advance(START_MS + 3_000_020 * DAY_MS)[-1].effective_at > START_MS + 3_000_000 * DAY_MS


def digest():
    """Return a fingerprint of all that every kind of learner publishes and keeps."""
    digest = hashlib.sha256()
    for kind, asks in ALL:
        learner = new(kind, asks, seed=5)
        for item in follow(learner, Shop(days=18).observations()):
            digest.update(msgspec.json.encode(item))
        digest.update(msgspec.msgpack.encode(learner.snapshot()))
    return digest.hexdigest()


def test_the_same_seed_gives_the_same_bytes_in_every_process():
    code = "from models.predictions.test_prediction_learner import digest; print(digest())"
    assert output(code, hash_seed="4242") == digest()


def test_answering_needs_neither_river_nor_scipy_nor_pandas():
    parameters = {
        "asks": "value",
        "horizon_days": 30.0,
        "bg_nbd": [0.5, 5.0, 0.8, 2.5],
        "gamma_gamma": [6.0, 4.0, 15.0],
    }
    code = f"""
import sys
import livesegments.models.deciding, livesegments.models.answering
from livesegments.models.predictions.model import PredictionModel
made = dict(name="worth", version=1, effective_at=0, asks="value", kind="bg_nbd", feature_names=())
model = PredictionModel(**made, parameters={{**{parameters!r}, "means": [1.0, 2.0, 3.0, 4.0]}})
assert model.predict([1.0, 2.0, 30.0, 20.0]) > 0
print({{"river", "scipy", "pandas"}} & set(sys.modules))
"""
    assert output(code, hash_seed="0") == "set()"


def output(code, hash_seed):
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return run.stdout.strip()


def test_examples_in_the_documentation_are_true():
    tried = 0
    for module in pkgutil.iter_modules(predictions.__path__, f"{predictions.__name__}."):
        result = doctest.testmod(importlib.import_module(module.name))
        assert result.failed == 0
        tried += result.attempted
    assert tried >= 6
