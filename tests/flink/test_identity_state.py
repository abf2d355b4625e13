"""What a live job keeps of visitors: in its checkpoints while it matters, and gone after an erase or with time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flink.live import LiveJob, wait_for_checkpoints
from livesegments.core.definition import parse_definition
from livesegments.core.times import DAY_MS, format_time
from livesegments.flink.embedded import EmbeddedFlink

pytestmark = pytest.mark.flink

START_MS = 1_600_000_000_000
DEFINITION = parse_definition("""
identity: {keep: {events: 5, within: 2d}, links: 3d}
limits: {lateness: 1d}
features:
  views: {count: Product Viewed}
  pages: {recent: Product Viewed, of: page}
segments:
  viewers: {when: 'views >= 1'}
""")


def event(
    number: int, after_ms: int, page: str, user: str | None = None, visitor: str | None = None, **more: Any
) -> bytes:
    content = {
        "type": "track",
        "event": "Product Viewed",
        "messageId": f"m{number}",
        "timestamp": format_time(START_MS + after_ms),
        "properties": {"page": page},
        "userId": user,
        "anonymousId": visitor,
    }
    return json.dumps({**content, **more}).encode()


class Checkpoints:
    """The newest complete checkpoint of a job, as bytes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = {
            "execution.checkpointing.interval": "300ms",
            "execution.checkpointing.dir": folder.as_uri(),
            "execution.checkpointing.storage": "filesystem",
            "state.backend.type": "hashmap",  # RocksDB's files hold what is gone until it compacts them
        }

    def newest(self) -> bytes:
        found = sorted(self.folder.glob("*/chk-*/_metadata"), key=lambda file: int(file.parent.name[4:]))
        try:
            return b"".join(file.read_bytes() for file in sorted(found[-1].parent.iterdir())) if found else b""
        except FileNotFoundError:  # it was dropped for the next one
            return b""

    def wait(self, is_so: Callable[[bytes], bool]) -> None:
        deadline = time.monotonic() + 60
        while not ((content := self.newest()) and is_so(content)):
            assert time.monotonic() < deadline, "no checkpoint is as it should be"
            time.sleep(0.05)


def test_state_of_visitors_goes_with_an_erase_and_with_time(flink: EmbeddedFlink, tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    with LiveJob(flink, tmp_path, DEFINITION, parallelism=2, settings=checkpoints.settings) as job:
        job.feed(event(1, 0, "secret-1", visitor="cookie-1"), event(2, 100, "secret-2", visitor="cookie-2"))
        checkpoints.wait(lambda state: state.count(b"secret-1") >= 2 and b"cookie-2" in state)  # kept, and in a profile
        job.feed(event(3, 1_000, "secret-3", user="ann", visitor="cookie-1"))
        changes = job.wait("segment-changes", lambda rows: len(rows) == 4)
        rows = job.wait("profiles", lambda rows: {row["user_id"] for row in rows} >= {"ann"})
        job.feed(event(4, 2_000, "", user="ann", type="erase"))
        job.wait("segment-changes", lambda rows: len(rows) == 5)
        checkpoints.wait(lambda state: b"secret-2" in state and b"secret-1" not in state and b"secret-3" not in state)
        job.feed(event(5, 3_000, "public", visitor="cookie-1"), event(6, 50 * DAY_MS, "public", user="bob"))
        checkpoints.wait(lambda state: b"cookie-2" in state and state.count(b"secret-2") == 1)  # the profile is left
    told = {(row["subject"], row["data"]["change"], row["data"]["cause"]["kind"]) for row in changes[:4]}
    visitors = {("cookie-1", "entered", "event"), ("cookie-2", "entered", "event")}
    assert told == visitors | {("ann", "entered", "identity"), ("cookie-1", "merged", "identity")}
    [ann] = [row for row in rows if row["user_id"] == "ann" and "features" in row]
    assert ann["features"]["pages"] == ["secret-3", "secret-1"]
    assert ann["identities"] == {"anonymous_ids": ["cookie-1"]}


def test_a_savepoint_of_rocksdb_holds_nothing_that_was_erased(flink: EmbeddedFlink, tmp_path: Path) -> None:
    """A savepoint is every entry read back; RocksDB's own files hold what is gone until it compacts them."""
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    settings = {**checkpoints.settings, "state.backend.type": "rocksdb"}
    with LiveJob(flink, tmp_path, DEFINITION, settings=settings) as job:
        job.feed(
            event(1, 0, "secret-1", visitor="cookie-1"),
            event(2, 100, "secret-2", visitor="cookie-2"),
            event(3, 200, "secret-3", visitor="cookie-3"),
            event(4, 300, "secret-4", visitor="both"),
            event(5, 400, "secret-5", user="bob"),
        )
        job.wait("segment-changes", lambda rows: len(rows) == 5)
        wait_for_checkpoints(checkpoints.folder)  # what is kept waits for a checkpoint in memory: now it is in RocksDB
        job.feed(
            event(6, 1_000, "secret-6", user="ann", visitor="cookie-1"),
            event(7, 2_000, "", user="ann", type="erase"),
            event(8, 2_000, "", visitor="cookie-3", type="erase"),
            event(9, 2_000, "", user="both", type="erase"),
        )
        job.wait("segment-changes", lambda rows: sum(row["data"]["change"] == "erased" for row in rows) == 3)
        place = Path(job.job.stop_with_savepoint(tmp_path / "savepoints").removeprefix("file:"))
    state = b"".join(file.read_bytes() for file in place.iterdir())
    assert [state.count(f"secret-{number}".encode()) for number in range(1, 7)] == [0, 2, 0, 0, 1, 0]
    assert state.count(b"cookie-1")  # that it links no more to what comes late
