"""A job gains `identity:` from a savepoint, is rescaled and killed while visitors log in; all as replay says.

What becomes of a job when the JobManager is killed does not depend on `identity:`; see test_kill.py.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from flink_cluster import FlinkCluster
from flink_jobs import FlinkJob
from long_stream import END_GAP_MS, TEXT, end_event, long_stream
from shop_topics import FAST_TIME, ShopTopics, check_sequences, each_key_once, first_difference

from livesegments.core.definition import parse_definition
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from livesegments.core.times import parse_time

pytestmark = pytest.mark.kafka

EVENTS, USERS, PARTITIONS = 15_000, 400, 3
SECONDS = 20  # for most of the events that come while the job is killed
WITH_IDENTITY = TEXT + "identity: {keep: {events: 20, within: 1d}, links: 2d}\n"
Sent = tuple[int, str, bytes]  # partition, key, event


def visits(seed: int) -> list[Sent]:
    """Give events of people with cookies, each person and each shared device on one partition, in time order."""
    chance = random.Random(seed)
    found = []
    for number, (user, raw) in enumerate(long_stream(EVENTS, USERS, seed)):
        event, partition = json.loads(raw), int(user[1:]) % PARTITIONS
        cookie = f"c-{user}-{number // (EVENTS // 5)}" if chance.random() < 0.9 else f"home-{partition}"
        kind = chance.random()
        if kind < 0.6:
            event["anonymousId"] = cookie
        if kind < 0.45:
            del event["userId"]
        found.append((partition, event.get("userId") or event["anonymousId"], json.dumps(event).encode()))
    return found


def mark(name: str, after: bytes) -> list[Sent]:
    """Give for each partition an event whose change tells that all before it is done."""
    event = {"type": "track", "event": "Order Completed", "timestamp": json.loads(after)["timestamp"]}
    users = [(partition, f"{name}-{partition}") for partition in range(PARTITIONS)]
    return [(at, user, json.dumps({**event, "messageId": user, "userId": user}).encode()) for at, user in users]


def send(shop: ShopTopics, events: list[Sent]) -> None:
    with shop.producer() as send_one:
        for partition, key, event in events:
            send_one(event, key, partition)


def wait_for(cluster: FlinkCluster, shop: ShopTopics, name: str) -> None:
    """Wait for the changes of the marks; records are not decoded, for the job needs the machine."""
    marks = {f"{name}-{partition}".encode() for partition in range(PARTITIONS)}
    cluster.wait(lambda: marks <= {record.key for record in shop.read("segment-changes")}, f"the marks {name}")


class Sending(threading.Thread):
    """Sends events while the test does something else: the last fifth trickles until it is told to hurry."""

    def __init__(self, shop: ShopTopics, events: list[Sent], seconds: float) -> None:
        super().__init__(daemon=True)
        self.shop, self.events, self.seconds = shop, events, seconds
        self.sent = 0
        self.hurry = threading.Event()

    def run(self) -> None:
        with self.shop.producer() as send_one:
            for partition, key, event in self.events:
                send_one(event, key, partition)
                self.sent += 1
                if self.sent > 0.8 * len(self.events):
                    self.hurry.wait(0.3)
                elif self.sent % 50 == 0:
                    self.hurry.wait(50 * self.seconds / len(self.events))


def test_visitors_become_users_whatever_happens_to_the_job(
    cluster: FlinkCluster, topics: Callable[..., ShopTopics], tmp_path: Path
) -> None:
    chance = random.Random(4)
    shop = topics(partitions=PARTITIONS, settings=FAST_TIME)
    stream = visits(seed=8)
    parts = [stream[: EVENTS // 4], stream[EVENTS // 4 : 3 * EVENTS // 4], stream[3 * EVENTS // 4 :]]
    parts[0] += mark("one", parts[0][-1][2])
    end_ms = parse_time(json.loads(stream[-1][2])["timestamp"]) + END_GAP_MS
    parts[2] += [(at, f"end-{at}", end_event(at, end_ms)) for at in range(PARTITIONS)]
    expected, merged = replayed(parts, end_ms)
    assert merged > 400
    before, after = tmp_path / "before.yaml", tmp_path / "after.yaml"
    before.write_text(TEXT)
    after.write_text(WITH_IDENTITY)

    cluster.have_task_managers(3)
    with FlinkJob(cluster, before, shop.variables, parallelism=1) as job:
        send(shop, parts[0])
        wait_for(cluster, shop, "one")
        savepoint = job.stop_with_savepoint()
    sending = Sending(shop, parts[1], SECONDS)
    with FlinkJob(cluster, after, shop.variables, parallelism=3, start_from=savepoint) as job:
        sending.start()
        job.survive_kill(chance.randrange(3), chance.uniform(0, 2))  # between two checkpoints or in one
        cluster.wait(lambda: cluster.metric("livesegments_visitors_kept_bytes") > 0, "the metric of what is kept")
        savepoint = job.stop_with_savepoint()
    cluster.have_task_managers(2)
    wanted = sum(map(len, expected.values()))
    with FlinkJob(cluster, after, shop.variables, parallelism=2, start_from=savepoint) as job:
        job.survive_kill(chance.randrange(2), chance.uniform(0, 2))
        assert sending.sent < len(parts[1])  # visitors logged in through all of that
        sending.hurry.set()
        sending.join()
        send(shop, parts[2])
        cluster.wait(lambda: len(shop.read("segment-changes")) >= wanted, "all changes")
        job.next_checkpoint()
        job.next_checkpoint()
    changes = shop.by_user()
    check_sequences(changes)
    records = shop.read("segment-changes")
    assert each_key_once(records)
    assert sum(b"profile.merged" in record.value for record in records) == merged  # no handover twice
    assert first_difference(changes, expected) == ""
    assert shop.read("dead-letters") == []


def replayed(parts: list[list[Sent]], end_ms: int) -> tuple[dict[str, list[bytes]], int]:
    """Give replay's changes by user, the first part without identity, and how many visitors were merged."""
    old, new = Replay(Engine(parse_definition(TEXT))), Replay(Engine(parse_definition(WITH_IDENTITY)), end_ms)
    changes = [change for *_, event in parts[0] for change in old.feed(event)]
    new.profiles.stored.update(old.profiles.flush())
    changes += new.run(event for part in parts[1:] for *_, event in part)
    found: dict[str, list[bytes]] = {}
    for change in changes:
        found.setdefault(change.detail.user_id, []).append(change.encode())
    return found, sum(b"profile.merged" in record for records in found.values() for record in records)
