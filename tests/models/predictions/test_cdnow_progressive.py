"""On CDNOW every model clears its bar: buys again within 30 days, asked at each purchase, scored as it comes."""

import numpy as np
import pytest

from bench.predictions_cdnow import BARS, HORIZON_MS, learn, measured, observations, read_purchases, true_labels
from livesegments.core.times import DAY_MS
from livesegments.models.predictions.learner import LearnerOptions


@pytest.fixture(scope="module")
def stream():
    purchases = read_purchases(remainders=[0])
    return observations(purchases), true_labels(purchases, HORIZON_MS)


@pytest.mark.parametrize("kind", BARS)
def test_next_purchase_is_foretold_well_enough(stream, kind):
    seen, labels = stream
    start_ms, end_ms = seen[0].at_ms, seen[-1].at_ms
    scored = [
        label is not None and asked.at_ms >= start_ms + (end_ms - start_ms) // 4
        for asked, label in zip(seen, labels, strict=True)
    ]
    options = LearnerOptions(version_every_ms=30 * DAY_MS if kind == "bg_nbd" else 0)
    answers, _ = learn(kind, options, seen)
    measures = measured(np.array(answers)[scored], np.array([label or 0 for label in labels])[scored])
    assert measures["auc"] >= BARS[kind]
    assert measures["calibration_error"] <= 0.04
