"""A run with `--quiet-until` is what the pure core does: silence, then what differs from the run before, then all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import pytest

from flink.streams import DEFINITION, START_MS, by_user, events, lines_of
from livesegments.core.definition import parse_definition
from livesegments.core.errors import EdgeError
from livesegments.core.replay import Replay
from livesegments.core.standings import standings_of
from livesegments.core.takeover import TakingOver
from livesegments.core.times import DAY_MS, NEVER, format_time
from livesegments.flink.edges import packaged_edge
from livesegments.flink.embedded import EmbeddedFlink
from livesegments.flink.job import make_job

STREAM = events(3_000, 150, seed=9)
NEW = parse_definition(
    DEFINITION.text.replace("revenue_3d >= 60", "revenue_3d >= 50")
    .replace("  fans: {when: 'brand_views_2d >= 2'}", "  loyal: {when: 'orders >= 3'}")
    .replace("days_since_order > 1.5", "days_since_order > 1")
)
CUT_MS = START_MS + 6 * DAY_MS


@pytest.mark.flink
@pytest.mark.parametrize(("mode", "parallelism"), [("thread", 1), ("process", 2)])
def test_a_run_takes_over_as_the_core_does(
    flink: EmbeddedFlink, tmp_path: Path, mode: Literal["thread", "process"], parallelism: int
) -> None:
    source, old, new = tmp_path / "events.jsonl", tmp_path / "old", tmp_path / "new"
    source.write_bytes(b"\n".join(STREAM))
    flink.run(make_job(DEFINITION, events=source, out=old, parallelism=parallelism, mode=mode))
    job = make_job(NEW, events=source, out=new, parallelism=parallelism, mode=mode, quiet_until_ms=CUT_MS, baseline=old)
    flink.run(job)
    before = lines_of(old / "segment-changes")
    replay = Replay(TakingOver(NEW, None, CUT_MS, standings_of(before, CUT_MS)))
    expected = [change.encode() for change in replay.run(STREAM)]
    found = lines_of(new / "segment-changes")
    assert by_user(found) == by_user(expected)
    assert sorted(lines_of(new / "profiles")) == sorted(replay.documents())
    cut = format_time(CUT_MS)
    told = [json.loads(line) for line in found]
    assert sum(change["data"]["cause"]["kind"] == "definition" for change in told) > 50
    assert min(change["time"] for change in told) == cut
    ids = [change["id"] for change in told]
    ids += [change["id"] for line in before if (change := json.loads(line))["time"] < cut]
    assert len(set(ids)) == len(ids)


def test_both_options_are_needed_and_something_to_take_over_from(tmp_path: Path) -> None:
    (tmp_path / "old" / "segment-changes").mkdir(parents=True)
    (tmp_path / "old" / "segment-changes" / "part").write_text("{}\n")
    edges = packaged_edge("kafka.sql")
    for options, message in (
        ({"quiet_until_ms": 1}, "required --quiet-until TIME and --baseline PATH together, found --quiet-until alone"),
        ({"baseline": tmp_path}, "found --baseline alone"),
        ({"quiet_until_ms": NEVER, "baseline": tmp_path}, "required --quiet-until never without --baseline"),
        ({"quiet_until_ms": 1, "baseline": tmp_path}, "required the folder of a run, found no segment-changes in it"),
        ({"quiet_until_ms": 1, "baseline": tmp_path / "old"}, "required what `livesegments run` writes there, found"),
        ({"quiet_until_ms": 1, "baseline": tmp_path / "none"}, "required the folder of a run or a DDL file, found"),
        ({"quiet_until_ms": 4_000_000_000_000, "baseline": edges}, "required a time that has come"),
        ({"quiet_until_ms": 1, "baseline": edges, "edges": edges}, "required a topic of profiles that this job does"),
        ({"quiet_until_ms": 1, "baseline": packaged_edge("files.sql")}, "required a topic of Kafka, found connector"),
    ):
        with pytest.raises(EdgeError) as raised:
            make_job(NEW, **{"events": tmp_path, "out": tmp_path / "new", **options})
        assert message in str(raised.value)
    assert make_job(NEW, events=tmp_path, out=tmp_path, quiet_until_ms=NEVER).takeover is not None
