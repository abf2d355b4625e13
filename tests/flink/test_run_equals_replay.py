"""The job and replay write the same changes, profiles and dead letters, whatever runs them."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Literal

import pytest

from flink.streams import DEFINITION, START_MS, by_user, events, lines_of, replayed
from livesegments.core.ingest import Counts
from livesegments.core.times import DAY_MS
from livesegments.flink.embedded import EmbeddedFlink
from livesegments.flink.job import make_job

pytestmark = pytest.mark.flink

STREAM = events(4_000, 200, seed=7)


@cache
def expected(until_ms: int | None) -> tuple[dict[str, list[bytes]], Counts, list[bytes], list[tuple[str, str]]]:
    return replayed(STREAM, until_ms=until_ms)


def test_stream_shows_every_outcome_and_reason() -> None:
    changes, counts, documents, letters = expected(None)
    assert counts.duplicates > 50
    assert counts.ignored > 20
    assert counts.changes > 500
    assert set(counts.dead_letters) == {
        *("too_large", "invalid_json", "invalid_event", "missing_user", "erased", "too_late"),
    }
    kinds = {json.loads(line)["type"].split(".")[-2] for lines in changes.values() for line in lines}
    assert kinds == {"entered", "exited", "erased"}
    assert any(b'"erased":true' in line for line in documents)
    assert len(letters) == sum(counts.dead_letters.values())


@pytest.mark.parametrize(("mode", "parallelism"), [("thread", 3), ("process", 2)])  # below: thread, 1
def test_run_equals_replay(
    flink: EmbeddedFlink, tmp_path: Path, mode: Literal["thread", "process"], parallelism: int
) -> None:
    source = tmp_path / "events.jsonl"
    source.write_bytes(b"\n".join(STREAM))
    check(flink, source, tmp_path / "out", mode=mode, parallelism=parallelism)


def test_until_is_the_end_of_time(flink: EmbeddedFlink, tmp_path: Path) -> None:
    source = tmp_path / "events.jsonl"
    source.write_bytes(b"\n".join(STREAM))
    for number, until_ms in enumerate([START_MS + 3 * DAY_MS, START_MS + 60 * DAY_MS]):
        check(flink, source, tmp_path / f"out{number}", until_ms=until_ms)


def test_a_folder_is_one_input_in_name_order(flink: EmbeddedFlink, tmp_path: Path) -> None:
    folder = tmp_path / "events"
    folder.mkdir()
    (folder / "b.jsonl").write_bytes(b"\r\n".join(STREAM[3_000:]))
    (folder / "a-2.jsonl.gz").write_bytes(
        gzip.compress(b"\n".join(STREAM[1_000:2_000]) + b"\n") + gzip.compress(b"\n".join(STREAM[2_000:3_000]))
    )
    (folder / "a-1.jsonl").write_bytes(b"\n".join(STREAM[:1_000]))
    (folder / ".hidden").write_bytes(b"nothing")
    check(flink, folder, tmp_path / "out", settings={"livesegments.shards": "5", "livesegments.profiles.decoded": "3"})


def test_a_gzip_file_is_read(flink: EmbeddedFlink, tmp_path: Path) -> None:
    source = tmp_path / "events 100%.jsonl.gz"
    source.write_bytes(gzip.compress(b"\n".join(STREAM[:2_000])) + gzip.compress(b"\n" + b"\n".join(STREAM[2_000:])))
    check(flink, source, tmp_path / "it's out", settings={"livesegments.batch.events": "2"})


@pytest.mark.parametrize("content", [b"", b"\n  \n", b"no event"])
def test_input_without_events_ends(flink: EmbeddedFlink, tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "events.jsonl"
    source.write_bytes(content)
    summary = flink.run(make_job(DEFINITION, events=source, out=tmp_path / "out"))
    letters = {"invalid_json": 1} if content.strip() else {}
    assert summary.counts == Counts(events=len(letters), dead_letters=letters)


def check(
    flink: EmbeddedFlink,
    source: Path,
    out: Path,
    *,
    until_ms: int | None = None,
    mode: Literal["thread", "process"] = "thread",
    parallelism: int = 1,
    settings: dict[str, str] | None = None,
) -> None:
    followed: list[bytes] = []
    summary = flink.run(
        make_job(
            DEFINITION,
            events=source,
            out=out,
            until_ms=until_ms,
            mode=mode,
            parallelism=parallelism,
            settings=settings,
        ),
        on_change=followed.append,
    )
    changes, counts, documents, letters = expected(until_ms)
    found = by_user(lines_of(out / "segment-changes"))
    assert found.keys() == changes.keys()
    for user, told in changes.items():
        assert found[user] == told
    assert summary.counts == counts
    assert counts.events == counts.applied + counts.duplicates + counts.ignored + sum(counts.dead_letters.values())
    assert sorted(lines_of(out / "profiles")) == documents
    found_letters = [json.loads(line) for line in lines_of(out / "dead-letters")]
    assert sorted((letter["reason"], letter["message"]) for letter in found_letters) == letters
    assert sorted(followed) == sorted(line for lines in changes.values() for line in lines)
