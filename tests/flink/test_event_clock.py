"""The watermark of one subtask, tick by tick."""

from __future__ import annotations

from typing import Any

import pytest

from flink.compiled import java_class, new

pytestmark = pytest.mark.flink

NONE = -(2**63)
WALL_MS = 1_700_000_000_000
DISORDER_MS, IDLE_MS, INTERVAL_MS = 5_000, 2_000, 200


class Clock:
    """Ticks as the batcher does, with a wall clock of its own."""

    def __init__(self, gateway: Any, compiled: Any) -> None:
        self.java = new(gateway, compiled, DISORDER_MS, IDLE_MS)
        self.wall_ms = WALL_MS

    def observe(self, time_ms: int, partition: int = 0) -> None:
        self.java.observe("events", partition, time_ms, self.wall_ms)

    def after(self, passed_ms: int, step_ms: int = INTERVAL_MS) -> int:
        watermark = 0
        for _ in range(passed_ms // step_ms):
            self.wall_ms += step_ms
            watermark = self.java.tick(self.wall_ms, INTERVAL_MS)
        return watermark


@pytest.fixture(scope="module")
def compiled(gateway: Any) -> Any:
    return java_class(gateway, "EventClock", "EventReader", "EventTime")


@pytest.fixture
def clock(gateway: Any, compiled: Any) -> Clock:
    """A clock whose start is over at the next tick."""
    clock = Clock(gateway, compiled)
    clock.after(IDLE_MS)
    return clock


def test_time_does_not_run_before_the_first_event(clock: Clock) -> None:
    assert clock.after(60_000) == NONE
    assert clock.java.isIdle()


def test_partitions_that_are_read_first_wait_for_the_others_after_a_start(gateway: Any, compiled: Any) -> None:
    clock = Clock(gateway, compiled)
    clock.observe(9_000_000, partition=0)
    assert clock.after(IDLE_MS) == NONE
    assert not clock.java.isIdle()
    clock.observe(1_000_000, partition=1)
    assert clock.after(200) == 1_000_000 - DISORDER_MS - 1


def test_watermark_follows_the_greatest_time_and_never_goes_back(clock: Clock) -> None:
    clock.observe(1_000_000)
    clock.observe(900_000)
    assert clock.after(200) == 1_000_000 - DISORDER_MS - 1
    clock.observe(500_000)
    assert clock.after(200) == 1_000_000 - DISORDER_MS - 1
    assert not clock.java.isIdle()


def test_slowest_partition_counts_until_it_is_idle(clock: Clock) -> None:
    clock.observe(1_000_000, partition=0)
    clock.observe(800_000, partition=1)
    assert clock.after(200) == 800_000 - DISORDER_MS - 1
    for _ in range(IDLE_MS // INTERVAL_MS + 1):
        clock.observe(1_100_000, partition=0)
        found = clock.after(200)
    assert found == 1_100_000 - DISORDER_MS - 1


def test_time_goes_on_at_the_pace_of_the_wall_clock_when_all_are_idle(clock: Clock) -> None:
    clock.observe(1_000_000)
    started = clock.after(200)
    assert clock.after(60_000) == started + 60_200
    assert clock.java.isIdle()


def test_after_an_outage_the_partition_that_is_read_first_waits_for_the_others(clock: Clock) -> None:
    clock.observe(1_000_000, partition=0)
    clock.observe(1_000_000, partition=1)
    paced = clock.after(10_000)
    assert clock.java.isIdle()
    clock.observe(5_000_000, partition=0)
    assert clock.after(IDLE_MS - INTERVAL_MS) == paced + IDLE_MS - INTERVAL_MS
    assert not clock.java.isIdle()
    clock.observe(2_000_000, partition=1)
    assert clock.after(200) == 2_000_000 - DISORDER_MS - 1
    assert clock.after(INTERVAL_MS) == 2_000_000 - DISORDER_MS - 1


def test_a_lonely_event_after_a_silence_moves_time(clock: Clock) -> None:
    clock.observe(1_000_000)
    clock.after(10_000)
    clock.observe(1_050_000, partition=1)
    assert clock.after(IDLE_MS) == 1_050_000 - DISORDER_MS - 1
    assert clock.after(10_000) == 1_050_000 - DISORDER_MS - 1 + IDLE_MS + 10_000


def test_pace_is_counted_once_when_a_lonely_event_is_older(clock: Clock) -> None:
    clock.observe(1_000_000)
    paced = clock.after(10_000)
    clock.observe(1_000_001)
    assert clock.after(20_000) == paced + 20_000


def test_the_first_partition_of_all_waits_for_the_others(clock: Clock) -> None:
    clock.after(60_000)
    clock.observe(9_000_000, partition=0)
    assert clock.after(IDLE_MS - INTERVAL_MS) == NONE
    assert not clock.java.isIdle()
    clock.observe(1_000_000, partition=1)
    assert clock.after(200) == 1_000_000 - DISORDER_MS - 1


def test_a_task_that_is_held_back_is_not_idle(clock: Clock) -> None:
    clock.observe(1_000_000, partition=0)
    clock.observe(800_000, partition=1)
    clock.after(200)
    clock.observe(1_100_000, partition=0)
    assert clock.after(20_000, step_ms=20_000) == 800_000 - DISORDER_MS - 1


@pytest.mark.parametrize("time_ms", [NONE, WALL_MS + 3_700_000, 4_000_000_000_000])
def test_unreadable_and_future_times_move_nothing(clock: Clock, time_ms: int) -> None:
    clock.observe(time_ms)
    assert clock.after(200) == NONE
    clock.observe(WALL_MS)
    clock.observe(time_ms)
    assert clock.after(IDLE_MS) == WALL_MS - DISORDER_MS - 1


def test_restored_time_goes_on_from_where_it_was(clock: Clock, gateway: Any, compiled: Any) -> None:
    clock.observe(1_000_000, partition=0)
    clock.observe(990_000, partition=1)
    before = clock.after(200)
    restored = Clock(gateway, compiled)
    for line in clock.java.snapshot():
        restored.java.restore(line)
    restored.java.restore(f"watermark {before - 10}")  # of another subtask: the least counts
    restored.wall_ms = WALL_MS + 86_400_000
    assert restored.after(200) == before
    assert restored.after(IDLE_MS + 10_000) == before + IDLE_MS + 10_000


@pytest.mark.parametrize("order", [1, -1])
def test_time_that_had_begun_in_one_subtask_only_begins_again(
    clock: Clock, gateway: Any, compiled: Any, order: int
) -> None:
    clock.observe(9_000_000, partition=0)
    clock.after(200)
    slower = Clock(gateway, compiled)
    slower.observe(1_000_000, partition=1)
    slower.after(200)
    restored = Clock(gateway, compiled)
    for line in [*clock.java.snapshot(), *slower.java.snapshot()][::order]:
        restored.java.restore(line)
    assert restored.after(IDLE_MS) == NONE
    restored.observe(1_100_000, partition=1)
    assert restored.after(200) == 1_100_000 - DISORDER_MS - 1


def test_restored_partitions_hold_time_back_until_they_are_idle(clock: Clock, gateway: Any, compiled: Any) -> None:
    clock.observe(1_000_000, partition=0)
    clock.observe(990_000, partition=1)
    before = clock.after(200)
    restored = Clock(gateway, compiled)
    for line in clock.java.snapshot():
        restored.java.restore(line)
    restored.observe(2_000_000, partition=0)
    assert restored.after(200) == before
    for _ in range(IDLE_MS // INTERVAL_MS + 1):
        restored.observe(2_000_000, partition=0)
        found = restored.after(200)
    assert found == 2_000_000 - DISORDER_MS - 1


def test_time_does_not_jump_where_a_start_was_cut_short_and_nothing_comes_after_it(gateway: Any, compiled: Any) -> None:
    begun = Clock(gateway, compiled)
    begun.observe(1_000_000)
    begun.after(IDLE_MS // 2)
    restored = Clock(gateway, compiled)
    for line in begun.java.snapshot():
        restored.java.restore(line)
    restored.after(INTERVAL_MS)
    assert restored.after(IDLE_MS) == 1_000_000 - DISORDER_MS - 1
    assert restored.after(60_000) == 1_000_000 - DISORDER_MS - 1 + IDLE_MS + 60_000
