"""Real purchases through Flink: the same changes as replay, in both modes."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Literal

import pytest

from cdnow import DEFINITION_FILE, purchases
from flink.streams import by_user, lines_of
from livesegments.core.definition import load_definition
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from livesegments.flink.embedded import EmbeddedFlink
from livesegments.flink.job import make_job

pytestmark = pytest.mark.flink
END_MS = 930_000_000_000  # 1999: a year after the last purchase


@cache
def expected(until_ms: int | None) -> dict[str, list[bytes]]:
    replay = Replay(Engine(load_definition(DEFINITION_FILE)), until_ms)
    return by_user(change.encode() for change in replay.run(purchases(5)))


def written(folder: Path, lines: Iterable[bytes]) -> Path:
    file = folder / "events.jsonl"
    file.write_bytes(b"".join(line + b"\n" for line in lines))
    return file


@pytest.mark.parametrize(
    ("mode", "parallelism", "until_ms"),
    [("thread", 3, END_MS), ("process", 3, None)],
)
def test_a_fifth_of_cdnow_gives_what_replay_gives(
    flink: EmbeddedFlink, tmp_path: Path, mode: Literal["thread", "process"], parallelism: int, until_ms: int | None
) -> None:
    summary = flink.run(
        make_job(
            load_definition(DEFINITION_FILE),
            events=written(tmp_path, purchases(5)),
            out=tmp_path / "out",
            until_ms=until_ms,
            mode=mode,
            parallelism=parallelism,
        )
    )
    assert summary.counts is not None
    assert summary.counts.applied == len(purchases(5)) > 13_000
    assert by_user(lines_of(tmp_path / "out" / "segment-changes")) == expected(until_ms)


def test_sorted_by_user_gives_the_same_changes(flink: EmbeddedFlink, tmp_path: Path) -> None:
    lines = sorted(purchases(5), key=lambda line: line[line.index(b'"userId"') :][:16])
    options = make_job(load_definition(DEFINITION_FILE), events=written(tmp_path, lines), out=tmp_path / "out")
    flink.run(options)
    assert by_user(lines_of(tmp_path / "out" / "segment-changes")) == expected(None)
