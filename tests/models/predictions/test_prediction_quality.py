"""Measures equal their definitions, and a model worse than the base rate says so."""

import random

import msgspec
import numpy as np
import pytest

from livesegments.models.predictions.base_rate import BaseRate
from livesegments.models.predictions.measures import (
    amount_measures,
    area_under_curve,
    calibration_error,
    chance_measures,
    gain,
    lift,
    reliability,
)
from livesegments.models.predictions.quality import Quality, Scored
from livesegments.models.predictions.record import PredictionQuality


def draws(count=400, seed=1):
    chance = random.Random(seed)
    chances = np.array([round(chance.random(), 2) for _ in range(count)])
    return chances, np.array([chance.random() < value for value in chances])


def test_auc_is_the_share_of_pairs_in_the_right_order():
    chances, happened = draws(150)
    pairs = [(yes > no) + 0.5 * (yes == no) for yes in chances[happened] for no in chances[~happened]]
    assert area_under_curve(chances, happened) == pytest.approx(sum(pairs) / len(pairs))
    assert area_under_curve(chances, np.zeros(150, bool)) is None


def test_log_loss_and_brier_equal_rivers():
    from river import metrics

    chances, happened = draws()
    loss, squares = metrics.LogLoss(), metrics.MSE()
    chances = np.clip(chances, 0.01, 0.99)
    for value, yes in zip(chances.tolist(), happened.tolist(), strict=True):
        loss.update(yes, value)
        squares.update(float(yes), value)
    measures = chance_measures(
        np.stack([1 - np.clip(chances, 0.01, 0.99), np.clip(chances, 0.01, 0.99)], 1), happened + 0
    )
    assert measures["log_loss"] == pytest.approx(loss.get())
    assert measures["brier"] == pytest.approx(squares.get())


def test_calibration_error_and_reliability_by_hand():
    chances, happened = np.array([0.05, 0.05, 0.95, 1.0]), np.array([False, True, True, True])
    assert reliability(chances, happened) == [(0.05, 0.5, 2), (0.975, 1.0, 2)]
    assert calibration_error(chances, happened) == pytest.approx(0.5 * 0.45 + 0.5 * 0.025)


def test_gain_and_lift_by_hand():
    chances = np.arange(20) / 20
    happened = chances >= 0.8  # 4 of 20, all at the top
    assert gain(chances, happened)[:3] == [(0.1, 0.5), (0.2, 1.0), (0.3, 1.0)]
    assert lift(chances, happened) == 5.0


def test_many_outcomes_and_amounts():
    scores = np.eye(3)[[0, 1, 2, 0]] * 0.7 + 0.1
    measures = chance_measures(scores, np.array([0, 1, 2, 0]))
    assert measures["auc"] == 1.0
    assert measures["log_loss"] == pytest.approx(-np.log(0.8))
    amounts = amount_measures(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0]))
    assert amounts == pytest.approx(
        {"correlation": 1.0, "absolute_error": 2.0, "squared_error_root": (14 / 3) ** 0.5, "bias": -0.5}
    )


def filled(quality, count, good, start_ms=0, every_ms=3_600_000):
    chance = random.Random(count)
    for number in range(count):
        yes = chance.random() < 0.3
        told = 0.8 if yes == good else 0.1
        quality.add(Scored(number // 100, [1 - told, told], [0.7, 0.3], float(yes)), start_ms + number * every_ms)
    return start_ms + (count - 1) * every_ms


def test_a_model_worse_than_the_base_rate_for_a_day_warns():
    quality = Quality(2)
    now_ms = filled(quality, 110, good=False)
    assert quality.record("tested", now_ms).warning is None  # worse, but for less than a day since enough labels
    now_ms = filled(quality, 30, good=False, start_ms=now_ms)
    record = quality.record("tested", now_ms)
    assert "worse than the base rate for 1." in record.warning
    assert record.measures["log_loss"] > record.base["log_loss"]
    now_ms = filled(quality, 600, good=True, start_ms=now_ms)
    record = quality.record("tested", now_ms)
    assert (record.warning, record.worse_since_ms) == (None, None)


def test_what_left_the_window_is_forgiven():
    quality = Quality(2, window=120)
    now_ms = filled(quality, 150, good=False)
    assert quality.record("tested", now_ms).warning
    now_ms = filled(quality, 120, good=True, start_ms=now_ms)
    assert quality.record("tested", now_ms).warning is None


def test_records_tell_versions_apart_and_remember_only_the_window():
    quality = Quality(2, window=250)
    now_ms = filled(quality, 500, good=True)
    record = quality.record("tested", now_ms)
    assert [(version.version, version.labels) for version in record.versions] == [(2, 50), (3, 100), (4, 100)]
    assert (record.version, record.labels) == (4, 250)
    assert len(record.reliability) == 2
    assert msgspec.json.decode(msgspec.json.encode(record), type=PredictionQuality) == record


def test_a_restored_quality_goes_on_exactly():
    straight, second = Quality(2, window=150), Quality(2, window=150)
    now_ms = filled(straight, 120, good=False)
    second.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(straight.snapshot())))
    for quality in (straight, second):
        end_ms = filled(quality, 90, good=False, start_ms=now_ms)
    assert straight.record("tested", end_ms) == second.record("tested", end_ms)
    assert second.record("tested", end_ms).warning


def test_the_base_rate_is_a_share_or_a_mean():
    share, mean = BaseRate(2), BaseRate(1)
    assert share.predict_one() == [0.5, 0.5]
    for outcome in (1, 0, 0, 0):
        share.learn_one((), outcome)
        mean.learn_one((), outcome * 20.0)
    assert share.predict_one() == pytest.approx([4 / 6, 2 / 6])
    assert mean.predict_one() == [5.0]
