"""Events that are sent again count nothing twice, and a limit that would let them is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.test_mistakes import livesegments
from core.samples import line

DEFINITION = """\
limits: {{message_ids: {ids}}}
features:
  views: {{count: Product Viewed}}
segments:
  busy: {{when: 'views >= 300'}}
"""


@pytest.mark.parametrize(("ids", "views", "told"), [(10_000, 400, False), (100, 800, True)])
def test_a_file_twice(tmp_path: Path, ids: int, views: int, told: bool) -> None:
    (tmp_path / "segments.yaml").write_text(DEFINITION.format(ids=ids))
    once = b"\n".join(line(day=index / 200) for index in range(400)) + b"\n"
    (tmp_path / "events.jsonl").write_bytes(once + once)
    ran = livesegments(tmp_path, "replay", "events.jsonl", "--profiles", "profiles.jsonl")
    [profile] = map(json.loads, (tmp_path / "profiles.jsonl").read_text().splitlines())
    assert profile["features"]["views"] == views
    assert ("message ids were forgotten too soon" in ran.stderr) is told
