"""The last 16 events: late ones fall into place, carried states equal recomputed ones, state stays small."""

import random

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegments.models.predictions.recurrent import Recurrent
from livesegments.models.predictions.recurrent_scorer import RecurrentScorer
from livesegments.models.predictions.sequence import STEP_COLUMNS, WINDOW, EventSequence, window_start

MARKS = 8


def sequence_of(events):
    sequence = EventSequence()
    for at_ms, marks in events:
        sequence.add(at_ms, marks)
    return sequence


def trained(cell, width):
    predictor = Recurrent(cell, len(STEP_COLUMNS) + width)
    chance = random.Random(2)
    for _ in range(64):
        events = [(chance.randrange(10**9), [chance.gauss(0, 1)] * width) for _ in range(chance.randrange(1, 30))]
        predictor.learn_one(sequence_of(events).window(), float(chance.random() < 0.5))
    return predictor


def test_window_holds_at_most_16_events_and_at_least_9_of_many():
    lengths = [count - window_start(count) for count in range(1, 200)]
    assert lengths[:16] == list(range(1, 17))
    assert min(lengths[16:]) == 9
    assert max(lengths) == WINDOW


@given(
    st.lists(st.tuples(st.integers(0, 10**9), st.floats(-1e6, 1e6)), min_size=1, max_size=60, unique_by=lambda e: e[0])
)
def test_arrival_order_does_not_matter(events):
    shuffled = sequence_of([(at_ms, [mark]) for at_ms, mark in events])
    assert shuffled.window() == sequence_of([(at_ms, [mark]) for at_ms, mark in sorted(events)]).window()


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_carried_states_equal_recomputation_from_the_kept_events(cell):
    scorer = RecurrentScorer(trained(cell, MARKS).parameters())
    chance = random.Random(3)
    sequence, now_ms = EventSequence(), 0
    for number in range(80):
        now_ms += chance.randrange(10**7)
        late_ms = 10**6 * (number % 7 == 0)
        sequence.add(now_ms - late_ms, [chance.gauss(0, 2) for _ in range(MARKS)])
        stored = msgspec.msgpack.encode(sequence.encode())
        sequence = EventSequence.decode(msgspec.msgpack.decode(stored))
        carried = scorer.scores_after(sequence, 1, now_ms)
        fresh = EventSequence.decode(sequence.encode())
        fresh.forget_states()
        assert scorer.scores_after(fresh, 1, now_ms) == carried
        np.testing.assert_allclose(scorer.scores(sequence.window(now_ms)), carried, atol=1e-6)
        assert len(stored) < 1024 - 50  # with the purchases beside it


def test_another_version_reads_the_window_again():
    old, new = RecurrentScorer(trained("gru", 1).parameters()), RecurrentScorer(trained("lstm", 1).parameters())
    sequence = sequence_of([(1000 * number, [float(number)]) for number in range(30)])
    old.scores_after(sequence, 1, 30_000)
    sequence.add(40_000, [1.0])
    after = new.scores_after(sequence, 2, 90_000)
    np.testing.assert_allclose(new.scores(sequence.window(90_000)), after, atol=1e-6)
