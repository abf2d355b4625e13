"""Profiles in state: what the job keeps about a user can be written without the profile."""

from __future__ import annotations

import pytest

from core.samples import definition, line
from flink.map_state import MapState
from livesegments.core.events import decode
from livesegments.core.memory import bytes_of
from livesegments.core.step import Engine
from livesegments.flink.store import ProfileStore

FEATURES = {"events": {"count": "*", "within": "30d"}}
SEGMENTS = {"busy": {"when": "events >= 2"}}


def store(state: MapState, resident_max: int | None, decoded_max: int = 10, bytes_max: int = 10**9) -> ProfileStore:
    """Give a store as a new attempt of the operator makes it."""
    return ProfileStore(state, Engine(definition(FEATURES, SEGMENTS)), decoded_max, resident_max, bytes_max)


@pytest.mark.parametrize("resident_max", [None, 0, 10], ids=["thread", "process, no memory left", "process"])
def test_the_head_alone_is_written_and_the_profile_stays(resident_max: int | None) -> None:
    state, engine = MapState(), Engine(definition(FEATURES, SEGMENTS))
    first = store(state, resident_max)
    entry = first.get("shard", "u")
    for day in (1, 2):
        engine.apply(entry.profile, decode(line(day=day)))
    entry.due_second, entry.is_unwritten = 7, True
    first.save("shard", entry)
    kept = state["u"]
    entry.due_second, entry.is_unwritten, entry.written_ms = 9, False, 5
    first.save_head("shard", entry)
    assert state["u"] != kept
    found = store(state, resident_max).get("shard", "u")
    assert (found.due_second, found.is_unwritten, found.written_ms) == (9, False, 5)
    assert engine.snapshot(found.profile) == engine.snapshot(entry.profile)
    assert found.profile.segments == ["busy"]


def test_memory_bounds_what_is_decoded() -> None:
    """Users are alike, so the size of one says how many of them stay decoded."""
    state, engine = MapState(), Engine(definition(FEATURES, SEGMENTS))
    kept = store(state, None, decoded_max=1_000_000, bytes_max=400_000)
    for number in range(2_000):
        entry = kept.get("shard", f"u{number}")
        assert engine.apply(entry.profile, decode(line(day=1)))[0] == "applied"
        kept.touch("shard", entry)
        kept.write_touched("shard")
        kept.trim("shard")
    decoded = len(kept._written) + kept._touched_count
    assert len(state) == 2_000
    assert 360_000 < decoded * bytes_of(kept.get("shard", "u1999")) < 440_000
    assert kept.get("shard", "u0").is_stored


@pytest.mark.parametrize("resident_max", [None, 10], ids=["thread", "process"])
def test_more_users_than_one_call_takes_are_all_written(
    resident_max: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livesegments.flink.store.PUT_MAX", 3)
    state, engine = MapState(), Engine(definition(FEATURES, SEGMENTS))
    kept = store(state, resident_max)
    for number in range(7):
        entry = kept.get("shard", f"u{number}")
        if number != 4:  # nothing has to be kept of this one
            engine.apply(entry.profile, decode(line(day=1)))
        kept.touch("shard", entry)
    kept.write_touched("shard")
    assert sorted(state) == ["u0", "u1", "u2", "u3", "u5", "u6"]
    again = store(state, resident_max)
    assert all(again.get("shard", user).profile.sequence == 0 and again.get("shard", user).is_stored for user in state)


class Read(MapState):
    """Remembers which users were looked for."""

    def __init__(self) -> None:
        self.looked_for: list[str] = []

    def get(self, key: str, default: None = None) -> bytes | None:
        self.looked_for.append(key)
        return super().get(key, default)


@pytest.mark.parametrize("newcomers_max", [3, 1_000], ids=["too many to remember", "all remembered"])
def test_of_a_shard_that_began_empty_new_users_are_not_looked_for(
    newcomers_max: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livesegments.flink.store.NEWCOMERS_MAX", newcomers_max)
    state, engine = Read(), Engine(definition(FEATURES, SEGMENTS))
    kept = store(state, None, decoded_max=1)
    for number in range(8):
        entry = kept.get("", f"u{number}")
        engine.apply(entry.profile, decode(line(day=1)))
        if number % 2:
            kept.save("", entry)
        else:
            kept.touch("", entry)
            kept.write_touched("")
        kept.trim("")
    assert state.looked_for == ([] if newcomers_max > 8 else ["u3", "u4", "u5", "u6", "u7"])
    for number in range(8):
        assert kept.get("", f"u{number}").is_stored
        kept.trim("")
    again = store(state, None)  # a new attempt does not know whom the state has
    assert again.get("", "u0").is_stored
    assert not again.get("", "new").is_stored
    assert state.looked_for[-2:] == ["u0", "new"]
