"""Real purchases through Flink: the same changes as replay, in both modes."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Literal

import pytest

from cdnow import DEFINITION_FILE, purchases
from flink.streams import SUBTASKS, by_user, lines_of
from livesegments.core.definition import load_definition
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from livesegments.flink.embedded import EmbeddedFlink
from livesegments.flink.job import make_job

pytestmark = pytest.mark.flink
END_MS = 930_000_000_000  # 1999: a year after the last purchase
EVERY = 10  # of so many customers, one: enough for each kind of change


@cache
def expected() -> dict[str, list[bytes]]:
    replay = Replay(Engine(load_definition(DEFINITION_FILE)), END_MS)
    return by_user(change.encode() for change in replay.run(purchases(EVERY)))


def written(folder: Path, lines: Iterable[bytes]) -> Path:
    file = folder / "events.jsonl"
    file.write_bytes(b"".join(line + b"\n" for line in lines))
    return file


@pytest.mark.parametrize("mode", ["thread", "process"])
def test_a_tenth_of_cdnow_gives_what_replay_gives(
    flink: EmbeddedFlink, tmp_path: Path, mode: Literal["thread", "process"]
) -> None:
    summary = flink.run(
        make_job(
            load_definition(DEFINITION_FILE),
            events=written(tmp_path, purchases(EVERY)),
            out=tmp_path / "out",
            until_ms=END_MS,
            mode=mode,
            parallelism=SUBTASKS[mode],
        )
    )
    assert summary.counts is not None
    assert summary.counts.applied == len(purchases(EVERY)) > 6_500
    assert by_user(lines_of(tmp_path / "out" / "segment-changes")) == expected()


def test_sorted_by_user_gives_the_same_changes(flink: EmbeddedFlink, tmp_path: Path) -> None:
    lines = sorted(purchases(EVERY), key=lambda line: line[line.index(b'"userId"') :][:16])
    definition, source = load_definition(DEFINITION_FILE), written(tmp_path, lines)
    flink.run(make_job(definition, events=source, out=tmp_path / "out", until_ms=END_MS))
    assert by_user(lines_of(tmp_path / "out" / "segment-changes")) == expected()
