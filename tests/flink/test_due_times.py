"""Who is due when: what is registered is found, whether or not the state is asked what it has."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from flink.map_state import MapState
from livesegments.flink.due_times import DueTimes

LIMITS = {"nothing is remembered": 0, "too many to remember": 2, "all remembered": 1_000}


class Read(MapState):
    """Remembers which seconds were looked for."""

    def __init__(self) -> None:
        self.looked_for: list[int] = []

    def get(self, key: int, default: None = None) -> bytes | None:
        self.looked_for.append(key)
        return super().get(key, default)


class Timers:
    def __init__(self) -> None:
        self.registered: list[int] = []

    def register_event_time_timer(self, time_ms: int) -> None:
        self.registered.append(time_ms // 1_000)


def registered(due: DueTimes, timers: Timers, second: int, user: str) -> None:
    entry: Any = SimpleNamespace(due_second=0, profile=SimpleNamespace(user_id=user))
    due.register(entry, second * 1_000)
    due.flush("shard", timers)


@pytest.mark.parametrize("limit", LIMITS.values(), ids=LIMITS)
def test_all_who_are_registered_for_a_second_are_found_then(limit: int) -> None:
    state, timers = Read(), Timers()
    due = DueTimes(state, limit)
    for user, second in enumerate((7, 8, 7, 9, 8, 7)):
        registered(due, timers, second, f"u{user}")
    assert timers.registered == [7, 8, 9]
    assert due.take("shard", 7) == ["u0", "u2", "u5"]
    assert due.take("shard", 7) == []
    registered(due, timers, 7, "again")
    assert timers.registered == [7, 8, 9, 7]
    after = DueTimes(state, limit)  # a new attempt does not know what the state has
    registered(after, timers, 8, "later")
    assert after.take("shard", 8) == ["u1", "u4", "later"]
    assert after.take("shard", 7) == ["again"]


def test_of_a_shard_that_began_empty_no_second_is_looked_for() -> None:
    state, timers = Read(), Timers()
    due = DueTimes(state)
    for user, second in enumerate((7, 8, 7)):
        registered(due, timers, second, f"u{user}")
    assert due.take("shard", 7) == ["u0", "u2"]
    registered(due, timers, 7, "again")
    assert due.take("shard", 7) == ["again"]
    assert state.looked_for == []
    after = DueTimes(state)
    registered(after, timers, 10, "new")
    assert after.take("shard", 8) == ["u1"]
    assert state.looked_for == [10, 8]
