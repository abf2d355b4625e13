"""A live job that learns: versions reach every user, cost no time, and outlive a restart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import pytest

from flink.live import LiveJob, event, wait_for_checkpoints
from flink.streams import learned
from livesegments.core.definition import parse_definition
from livesegments.core.times import format_time
from livesegments.files.follow import LineFollower
from livesegments.flink.embedded import EmbeddedFlink

pytestmark = pytest.mark.flink

START_MS = 1_600_000_000_000  # years ago
PLAIN = parse_definition("""
version: 1
features:
  orders_2s: {count: Order Completed, within: 2s}
  orders: {count: Order Completed}
  views: {count: Product Viewed}
segments:
  active: {when: 'orders_2s >= 1'}
""")
DEFINITION = parse_definition(
    PLAIN.text.replace("segments:", "  habit: {cluster: habits}\nsegments:\n  keen: {when: 'habit == \"Orders\"'}")
    + """
clusters:
  habits:
    features: [orders, views]
    clusters: 2
    names: [Looks, Orders]
    warm_up: 10
    interval: 4s
"""
)


def stream(first: int, count: int, start_ms: int = START_MS) -> list[bytes]:
    """Give events of two kinds of users, those who order and those who look, in the order of their times."""
    lines = []
    for number in range(first, first + count):
        user, name = (f"keen{number % 3}", "Order Completed") if number % 2 else (f"idle{number % 7}", "Product Viewed")
        lines.append(event(user, start_ms + 100 * number, number, name))
    return lines


def versions(rows: list[dict[str, Any]]) -> list[int]:
    return [row["model"]["version"] for row in rows]


def moves(rows: list[dict[str, Any]]) -> dict[str, str]:
    """Give each user's first cluster and the version that told it."""
    told = [row["data"] for row in rows if row["type"] == "livesegments.cluster.changed.v1"]
    return {data["user_id"]: f"{data['after']} by {data['model_version']}" for data in reversed(told)}


def orders_by(rows: list[dict[str, Any]]) -> set[str]:
    """Give what `moves` may say of those who order: versions come with time, so a slow machine has more of them."""
    return {f"Orders by habits/{version}" for version in versions(rows)}


def exits(rows: list[dict[str, Any]]) -> dict[str, str]:
    return {row["subject"]: row["time"] for row in rows if row["data"].get("change") == "exited"}


def copies_in(savepoint: str, records: list[bytes]) -> list[int]:
    """Count how often the files of a savepoint hold each record."""
    files = [file.read_bytes() for file in Path(savepoint.removeprefix("file:")).rglob("*") if file.is_file()]
    return [sum(content.count(record) for content in files) for record in records]


def test_a_version_reaches_every_shard_and_time_goes_on(flink: EmbeddedFlink, tmp_path: Path) -> None:
    with LiveJob(flink, tmp_path, DEFINITION, parallelism=2) as job:
        job.feed(*stream(0, 60))
        changes = job.wait("segment-changes", lambda rows: len(exits(rows)) == 3)  # the learner has nothing to do
        job.wait("segment-models", lambda rows: len(rows) >= 1)
        users = [f"new{number}" for number in range(12)]
        job.feed(*(event(user, START_MS + 60_000 + n, 1_000 + n) for n, user in enumerate(users)))
        changes = job.wait("segment-changes", lambda rows: moves(rows).keys() >= set(users))
        changes = job.wait("segment-changes", lambda rows: len(exits(rows)) == 15)
        models = job.wait("segment-models", lambda rows: {moves(changes)[user] for user in users} <= orders_by(rows))
    last = {"keen0": 57, "keen1": 55, "keen2": 59}
    due = {user: format_time(START_MS + 100 * number + 2_000) for user, number in last.items()}
    assert {user: exits(changes)[user] for user in last} == due
    assert versions(models) == list(range(1, len(models) + 1))
    by_model = [row["data"] for row in changes if row["data"].get("segment") == "keen"]
    assert {data["user_id"] for data in by_model} >= set(users)


@pytest.mark.parametrize(("mode", "subtasks", "later"), [("thread", 2, 3), ("process", 1, 2)])
def test_a_restart_changes_nothing_of_what_is_learned(
    flink: EmbeddedFlink, tmp_path: Path, mode: Literal["thread", "process"], subtasks: int, later: int
) -> None:
    later_ms = START_MS + 3_600_000
    first, second = stream(0, 130), stream(130, 200, later_ms)
    expected = [json.loads(record) for record in learned([*first, *second], DEFINITION)[:-1]]
    users = [f"new{number}" for number in range(16)]  # in every shard, so in every subtask
    late_ms = expected[2]["model"]["effective_at"]
    kept = tmp_path / "checkpoints"
    settings = {"execution.checkpointing.dir": kept.as_uri()}
    with LiveJob(flink, tmp_path, DEFINITION, mode=mode, parallelism=subtasks, settings=settings) as job:
        job.feed(*first)
        job.wait("segment-models", lambda rows: len(rows) >= 3)
        wait_for_checkpoints(kept)  # all tasks run, not only those that learn
        place = job.job.stop_with_savepoint(tmp_path / "savepoints")
        before = LineFollower(job.out / "segment-models").poll()
    assert copies_in(place, before) == [1] * len(before)  # whatever the shards and subtasks
    settings["execution.state-recovery.path"] = place
    with LiveJob(flink, tmp_path, DEFINITION, mode=mode, parallelism=later, settings=settings) as job:
        job.feed(*second)
        models = job.wait("segment-models", lambda rows: len(rows) >= len(expected))
        wait_for_checkpoints(kept)
        place = job.job.stop_with_savepoint(tmp_path / "later")
    assert copies_in(place, before) == [1] * len(before)  # though every subtask had all of them
    settings = {"execution.state-recovery.path": place}
    with LiveJob(flink, tmp_path, DEFINITION, mode=mode, parallelism=subtasks, settings=settings) as job:
        # No version comes before them.
        job.feed(*(event(user, late_ms, 1_000 + number) for number, user in enumerate(users)))
        changes = job.wait("segment-changes", lambda rows: moves(rows).keys() >= set(users))
    assert len(expected) > 8
    assert models[: len(expected)] == expected  # time goes on, and versions with it
    assert {moves(changes)[user] for user in users} == {"Orders by habits/3"}  # of before the restart


def test_a_job_begins_with_given_models_and_goes_on_from_them(flink: EmbeddedFlink, tmp_path: Path) -> None:
    file = tmp_path / "models.jsonl"
    file.write_bytes(b"\n".join(learned(stream(0, 100), DEFINITION)))
    with LiveJob(flink, tmp_path, DEFINITION, models=file) as job:
        job.feed(event("new", START_MS + 60_000, 1_000))
        changes = job.wait("segment-changes", lambda rows: "new" in moves(rows))
        assert moves(changes)["new"] == "Orders by habits/2"
        job.feed(*stream(0, 100, START_MS + 120_000))
        models = job.wait("segment-models", lambda rows: len(rows) >= 2)
    assert versions(models)[:2] == [3, 4]


def test_a_job_takes_up_models_and_lets_go_of_them_with_its_state(flink: EmbeddedFlink, tmp_path: Path) -> None:
    def orders(rows: list[dict[str, Any]]) -> int:
        return max((row["features"]["orders"] for row in rows if row["user_id"] == "keen0"), default=0)

    with LiveJob(flink, tmp_path, PLAIN) as job:
        job.feed(*stream(0, 60))
        job.wait("segment-changes", lambda rows: len(exits(rows)) == 3)
        place = job.job.stop_with_savepoint(tmp_path / "savepoints")
    settings = {"execution.state-recovery.path": place}
    with LiveJob(flink, tmp_path, DEFINITION, settings=settings) as job:
        job.feed(*stream(60, 60, START_MS + 60_000))
        job.wait("segment-models", lambda rows: len(rows) >= 1)
        job.feed(event("keen0", START_MS + 120_000, 1_000))
        changes = job.wait("segment-changes", lambda rows: "keen0" in moves(rows))
        job.wait("segment-models", lambda rows: moves(changes)["keen0"] in orders_by(rows))
        job.wait("profiles", lambda rows: orders(rows) == 21)
        place = job.job.stop_with_savepoint(tmp_path / "savepoints")
    settings = {"execution.state-recovery.path": place, "execution.state-recovery.ignore-unclaimed-state": "true"}
    with LiveJob(flink, tmp_path, PLAIN, settings=settings) as job:
        job.feed(event("keen0", START_MS + 180_000, 1_001))
        job.wait("profiles", lambda rows: orders(rows) == 22)
