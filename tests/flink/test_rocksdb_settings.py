"""What RocksDB wrote while it merged files by levels is read now that it merges those of like size, and the reverse."""

from __future__ import annotations

from pathlib import Path

import pytest

from flink.live import LiveJob, event, wait_for_checkpoints
from livesegments.core.definition import parse_definition
from livesegments.flink.configuration import live_settings
from livesegments.flink.embedded import EmbeddedFlink

pytestmark = [pytest.mark.flink, pytest.mark.thorough]

START_MS = 1_600_000_000_000
ROUNDS = 12  # a file each: enough that levels below the first get some
USERS = [f"u{number}" for number in range(300)]
DEFINITION = parse_definition(f"""
features:
  orders: {{count: Order Completed}}
segments:
  newcomers: {{when: 'orders == 1'}}
  loyal: {{when: 'orders == {ROUNDS + 1}'}}
""")
BY_LEVEL = {
    "state.backend.rocksdb.compaction.style": "LEVEL",
    "state.backend.rocksdb.use-bloom-filter": "false",
    "state.backend.rocksdb.compression.per.level": "NO_COMPRESSION;NO_COMPRESSION;SNAPPY_COMPRESSION",
}


@pytest.mark.parametrize("is_reverse", [False, True])
def test_a_checkpoint_is_gone_on_from_with_other_settings_of_rocksdb(
    flink: EmbeddedFlink, tmp_path: Path, is_reverse: bool
) -> None:
    state = tmp_path / "state"
    before, now = ({}, BY_LEVEL) if is_reverse else (BY_LEVEL, {})
    settings = {**live_settings(state), **before, "execution.checkpointing.interval": "200ms"}
    with LiveJob(flink, tmp_path, DEFINITION, settings=settings) as job:
        for turn in range(ROUNDS):
            job.feed(*orders(turn))
            wait_for_checkpoints(state)
        job.wait("segment-changes", lambda rows: len(rows) == 2 * len(USERS))  # entered and left `newcomers`
        wait_for_checkpoints(state)
    settings = {**live_settings(state), **now}
    assert "execution.state-recovery.path" in settings
    with LiveJob(flink, tmp_path, DEFINITION, settings=settings) as job:
        job.feed(*orders(ROUNDS))
        changes = job.wait("segment-changes", lambda rows: len(rows) >= 3 * len(USERS))
    assert sorted(row["id"] for row in changes if row["data"]["segment"] == "loyal") == sorted(
        f"{user}:3" for user in USERS
    )


def orders(turn: int) -> list[bytes]:
    return [
        event(user, START_MS + 1_000 * turn, turn * len(USERS) + number, properties={"n": number})
        for number, user in enumerate(USERS)
    ]
