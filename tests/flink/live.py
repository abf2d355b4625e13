"""A job whose input does not end: a folder that it watches, fed and observed step by step."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from livesegments.core.definition import Definition
from livesegments.core.times import format_time
from livesegments.files.follow import LineFollower
from livesegments.flink.embedded import EmbeddedFlink
from livesegments.flink.job import make_job
from livesegments.flink.progress import Progress

EDGES = """
CREATE TABLE events (payload BYTES)
WITH ('connector' = 'filesystem', 'path' = '${IN}', 'format' = 'raw', 'source.monitor-interval' = '100ms');
CREATE TABLE segment_changes (payload BYTES)
WITH ('connector' = 'filesystem', 'path' = '${OUT}/segment-changes', 'format' = 'raw');
CREATE TABLE profiles (payload BYTES)
WITH ('connector' = 'filesystem', 'path' = '${OUT}/profiles', 'format' = 'raw');
CREATE TABLE dead_letters (payload BYTES)
WITH ('connector' = 'filesystem', 'path' = '${OUT}/dead-letters', 'format' = 'raw');
CREATE TABLE segment_models (payload BYTES)
WITH ('connector' = 'filesystem', 'path' = '${OUT}/segment-models', 'format' = 'raw');
"""
QUICK = {
    "livesegments.watermark.disorder-ms": "200",
    "livesegments.watermark.idle-ms": "500",
    "livesegments.shards": "4",
}


def event(user: str, time_ms: int, number: int, name: str = "Order Completed", **fields: Any) -> bytes:
    content = {
        "type": "track",
        "event": name,
        "messageId": f"m{number}",
        "timestamp": format_time(time_ms),
        "userId": user,
    }
    return json.dumps({**content, **fields}).encode()


def wait_for_checkpoints(folder: Path) -> None:
    """Wait until two more are complete: the second one began after now."""
    wanted, deadline = _newest_checkpoint(folder) + 2, time.monotonic() + 60
    while _newest_checkpoint(folder) < wanted:
        assert time.monotonic() < deadline, "there are no more checkpoints"
        time.sleep(0.05)


def _newest_checkpoint(folder: Path) -> int:
    return max((int(file.parent.name[4:]) for file in folder.glob("*/chk-*/_metadata")), default=0)


class LiveJob:
    """Runs for as long as the context lasts."""

    def __init__(
        self,
        flink: EmbeddedFlink,
        folder: Path,
        definition: Definition,
        *,
        mode: Literal["thread", "process"] = "thread",
        parallelism: int = 1,
        settings: dict[str, str] | None = None,
        models: Path | None = None,
    ) -> None:
        self.flink = flink
        self.inputs, self.out = folder / "in", folder / "out"
        self.files = 0
        self.lines: dict[str, list[dict[str, Any]]] = {}
        self.followers: dict[str, LineFollower] = {}
        (folder / "edges.sql").write_text(EDGES)
        for path in (self.inputs, self.out):
            path.mkdir(parents=True, exist_ok=True)
        self.asked = make_job(
            definition,
            edges=folder / "edges.sql",
            mode=mode,
            parallelism=parallelism,
            models=models,
            settings={**QUICK, "IN": str(self.inputs), "OUT": str(self.out), **(settings or {})},
        )

    def __enter__(self) -> Self:
        self.job = self.flink.submit(self.asked, Progress())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.job.cancel()

    def feed(self, *lines: bytes) -> None:
        """Put a file of events into the folder that the job watches."""
        self.files += 1
        hidden = self.inputs / f".{time.time_ns()}"
        hidden.write_bytes(b"\n".join(lines) + b"\n")
        hidden.rename(self.inputs / f"{time.time_ns()}.jsonl")

    def read(self, name: str) -> list[dict[str, Any]]:
        """Give all rows written so far to segment-changes, profiles, dead-letters or segment-models."""
        follower = self.followers.setdefault(name, LineFollower(self.out / name))
        rows = self.lines.setdefault(name, [])
        rows += [json.loads(line) for line in follower.poll()]
        return rows

    def wait(
        self, name: str, is_there: Callable[[list[dict[str, Any]]], bool], seconds: float = 120
    ) -> list[dict[str, Any]]:
        """Wait until the rows are as they should be, and give them."""
        deadline = time.monotonic() + seconds
        while not is_there(self.read(name)):
            assert time.monotonic() < deadline, f"after {seconds} s {name} is {self.read(name)}"
            assert not self.job.is_done, "the job ended"
            time.sleep(0.05)
        return self.read(name)
