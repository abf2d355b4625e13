"""Profiles in state: what the job keeps about a user can be written without the profile."""

from __future__ import annotations

import pytest

from core.samples import definition, line
from flink.map_state import MapState
from livesegments.core.events import decode
from livesegments.core.step import Engine
from livesegments.flink.store import ProfileStore

FEATURES = {"events": {"count": "*", "within": "30d"}}
SEGMENTS = {"busy": {"when": "events >= 2"}}


def store(state: MapState, resident_max: int | None) -> ProfileStore:
    """Give a store as a new attempt of the operator makes it."""
    return ProfileStore(state, Engine(definition(FEATURES, SEGMENTS)), 10, resident_max)


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
