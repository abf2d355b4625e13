"""Every golden stream through the embedded job gives the changes that stand beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from flink.streams import lines_of
from livesegments.flink.embedded import EmbeddedFlink
from livesegments.flink.job import make_job
from streams.stories import NAMES, story

pytestmark = pytest.mark.flink


@pytest.mark.parametrize("name", NAMES)
def test_a_story_gives_its_changes_in_the_job(flink: EmbeddedFlink, tmp_path: Path, name: str) -> None:
    told = story(name)
    flink.run(make_job(told.definition, events=told.events, out=tmp_path / "out", until_ms=told.until_ms))
    assert lines_of(tmp_path / "out" / "segment-changes") == told.changes.read_bytes().splitlines(), told.tells
