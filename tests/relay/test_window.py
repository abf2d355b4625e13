"""What is committed never says more than what is finished, and a restart repeats as little as it can."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegments.core.errors import EdgeError
from livesegments.relay.window import NOTE_BYTES_MAX, Window

START = 1_000_000


@given(
    gaps=st.lists(st.integers(1, 5), min_size=1, max_size=60),
    steps=st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), max_size=30),
)
def test_after_any_restarts_each_offset_is_finished_and_none_is_repeated(
    gaps: list[int], steps: list[tuple[int, int]]
) -> None:
    offsets = [START + sum(gaps[:index]) for index in range(len(gaps))]
    finished: list[int] = []
    committed: tuple[int, str] = (START, "")
    for taken_share, finished_share in [*steps, (100, 100)]:
        window = Window(*committed)
        ahead = [offset for offset in offsets if offset >= committed[0]]
        taken = [offset for offset in ahead[: (len(ahead) * taken_share + 99) // 100] if window.take(offset)]
        done = sorted(taken, key=lambda offset: offset * 7919 % 101)[: len(taken) * finished_share // 100]
        for offset in done:
            window.finish(offset)
        finished += done
        committed = window.committable()
        assert all(offset in finished for offset in offsets if offset < committed[0])
    assert sorted(finished) == offsets


def test_a_note_that_would_be_too_long_repeats_some_and_loses_none() -> None:
    window = Window(START)
    offsets = range(START, START + 6_000)
    assert sum(window.take(offset) for offset in offsets) == 6_000
    for offset in offsets[1::2]:
        window.finish(offset)
    offset, note = window.committable()
    assert (offset, len(note) <= NOTE_BYTES_MAX) == (START, True)
    again = Window(offset, note)
    repeated = {offset for offset in offsets if again.take(offset)}
    assert set(offsets[::2]) <= repeated
    assert len(repeated) < len(offsets) - 100


def test_a_note_of_somebody_else_is_told() -> None:
    with pytest.raises(EdgeError, match="required a note of `relay webhook` beside its offset, found 'mine'"):
        Window(1, "mine")
