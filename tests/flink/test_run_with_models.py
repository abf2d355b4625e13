"""Runs over files with clusters: learned in a first pass, used in a second, as replay does."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import subprocess
import time
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import pytest

from children import children_of, command_of
from flink.streams import CLUSTERED, START_MS, SUBTASKS, by_user, events, learned, lines_of, replayed
from livesegments.core.errors import EdgeError, LivesegmentsError
from livesegments.core.times import DAY_MS
from livesegments.flink import first_pass
from livesegments.flink.edges import packaged_edge
from livesegments.flink.embedded import EmbeddedFlink
from livesegments.flink.job import make_job
from livesegments.flink.progress import Progress

pytestmark = pytest.mark.flink

STREAM = events(4_000, 200, seed=7)


@pytest.fixture(scope="module")
def models() -> list[bytes]:
    return learned(STREAM, CLUSTERED)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"\n".join(STREAM))
    return path


def test_stream_moves_users_and_models(models: list[bytes]) -> None:
    assert len(models) >= 8
    changes, *_ = replayed(STREAM, CLUSTERED, models=models)
    told = [json.loads(line)["data"] for lines in changes.values() for line in lines]
    assert {change.get("moved") for change in told} == {None, "user_moved", "model_moved"}
    assert any(change.get("segment") == "regulars" for change in told)


@pytest.fixture
def own_edges(tmp_path: Path) -> Path:
    """The packaged edges as a user's own, of which only Flink knows what the events are."""
    return Path(shutil.copy(packaged_edge("files.sql"), tmp_path))


@pytest.mark.parametrize(("mode", "is_learned_by_flink"), [("thread", False), ("thread", True), ("process", True)])
def test_run_equals_replay(
    flink: EmbeddedFlink,
    tmp_path: Path,
    source: Path,
    own_edges: Path,
    models: list[bytes],
    mode: Literal["thread", "process"],
    is_learned_by_flink: bool,
) -> None:
    """Processes that use what a first pass learned: test_run_with_predictions.py."""
    out = tmp_path / "out"
    said: list[str] = []
    edges = own_edges if is_learned_by_flink else None
    job = make_job(CLUSTERED, events=source, out=out, edges=edges, mode=mode, parallelism=SUBTASKS[mode])
    flink.run(job, Progress(said.append))
    assert lines_of(out / "segment-models") == models
    check(out, models)
    assert any("first pass: learning the models" in line for line in said)
    assert any(f"second pass: segmenting with {len(models)} versions" in line for line in said)


def test_given_models_are_used_and_none_are_learned(
    flink: EmbeddedFlink, tmp_path: Path, source: Path, models: list[bytes]
) -> None:
    file = tmp_path / "models.jsonl"
    file.write_bytes(b"\n".join(models[:3]))
    flink.run(make_job(CLUSTERED, events=source, out=tmp_path / "out", models=file))
    assert not lines_of(tmp_path / "out" / "segment-models")
    check(tmp_path / "out", models[:3])


def test_nothing_is_learned_after_until(flink: EmbeddedFlink, tmp_path: Path, source: Path) -> None:
    until_ms = START_MS + 8 * DAY_MS
    flink.run(make_job(CLUSTERED, events=source, out=tmp_path / "out", until_ms=until_ms))
    models = learned(STREAM, CLUSTERED, until_ms)
    assert lines_of(tmp_path / "out" / "segment-models") == models
    check(tmp_path / "out", models, until_ms)


@pytest.mark.parametrize("is_learned_by_flink", [False, True])
def test_models_are_learned_from_the_sample_and_used_for_everybody(
    flink: EmbeddedFlink, tmp_path: Path, source: Path, own_edges: Path, is_learned_by_flink: bool
) -> None:
    settings = {"livesegments.learner.share-per-mille": "400", "livesegments.batch.events": "7"}
    edges = own_edges if is_learned_by_flink else None
    flink.run(make_job(CLUSTERED, events=source, out=tmp_path / "out", edges=edges, settings=settings))
    models = learned(STREAM, CLUSTERED, per_mille=400)
    assert lines_of(tmp_path / "out" / "segment-models") == models
    check(tmp_path / "out", models)


def test_an_input_that_cannot_be_learned_from_is_told(flink: EmbeddedFlink, tmp_path: Path) -> None:
    source = tmp_path / "events.jsonl.gz"
    source.write_bytes(gzip.compress(b"\n".join(STREAM))[:-2_000])
    with pytest.raises(
        EdgeError, match=r"learning the models failed: .*required a complete file, found: Compressed file ended"
    ):
        flink.run(make_job(CLUSTERED, events=source, out=tmp_path / "out"))


def test_learning_that_breaks_ends_the_run(
    flink: EmbeddedFlink, tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Held(subprocess.Popen[bytes]):
        """Stands still from its start, so that it cannot be done before it is killed."""

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.send_signal(signal.SIGSTOP)

    monkeypatch.setattr(first_pass, "subprocess", SimpleNamespace(Popen=Held, PIPE=subprocess.PIPE))
    progress = Progress()
    job = flink.submit(make_job(CLUSTERED, events=source, out=tmp_path / "out"), progress)
    learning = [found for found in children_of(os.getpid()) if b"first_pass" in command_of(found)]
    assert len(learning) == 1
    os.kill(learning[0], signal.SIGKILL)
    with pytest.raises(LivesegmentsError, match="learning the models failed: it ended with -9"):
        job.wait()
    while not job.is_done:  # the time limit of the test says when it never ends
        time.sleep(0.05)


def test_too_few_events_give_no_model(flink: EmbeddedFlink, tmp_path: Path) -> None:
    source = tmp_path / "one.jsonl"
    source.write_bytes(b"no event")
    summary = flink.run(make_job(CLUSTERED, events=source, out=tmp_path / "out"))
    assert summary.counts is not None
    assert summary.counts.dead_letters == {"invalid_json": 1}
    assert not lines_of(tmp_path / "out" / "segment-models")


def check(out: Path, models: list[bytes], until_ms: int | None = None) -> None:
    changes, documents = expected(tuple(models), until_ms)
    found = by_user(lines_of(out / "segment-changes"))
    assert found.keys() == changes.keys()
    for user, told in changes.items():
        assert found[user] == told
    assert sorted(lines_of(out / "profiles")) == documents


@cache
def expected(models: tuple[bytes, ...], until_ms: int | None) -> tuple[dict[str, list[bytes]], list[bytes]]:
    changes, _, documents, _ = replayed(STREAM, CLUSTERED, until_ms, models)
    return changes, documents
