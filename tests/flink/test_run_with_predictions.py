"""A run over a file with predictions of every kind: learned in a first pass, used in a second, as replay does."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Literal

import pytest

from core.samples import line
from flink.streams import by_user, learned, lines_of, replayed
from livesegments.flink.embedded import EmbeddedFlink
from livesegments.flink.job import make_job
from models.prediction_lines import DEFINITION, PREDICTIONS, shop_lines

pytestmark = pytest.mark.flink

ERASE = line("user-3", day=20, type="erase", event=None)
STREAM = [*shop_lines(until_day=20), ERASE, *shop_lines()[len(shop_lines(until_day=20)) :]]


@cache
def expected() -> list[bytes]:
    return learned(STREAM, DEFINITION)


@pytest.mark.parametrize(("mode", "parallelism"), [("thread", 3), ("process", 1)])
def test_run_equals_replay(
    flink: EmbeddedFlink, tmp_path: Path, mode: Literal["thread", "process"], parallelism: int
) -> None:
    source, out = tmp_path / "events.jsonl", tmp_path / "out"
    source.write_bytes(b"\n".join(STREAM))
    flink.run(make_job(DEFINITION, events=source, out=out, mode=mode, parallelism=parallelism))
    rows = expected()
    assert {json.loads(row).get("name") for row in rows} == set(PREDICTIONS)
    assert lines_of(out / "segment-models") == rows
    changes, _, documents, _ = replayed(STREAM, DEFINITION, None, rows)
    assert by_user(lines_of(out / "segment-changes")) == {user: told for user, told in changes.items() if told}
    assert sorted(lines_of(out / "profiles")) == documents
    assert any(json.loads(change)["data"].get("weights") for told in changes.values() for change in told)
