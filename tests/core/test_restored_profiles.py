"""Replay that restores every profile from its bytes gives what replay with all of them in memory gives."""

import pytest

from flink.streams import DEFINITION, events
from livesegments.core.memory import Room, bytes_of
from livesegments.core.replay import Profiles, Replay
from livesegments.core.step import Engine


def changes(decoded_max: int) -> dict[str, list[bytes]]:
    replay = Replay(Engine(DEFINITION))
    replay.profiles.room = Room(decoded_max, 10**9)
    found: dict[str, list[bytes]] = {}
    for change in replay.run(events(2_000, 100, seed=7)):
        found.setdefault(change.detail.user_id, []).append(change.encode())
    return found


def test_one_decoded_profile_at_a_time_changes_nothing() -> None:
    assert changes(1) == changes(10_000)


def test_a_profile_takes_less_memory_while_its_cells_are_bytes() -> None:
    replay = Replay(Engine(DEFINITION))
    for event in events(2_000, 100, seed=7):
        replay.feed(event)
    for profile in replay.profiles.decoded.values():
        content = replay.engine.snapshot(profile)
        if content is not None:
            restored = bytes_of(replay.engine.restore(profile.user_id, content))
            assert len(content) < restored < bytes_of(profile) * 1.5


def of_many_users(profiles_bytes: int) -> tuple[list[str], Profiles]:
    """Give the changes of more users than are looked at before any is let go of, by id, and the profiles left."""
    replay = Replay(Engine(DEFINITION))
    replay.profiles.room = Room(10**9, profiles_bytes)
    found = sorted(change.encode().decode() for change in replay.run(events(16_000, 9_000, seed=8)))
    return found, replay.profiles


@pytest.mark.thorough
def test_memory_bounds_how_many_profiles_are_decoded_and_changes_nothing() -> None:
    few, kept = of_many_users(profiles_bytes=4_000_000)
    all_at_once, everybody = of_many_users(profiles_bytes=10**9)
    assert few == all_at_once
    assert not everybody.stored
    assert 1_000 < len(kept.decoded) < 3_000 < len(everybody.decoded)  # stored, each takes some 250 bytes here
