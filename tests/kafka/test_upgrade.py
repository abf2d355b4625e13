"""Stop with a savepoint and go on: with another parallelism, new code, an edited definition; all as replay says."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from flink_cluster import ROOT, FlinkCluster
from flink_jobs import FlinkJob
from long_stream import END_GAP_MS, START_MS, TEXT, end_event, long_stream
from shop_topics import FAST_TIME, ShopTopics, check_sequences, first_difference

from livesegments.core.definition import parse_definition
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from livesegments.core.times import format_time, parse_time

pytestmark = pytest.mark.kafka

EVENTS = 6_000
DAYS = 3
EDITED = TEXT.replace("views_30m >= 3", "orders >= 1").replace("  lapsing:", "  dozing:")
OLD_NAME, NEW_NAME = b'"source":"livesegments"', b'"source":"livesegments-next"'


def test_savepoints_survive_another_parallelism_new_code_and_an_edited_definition(
    cluster: FlinkCluster, topics: Callable[..., ShopTopics], tmp_path: Path
) -> None:
    shop = topics(settings=FAST_TIME)
    stream = [event for _, event in long_stream(EVENTS, 200, seed=6)]
    half_ms, end_ms = (START_MS + days * 86_400_000 + END_GAP_MS for days in (DAYS, 2 * DAYS + 1))
    first, second = stream[: EVENTS // 3], stream[EVENTS // 3 : 2 * EVENTS // 3]
    third = [later(event, DAYS) for event in stream[2 * EVENTS // 3 :]]
    second += [end_event(partition, half_ms) for partition in range(shop.partitions)]
    third += [later(end_event(partition + 10, end_ms), 0) for partition in range(shop.partitions)]
    before, edited = tmp_path / "segments.yaml", tmp_path / "edited.yaml"
    before.write_text(TEXT)
    edited.write_text(EDITED)
    old, new = Replay(Engine(parse_definition(TEXT)), half_ms), Replay(Engine(parse_definition(EDITED)), end_ms)
    expected: dict[str, list[bytes]] = {}
    for change in old.run(first + second):
        expected.setdefault(change.detail.user_id, []).append(change.encode())

    cluster.have_task_managers(2)
    with FlinkJob(cluster, before, shop.variables, parallelism=1) as job:
        send(shop, first)
        shop.wait("segment-changes", lambda rows: len(rows) > 200)  # in the midst of it
        savepoint = job.stop_with_savepoint()
    with FlinkJob(cluster, before, shop.variables, parallelism=2, start_from=savepoint) as job:
        send(shop, second)
        shop.wait("segment-changes", lambda rows: len(rows) >= sum(map(len, expected.values())))
        savepoint = job.stop_with_savepoint()
        assert job.restarts() == 0
    assert first_difference(shop.by_user(), expected) == ""

    for change in edited_and_replayed(old, new, third):
        record = change.replace(OLD_NAME, NEW_NAME)
        expected.setdefault(json.loads(record)["subject"], []).append(record)
    cluster.have_task_managers(0)  # they have the old code loaded
    cluster.have_task_managers(1)
    with FlinkJob(cluster, edited, shop.variables, parallelism=1, start_from=savepoint, jobs=new_code(tmp_path)) as job:
        send(shop, third)
        shop.wait("segment-changes", lambda rows: len(rows) >= sum(map(len, expected.values())))
        job.next_checkpoint()
        job.next_checkpoint()
        assert job.restarts() == 0
    cluster.have_task_managers(0)  # these have the new code
    changes = shop.by_user()
    check_sequences(changes)
    assert first_difference(changes, expected) == ""
    assert shop.read("dead-letters") == []


def edited_and_replayed(old: Replay, new: Replay, events: list[bytes]) -> list[bytes]:
    """Give the changes of what the old definition kept, evaluated again by the new one, and of more events."""
    new.profiles.stored.update(old.profiles.flush())
    by_edit = [change for user in new.profiles for change in new.engine.reconcile(new.profiles[user])]
    causes = {(change.detail.segment, change.detail.change) for change in by_edit}  # type: ignore[union-attr]
    assert causes >= {("browsing", "entered"), ("lapsing", "exited"), ("dozing", "entered")}
    assert {segment for segment, _ in causes} <= {"browsing", "hot", "lapsing", "dozing"}  # the others: untouched
    assert {change.detail.cause.kind for change in by_edit} == {"definition"}
    return [change.encode() for change in [*by_edit, *new.run(events)]]


def later(event: bytes, days: int) -> bytes:
    content = json.loads(event)
    time_ms = parse_time(content["timestamp"]) + days * 86_400_000
    return json.dumps({**content, "timestamp": format_time(time_ms)}).encode()


def new_code(folder: Path) -> Path:
    """Give a copy of our code that names itself otherwise."""
    jobs = folder / "jobs"
    shutil.copytree(ROOT / "jobs", jobs, ignore=shutil.ignore_patterns("__pycache__"))
    source = jobs / "livesegments" / "core" / "changes.py"
    text = source.read_text()
    assert '"livesegments"' in text
    source.write_text(text.replace('"livesegments"', '"livesegments-next"'))
    return jobs


def send(shop: ShopTopics, events: list[bytes]) -> None:
    ends = [event for event in events if json.loads(event)["userId"].startswith("end-")]
    shop.send(*events[: -len(ends) or None])
    with shop.producer() as send_one:
        for partition, event in enumerate(ends):
            send_one(event, json.loads(event)["userId"], partition)
