"""How long the Batcher waits before it gives on what is not full."""

from __future__ import annotations

from typing import Any

import pytest

from flink.compiled import java_class, new

pytestmark = pytest.mark.flink

LEAST_MS, MOST_MS = 20, 1_000


class Task:
    """A task that tells its pace of each flush, and of how long it was held back until then."""

    def __init__(self, gateway: Any, compiled: Any) -> None:
        self.now_ms, self.held_ms = 5, 0
        self.java = new(gateway, compiled, LEAST_MS, self.now_ms * 1_000_000)

    def after(self, passed_ms: int, held_ms: int) -> int:
        """Give the wait that follows a flush so much later, for so much of which the task was held back."""
        self.now_ms += passed_ms
        self.held_ms += held_ms
        self.java.flushed(self.now_ms * 1_000_000, self.held_ms)
        return int(self.java.delayMs())


@pytest.fixture(scope="module")
def compiled(gateway: Any) -> Any:
    return java_class(gateway, "Pace")


@pytest.fixture
def task(gateway: Any, compiled: Any) -> Task:
    return Task(gateway, compiled)


def test_a_task_that_is_free_waits_as_short_as_it_may(task: Task) -> None:
    assert [task.after(20, 0), task.after(20, 10), task.after(500, 250)] == [LEAST_MS] * 3
    assert not task.java.isSlow()


def test_a_task_held_back_most_of_the_time_waits_twice_as_long_each_time_up_to_a_second(task: Task) -> None:
    waits = [LEAST_MS]
    for _ in range(8):
        waits.append(task.after(waits[-1], waits[-1] // 2 + 1))
    assert waits == [20, 40, 80, 160, 320, 640, MOST_MS, MOST_MS, MOST_MS]
    assert task.java.isSlow()


def test_a_task_that_is_free_again_goes_back_by_halves(task: Task) -> None:
    while task.after(task.java.delayMs(), task.java.delayMs()) < MOST_MS:
        pass
    waits = [task.after(MOST_MS, 0) for _ in range(8)]
    assert waits == [500, 250, 125, 62, 31, LEAST_MS, LEAST_MS, LEAST_MS]
    assert not task.java.isSlow()


def test_a_checkpoint_that_cuts_a_wait_short_does_not_end_it(task: Task) -> None:
    task.after(20, 20)
    assert task.java.delayMs() == 40
    assert [task.after(15, 15), task.after(15, 15)] == [40, 40]
    assert task.after(10, 10) == 80


def test_what_was_held_back_before_the_last_wait_counts_no_more(task: Task) -> None:
    task.after(20, 20)
    task.after(40, 40)
    assert task.java.delayMs() == 80
    assert task.after(80, 39) == 40
