"""Replay that restores every profile from its bytes gives what replay with all of them in memory gives."""

from flink.streams import DEFINITION, events
from livesegments.core.replay import Replay
from livesegments.core.step import Engine


def changes(decoded_max: int) -> dict[str, list[bytes]]:
    replay = Replay(Engine(DEFINITION))
    replay.profiles.decoded_max = decoded_max
    found: dict[str, list[bytes]] = {}
    for change in replay.run(events(2_000, 100, seed=7)):
        found.setdefault(change.detail.user_id, []).append(change.encode())
    return found


def test_one_decoded_profile_at_a_time_changes_nothing() -> None:
    assert changes(1) == changes(10_000)
