"""A new definition takes over from a running job: quiet up to a time, then what differs; stopped, then killed."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flink_cluster import FlinkCluster
from flink_jobs import ROOT, FlinkJob
from long_stream import END_GAP_MS, TEXT, end_event, long_stream, replayed
from senders import Sender
from shop_topics import FAST_TIME, ShopTopics, check_sequences, each_key_once, first_difference

from livesegments.core.definition import parse_definition
from livesegments.core.replay import Replay
from livesegments.core.standings import standings_of
from livesegments.core.step import Engine
from livesegments.core.takeover import TakingOver
from livesegments.core.times import format_time, parse_time

pytestmark = pytest.mark.kafka

EVENTS = 12_000
USERS = 500
SECONDS = 10  # for the last part, which comes while the new job runs
NEW = (
    TEXT.replace("views_30m >= 3", "views_30m >= 2")
    .replace("revenue_6h >= 60", "revenue_6h >= 45")
    .replace("  lapsing: {when: 'orders >= 2 &&", "  loyal: {when: 'orders >= 4'}\n  dozing: {when: 'orders >= 2 &&")
)


def test_the_old_jobs_changes_and_then_the_new_ones_tell_one_story(
    cluster: FlinkCluster, topics: Callable[..., ShopTopics], tmp_path: Path
) -> None:
    old, new = topics(settings=FAST_TIME), topics(settings=FAST_TIME)
    variables = {**new.variables, "EVENTS_TOPIC": old.topics["events"]}
    stream = list(long_stream(EVENTS, USERS, seed=20))
    end_ms = time_of(stream[-1][1]) + END_GAP_MS
    ends = [end_event(partition, end_ms) for partition in range(old.partitions)]
    first, rest = stream[: 3 * EVENTS // 4], stream[3 * EVENTS // 4 :]
    cut_ms = time_of(stream[EVENTS // 2][1])
    lines = [event for _, event in stream] + ends
    before, _ = replayed(lines, end_ms)
    early = [one for records in before.values() for one in records if time_of(one) < cut_ms]
    expected, members = taken_over(lines, end_ms, cut_ms, early)
    for name, text in (("old.yaml", TEXT), ("new.yaml", NEW)):
        (tmp_path / name).write_text(text)
    quiet = ("--quiet-until", format_time(cut_ms), "--baseline", str(edges_of(old, tmp_path / "old.sql")))

    cluster.have_task_managers(2)
    sender = Sender(old, rest, ends, SECONDS)
    with FlinkJob(cluster, tmp_path / "old.yaml", old.variables, parallelism=1):
        with old.producer() as send:
            for user, event in first:
                send(event, user)
        # the time must have come: all that the old job tells of before it is there when the new one starts
        old.wait("segment-changes", lambda rows: sum(time_of(row) < cut_ms for row in rows) >= len(early))
        with FlinkJob(cluster, tmp_path / "new.yaml", variables, parallelism=1, arguments=quiet) as job:
            job.next_checkpoint()
            savepoint = job.stop_with_savepoint()  # while it is quiet
        restarted = FlinkJob(
            cluster, tmp_path / "new.yaml", variables, parallelism=1, arguments=quiet, start_from=savepoint
        )
        with restarted as job:
            sender.start()
            job.survive_kill(job.task_manager())  # and this in the midst of those of after
            sender.release()
            sender.join()
            wanted = sum(map(len, before.values()))
            old.wait("segment-changes", lambda rows: len(rows) >= wanted, seconds=150)
            new.wait("segment-changes", lambda rows: len(rows) >= sum(map(len, expected.values())), seconds=150)
            job.next_checkpoint()
            new.wait_for_profiles(lambda found: segments_in(found) == members)

    told = old.by_user()
    assert first_difference(told, before) == ""
    found = new.by_user()
    assert first_difference(found, expected) == ""
    assert each_key_once(new.read("segment-changes"))
    assert segments_in(new.latest("profiles")) == members
    union = {
        user: [one for one in told.get(user, []) if time_of(one) < cut_ms] + found.get(user, [])
        for user in {*told, *found}
    }
    check_sequences({user: records for user, records in union.items() if records})
    for records in union.values():
        for one, other in itertools.pairwise(json.loads(record)["data"] for record in records):
            assert other["segments_before"] == one["segments_after"]
    assert new.read("dead-letters") == []


def taken_over(
    lines: list[bytes], end_ms: int, cut_ms: int, early: list[bytes]
) -> tuple[dict[str, list[bytes]], dict[str, list[str]]]:
    """Give the changes of the core that takes over, by user, and the segments that each user is in at the end.

    They are checked against those of a job that had the new definition all the time.
    """
    definition = parse_definition(NEW)
    replay = Replay(TakingOver(definition, None, cut_ms, standings_of(early, cut_ms)), end_ms)
    expected: dict[str, list[bytes]] = {}
    for change in replay.run(lines):
        expected.setdefault(change.detail.user_id, []).append(change.encode())
    alone = Replay(Engine(definition), end_ms)
    always = [essence(change.encode()) for change in alone.run(lines) if change.time_ms >= cut_ms]
    told = [json.loads(record) for records in expected.values() for record in records]
    bridge = [one for one in told if one["data"]["cause"]["kind"] == "definition"]
    assert len(bridge) > 100
    assert {one["time"] for one in bridge} == {format_time(cut_ms)}
    rest = [essence(record) for records in expected.values() for record in records]
    assert sorted(one for one in rest if '"kind": "definition"' not in one) == sorted(always)
    documents = [json.loads(document) for document in alone.documents()]
    return expected, {document["user_id"]: document["segments"] for document in documents}


def segments_in(profiles: dict[str, bytes]) -> dict[str, list[str]]:
    return {user: json.loads(row)["segments"] for user, row in profiles.items()}


def essence(record: bytes) -> str:
    """Give all of a change but its number."""
    change = json.loads(record)
    return json.dumps({**change, "id": None, "data": {**change["data"], "sequence": None}}, sort_keys=True)


def edges_of(shop: ShopTopics, file: Path) -> Path:
    """Write the DDL file of a job whose topics are named in it."""
    text = (ROOT / "flink-conf" / "edges" / "kafka.sql").read_text()
    for kind, name in (
        ("CHANGES_TOPIC", "segment-changes"),
        ("PROFILES_TOPIC", "profiles"),
        ("EVENTS_TOPIC", "events"),
    ):
        head, _, tail = text.partition(f"${{{kind}:-")
        text = head + shop.topics[name] + tail[tail.index("}") + 1 :]
    file.write_text(text)
    return file


def time_of(record: bytes | dict[str, Any]) -> int:
    found = json.loads(record) if isinstance(record, bytes) else record
    return parse_time(found.get("timestamp") or found["time"])
