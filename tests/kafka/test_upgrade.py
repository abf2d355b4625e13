"""Stop with a savepoint and go on: with another parallelism, with an edited definition; nothing lost or invented."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flink_cluster import FlinkCluster
from flink_jobs import FlinkJob
from long_stream import END_GAP_MS, TEXT, end_event, long_stream, replayed
from shop_topics import FAST_TIME, ShopTopics, check_sequences

from livesegments.core.times import parse_time

pytestmark = pytest.mark.kafka

EVENTS = 9_000


def test_savepoints_survive_another_parallelism_and_an_edited_definition(
    cluster: FlinkCluster, topics: Callable[..., ShopTopics], tmp_path: Path
) -> None:
    shop = topics(settings=FAST_TIME)
    stream = list(long_stream(EVENTS, 300, seed=6))
    end_ms = parse_time(json.loads(stream[-1][1])["timestamp"]) + END_GAP_MS
    ends = [end_event(partition, end_ms) for partition in range(shop.partitions)]
    parts = [stream[: EVENTS // 3], stream[EVENTS // 3 : 2 * EVENTS // 3], stream[2 * EVENTS // 3 :]]
    before, edited = tmp_path / "segments.yaml", tmp_path / "edited.yaml"
    before.write_text(TEXT)
    edited.write_text(TEXT.replace("views_30m >= 3", "views_30m >= 2").replace("  lapsing:", "  dozing:"))

    cluster.have_task_managers(3)
    savepoint = None
    for parallelism, part in zip((1, 3), parts, strict=False):
        with FlinkJob(cluster, before, shop.variables, parallelism=parallelism, start_from=savepoint) as job:
            _send(shop, part)
            _settle(shop)
            savepoint = job.stop_with_savepoint()
    so_far = shop.by_user()
    check_sequences(so_far)
    expected, _ = replayed([event for _, event in parts[0] + parts[1]], _last_ms(parts[1]))
    assert {user: rows[: len(expected.get(user, []))] for user, rows in so_far.items()} == {
        user: expected.get(user, []) for user in so_far
    }

    with FlinkJob(cluster, edited, shop.variables, parallelism=2, start_from=savepoint) as job:
        _send(shop, parts[2])
        with shop.producer() as send:
            for partition, event in enumerate(ends):
                send(event, json.loads(event)["userId"], partition)
        shop.wait("profiles", lambda _: all(f"end-{n}" in shop.latest("profiles") for n in range(shop.partitions)))
        _settle(shop)
        assert job.restarts() == 0
    changes = shop.by_user()
    check_sequences(changes)
    assert all(rows[: len(so_far.get(user, []))] == so_far.get(user, []) for user, rows in changes.items())
    after = [json.loads(row) for user, rows in changes.items() for row in rows[len(so_far.get(user, [])) :]]
    by_edit = [row["data"] for row in after if row["data"]["cause"]["kind"] == "definition"]
    assert by_edit
    assert {(data["segment"], data["change"]) for data in by_edit} <= {
        ("browsing", "entered"),
        ("hot", "entered"),
        ("dozing", "entered"),
    }
    untouched, _ = replayed([event for _, event in stream] + ends, end_ms)
    for segment in ("buyers", "spenders"):  # as if nothing had been edited
        assert _steps(changes, segment) == _steps(untouched, segment)
    orders: dict[str, int] = {}
    for user, event in stream:
        orders[user] = orders.get(user, 0) + (json.loads(event)["event"] == "Order Completed")
    profiles = {user: json.loads(row)["features"]["orders"] for user, row in shop.latest("profiles").items()}
    assert {user: profiles[user] for user in orders} == orders
    assert shop.read("dead-letters") == []


def _send(shop: ShopTopics, part: list[tuple[str, bytes]]) -> None:
    with shop.producer() as send:
        for user, event in part:
            send(event, user)


def _settle(shop: ShopTopics) -> None:
    """Wait until no more changes come for a few checkpoints."""
    count, since = -1, time.monotonic()
    while time.monotonic() - since < 4:
        if len(shop.read("segment-changes")) != count:
            count, since = len(shop.read("segment-changes")), time.monotonic()


def _last_ms(part: list[tuple[str, bytes]]) -> int:
    return parse_time(json.loads(part[-1][1])["timestamp"])


def _steps(changes: dict[str, list[bytes]], segment: str) -> set[tuple[str, str, str]]:
    rows = [json.loads(row) for rows in changes.values() for row in rows]
    return {
        (row["subject"], row["time"], row["data"]["change"]) for row in rows if row["data"].get("segment") == segment
    }
