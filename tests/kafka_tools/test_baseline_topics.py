"""`--baseline FILE`: where the job between the topics of a DDL file left its users, against a real broker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from brokers import Broker
from kafka_tools.commands import make_topics
from kafka_tools.test_reading_topics import EDGES, send
from kafka_tools.test_watch_with_broker import produce
from livesegments.core.definition import parse_definition
from livesegments.core.errors import EdgeError
from livesegments.core.standings import Standing, unpack
from livesegments.core.times import format_time
from livesegments.flink.job import make_job

pytestmark = pytest.mark.kafka

DEFINITION = parse_definition("features: {orders: {count: Order Completed}}\nsegments: {vip: {when: 'orders >= 1'}}")
CUT_MS = 1_704_067_200_000


def change(number: int, time_ms: int, segment: str, before: list[str]) -> bytes:
    told: dict[str, Any] = {"user_id": "u", "sequence": number, "segment": segment, "change": "entered"}
    told |= {"segments_before": before, "segments_after": [*before, segment]}
    return json.dumps({"time": format_time(time_ms), "data": told}).encode()


@pytest.fixture
def old(broker: Broker, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Path:
    """Give the edges of a job that told of `u` before and after the time, of `w` only in a row, and lost `x`."""
    monkeypatch.chdir(tmp_path)
    prefix = make_topics(broker.bootstrap, 2, monkeypatch, capfd)
    row = json.dumps({"user_id": "w", "sequence": 3, "segments": ["vip"]}).encode()
    gone = json.dumps({"user_id": "x", "sequence": 2, "segments": ["vip"]}).encode()
    send(broker, prefix + "profiles", [("w", row), ("x", gone), ("x", None)])
    first, second = change(1, CUT_MS - 1_000, "vip", []), change(2, CUT_MS + 1_000, "new", ["vip"])
    send(broker, prefix + "changes", [("u", first), ("u", second)])
    produce(broker, prefix + "changes", [change(3, CUT_MS + 2_000, "a", [])], transactional_id=prefix)  # aborted
    return edges("old.sql", prefix + "profiles", prefix + "changes")


def edges(name: str, profiles: str, changes: str) -> Path:
    text = (EDGES / "kafka.sql").read_text().replace("${PROFILES_TOPIC:-profiles.v1}", profiles)
    Path(name).write_text(text.replace("${CHANGES_TOPIC:-segment-changes.v1}", changes))
    return Path(name)


def standings(old: Path, new: Path) -> list[Standing | None]:
    said: list[str] = []
    job = make_job(DEFINITION, edges=new, quiet_until_ms=CUT_MS, baseline=old, say=said.append)
    assert job.takeover is not None
    assert said == [f"--baseline old.sql: 2 users, the newest change at {format_time(CUT_MS + 1_000)}"]
    found = unpack(job.takeover.standings)
    return [found.get(user) for user in ("u", "w", "x")]


def test_with_topics_of_its_own_a_job_goes_on_from_where_users_were_at_the_time(old: Path) -> None:
    expected = [Standing(1, {"vip": CUT_MS - 1_000}), Standing(3, {"vip": None}), None]
    assert standings(old, edges("new.sql", "others", "more")) == expected


def test_into_the_same_topic_of_changes_it_goes_on_after_the_last_one(old: Path) -> None:
    topic = old.read_text().split("segment_changes (user_key STRING)\nWITH (\n  'topic' = '")[1].partition("'")[0]
    expected = Standing(2, {"vip": CUT_MS - 1_000, "new": CUT_MS + 1_000})
    assert standings(old, edges("new.sql", "others", topic))[0] == expected


def test_a_topic_that_is_not_there_is_told(old: Path) -> None:
    with pytest.raises(EdgeError, match="no-such-topic: required this topic"):
        standings(edges("old.sql", "no-such-topic", "x"), edges("new.sql", "others", "more"))
