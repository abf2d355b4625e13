"""The learner publishes on time, restarts without loss, keeps its limits, and is the same in every process."""

import doctest
import hashlib
import importlib
import itertools
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
from livesegments.models.predictions.question import MODELS, TABULAR
from models.predictions.prediction_shop import HORIZON_MS, START_MS, Shop, names_for, question

ALL = [(kind, "will") for kind in MODELS] + [(kind, "class") for kind in MODELS[:-1]] + [("bg_nbd", "value")]


def new(kind="logistic_regression", asks="will", **options):
    return Learner(question(kind, asks), names_for(kind), LearnerOptions(**{"labels_min": 50, **options}))


def follow(learner, observations):
    """Learn from observations, and ask about each user when they do something."""
    published = []
    for observation in observations:
        published += learner.advance(observation.at_ms)
        learner.observe(observation)
        vector = list(observation.vector) if learner.question.model in TABULAR else None
        learner.ask(observation.user, observation.at_ms, vector)
    return published


@pytest.mark.thorough
@pytest.mark.parametrize(("kind", "asks"), ALL)
def test_versions_and_records_come_at_multiples_of_the_interval(kind, asks):
    published = follow(new(kind, asks), Shop().observations())
    versions = [item for item in published if isinstance(item, PredictionModel)]
    records = [item for item in published if not isinstance(item, PredictionModel)]
    assert [model.version for model in versions] == list(range(1, len(versions) + 1))
    assert len(versions) > (5 if kind == "bg_nbd" else 30)
    assert all(model.effective_at % DAY_MS == 0 for model in versions)
    assert sorted(model.effective_at for model in versions) == [model.effective_at for model in versions]
    assert records[-1].labels > 200
    assert all(value is None or value == value for value in records[-1].measures.values())
    assert len(versions[-1].encode()) < 64 * 1024
    reasons = versions[-1].reasons([1.0] * len(versions[-1].feature_names))
    assert [reason.feature in versions[-1].feature_names for reason in reasons] == [True] * 3


@pytest.mark.thorough
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
    learner = new(kind, label_bytes_max=960)
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


def test_purchase_models_are_fitted_anew_when_there_are_a_twentieth_more_purchases():
    learner, bought = new("bg_nbd"), 0
    fitted = []
    for observation in Shop().observations():
        published = learner.advance(observation.at_ms)
        if any(isinstance(item, PredictionModel) for item in published):
            fitted.append(bought)
        learner.observe(observation)
        bought += observation.happened
    assert len(fitted) > 5
    assert all(after >= before * 1.05 for before, after in itertools.pairwise(fitted))
    assert fitted[-1] * 1.1 > bought > fitted[-1]
    assert [item.version for item in learner.finish() if isinstance(item, PredictionModel)] == [len(fitted) + 1]
    assert learner.finish()[1:] == []


def test_what_came_of_a_question_may_be_told_when_its_label_matures():
    learner, told = new(asks="class"), []
    learner.ask("ann", START_MS, [1.0, 1.0, 1.0])
    learner.advance(START_MS + HORIZON_MS - 1, lambda label: told.append(label) or 1.0)
    assert told == []
    learner.advance(START_MS + HORIZON_MS, lambda label: told.append(label) or 1.0)
    assert [(label.user, label.asked_ms) for label in told] == [("ann", START_MS)]


def test_nothing_is_asked_about_a_user_of_whom_the_model_knows_nothing():
    for kind in ("gru", "bg_nbd"):
        learner = new(kind)
        learner.ask("nobody", START_MS)
        assert len(learner.labels) == 0


def test_the_answer_about_a_user_unlike_all_who_were_asked_about_is_none_or_that_at_the_end():
    learner = new()
    published = follow(learner, Shop().observations())
    model = [item for item in published if isinstance(item, PredictionModel)][-1]
    least, most = list(model.least), list(model.most)
    assert all(low < high for low, high in zip(least[:2], most[:2], strict=True))
    further = [most[0] + 5.0, *most[1:]]
    assert model.predict(further) == model.predict(most)
    absent = msgspec.structs.replace(model, feature_names=("orders", "days", "days == null"), least=(*least[:2], 0.0))
    absent = msgspec.structs.replace(absent, most=(*most[:2], 0.0))
    assert absent.predict([*most[:2], 0.0]) is not None
    assert absent.predict([*most[:2], 1.0]) is None
    assert absent.reasons([*most[:2], 1.0]) == []


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
    learner.ask("ann", START_MS + 3_000_000 * DAY_MS, [1.0, 1.0, 1.0])
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


@pytest.mark.thorough
def test_the_same_seed_gives_the_same_bytes_in_every_process():
    code = "from models.predictions.test_prediction_learner import digest; print(digest())"
    assert output(code, hash_seed="4242") == digest()


def test_answering_needs_neither_river_nor_pandas():
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
print({{"river", "pandas", "scipy.stats", "scipy.optimize"}} & set(sys.modules))
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
