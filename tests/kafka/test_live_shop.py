"""One job over two-year-old events and a partition that never has one: time, bad records, erase."""

from __future__ import annotations

import base64
import json
import random
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from flink_cluster import FlinkCluster
from flink_jobs import FlinkJob
from shop_topics import ShopTopics

from brokers import Broker
from livesegments.core.times import format_time, parse_time
from livesegments.flink.options import OPTIONS

pytestmark = pytest.mark.kafka

TWO_YEARS_MS = 2 * 365 * 86_400_000
DEFINITION = """
version: 1
limits: {lateness: 2s}
features:
  orders: {count: Order Completed}
  orders_5s: {count: Order Completed, within: 5s}
  left_carts: {unfollowed: [Product Added, Order Completed], by: cart_id, after: 4s}
segments:
  abandoned_cart: {when: 'left_carts >= 1'}
  active: {when: 'orders_5s >= 1'}
  buyers: {when: 'orders >= 1'}
"""


class LiveShop:
    """The job, and events whose time is two years ago and goes on as the wall clock does."""

    def __init__(self, topics: ShopTopics, job: FlinkJob) -> None:
        self.topics = topics
        self.job = job
        self._number = 0

    def event(self, user: str, time_ms: int | None = None, **fields: Any) -> bytes:
        self._number += 1
        time_ms = time.time_ns() // 1_000_000 - TWO_YEARS_MS if time_ms is None else time_ms
        content = {"type": "track", "event": "Order Completed", "messageId": f"m{self._number}", "userId": user}
        return json.dumps({**content, "timestamp": format_time(time_ms), **fields}).encode()

    def send(self, *records: tuple[str | None, bytes]) -> list[tuple[int, int]]:
        """Send to all partitions but the last; gives partition and offset of each."""
        with self.topics.producer() as send:
            sent = [send(payload, key, self._partition(key)) for key, payload in records]
        return [(record.get().partition, record.get().offset) for record in sent]

    @contextmanager
    def busy(self, users: Sequence[str]) -> Iterator[dict[str, bytes]]:
        """Have users order twice a second, whatever the context waits for; gives the last order of each."""
        last: dict[str, bytes] = {}
        is_over = threading.Event()

        def order() -> None:
            with self.topics.producer() as send:
                while not is_over.wait(0.5):
                    for user in users:
                        last[user] = self.event(user)
                        send(last[user], user, self._partition(user))

        with ThreadPoolExecutor(1) as pool:
            ordering = pool.submit(order)
            try:
                yield last
            finally:
                is_over.set()
            ordering.result()

    def _partition(self, key: str | None) -> int:
        return zlib.crc32((key or "").encode()) % (self.topics.partitions - 1)


@pytest.fixture(scope="module")
def shop(broker: Broker, cluster: FlinkCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveShop]:
    defaults = {option.key: str(option.default) for option in OPTIONS}
    topics = ShopTopics(broker, "live-shop", settings=defaults)
    definition = tmp_path_factory.mktemp("live") / "segments.yaml"
    definition.write_text(DEFINITION)
    cluster.have_task_managers(2)
    with FlinkJob(cluster, definition, topics.variables) as job:
        yield LiveShop(topics, job)
    topics.close()


def changes_of(rows: list[dict[str, Any]], *users: str) -> list[tuple[str, str, str]]:
    return [(row["id"], row["data"]["change"], row["data"]["segment"]) for row in rows if row["subject"] in users]


def test_a_change_caused_by_time_appears_when_it_is_due_without_an_event(shop: LiveShop) -> None:
    users = ("quiet-1", "quiet-2")
    shop.send(("quiet-3", shop.event("quiet-3", 4_070_908_800_000)))  # 2099, in their partition, does not end time
    due = time.monotonic() + 5
    events = {user: shop.event(user) for user in users}
    shop.send(*events.items())
    rows = shop.topics.wait("segment-changes", lambda rows: len(changes_of(rows, *users)) >= 4)
    assert len(changes_of(rows, *users)) == 4 or time.monotonic() > due  # the exits are not yet due
    rows = shop.topics.wait("segment-changes", lambda rows: len(changes_of(rows, *users)) == 6)
    assert time.monotonic() - due < 60
    exits = {row["subject"]: row for row in rows if row["data"]["change"] == "exited"}
    for user, event in events.items():
        assert exits[user]["data"]["cause"] == {"kind": "time"}
        assert parse_time(exits[user]["time"]) == parse_time(json.loads(event)["timestamp"]) + 5_000
        assert changes_of(rows, user)[-1] == (f"{user}:3", "exited", "active")
    assert shop.topics.wait("dead-letters", bool)[0]["reason"] == "future_timestamp"


def test_an_abandoned_cart_appears_when_it_is_due_without_an_event(shop: LiveShop) -> None:
    added = {"event": "Product Added", "properties": {"cart_id": "c1"}}
    due = time.monotonic() + 4
    left, bought = shop.event("left", **added), shop.event("bought", **added)
    shop.send(("left", left), ("bought", bought), ("bought", shop.event("bought", properties={"cart_id": "c1"})))

    def carts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [row for row in rows if row["data"]["segment"] == "abandoned_cart"]

    [row] = carts(shop.topics.wait("segment-changes", lambda rows: bool(carts(rows))))
    assert time.monotonic() - due < 60
    assert (row["id"], row["data"]["change"], row["data"]["cause"]) == ("left:1", "entered", {"kind": "time"})
    assert parse_time(row["time"]) == parse_time(json.loads(left)["timestamp"]) + 4_000


def test_each_bad_record_is_one_dead_letter_and_the_job_goes_on(shop: LiveShop) -> None:
    restarts = shop.job.restarts()
    chance = random.Random(2)
    records: list[tuple[str | None, bytes]] = []
    reasons: list[str | None] = []
    for number in range(2_000):
        user = f"b{number % 50}"
        event = shop.event(user)
        bad: list[tuple[str, str | None, bytes]] = [
            ("invalid_json", user, bytes(chance.randrange(256) for _ in range(40))),
            ("invalid_json", user, event[: chance.randrange(1, len(event) - 1)]),
            ("invalid_json", None, b"[" * 2_000),
            ("key_mismatch", "somebody", event),
            ("future_timestamp", user, shop.event(user, 4_070_908_800_000)),
            ("missing_user", None, event.replace(b'"userId"', b'"user"')),
            ("invalid_event", user, event.replace(b'"track"', b'"trakc"')),
            ("too_large", user, event[:-1] + b', "x": "' + b"x" * 33_000 + b'"}'),
        ]
        reason, key, payload = chance.choice(bad) if chance.random() < 0.05 else (None, user, event)
        records.append((key, payload))
        reasons.append(reason)
    places = shop.send(*records)
    expected = {(*place, reason) for place, reason in zip(places, reasons, strict=True) if reason}
    topic = shop.topics.topics["events"]

    def mine(rows: list[dict[str, Any]]) -> list[tuple[int, int, str]]:
        return [
            (row["partition"], row["offset"], row["reason"]) for row in rows if (row["partition"], row["offset"]) in at
        ]

    at = set(places)
    assert len(expected) > 60
    rows = shop.topics.wait("dead-letters", lambda rows: len(mine(rows)) >= len(expected))
    assert sorted(mine(rows)) == sorted(expected)
    assert {row["topic"] for row in rows} == {topic}
    users = {f"b{number}" for number in range(50)}
    shop.topics.wait("segment-changes", lambda rows: len(users & {row["subject"] for row in rows}) == 50)
    assert shop.job.restarts() == restarts


@pytest.mark.parametrize("filler", [b'\\"', b"\x01", b"\xff"])
def test_a_record_as_large_as_kafka_takes_is_a_dead_letter_as_a_whole(shop: LiveShop, filler: bytes) -> None:
    restarts = shop.job.restarts()
    raw = shop.event("large")[:-1] + b', "x": "' + filler * (1_000_000 // len(filler)) + b'"}'
    (place,) = shop.send(("large", raw))

    def mine(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [row for row in rows if (row["partition"], row["offset"]) == place]

    (letter,) = mine(shop.topics.wait("dead-letters", lambda rows: len(mine(rows)) > 0))
    assert letter["reason"] == "too_large"
    text = letter["raw"].encode() if filler != b"\xff" else base64.b64decode(letter["raw"])
    assert text == raw
    assert shop.job.restarts() == restarts


def test_a_backlog_after_an_outage_makes_no_event_late(shop: LiveShop, cluster: FlinkCluster) -> None:
    """The job is away for longer than the window; users who never paused must not have left."""
    users = [f"busy-{number}" for number in range(6)]
    restarts = shop.job.restarts()
    with shop.busy(users) as last:
        shop.topics.wait("segment-changes", lambda rows: len(changes_of(rows, *users)) >= 2 * len(users))
        cluster.kill_task_manager(0)
        time.sleep(8)
        cluster.start_task_manager()
        cluster.wait(lambda: shop.job.restarts() > restarts and shop.job.is_running(), "the job to run again")
        time.sleep(3)
    rows = shop.topics.wait("segment-changes", lambda rows: len(changes_of(rows, *users)) >= 3 * len(users))
    for user in users:
        assert changes_of(rows, user) == [
            (f"{user}:1", "entered", "active"),
            (f"{user}:2", "entered", "buyers"),
            (f"{user}:3", "exited", "active"),
        ]
        (left,) = (row for row in rows if row["id"] == f"{user}:3")
        assert parse_time(left["time"]) == parse_time(json.loads(last[user])["timestamp"]) + 5_000
    assert "too_late" not in {row["reason"] for row in shop.topics.values("dead-letters")}


def test_an_erased_user_leaves_a_tombstone_and_a_bar(shop: LiveShop, cluster: FlinkCluster) -> None:
    now_ms = time.time_ns() // 1_000_000 - TWO_YEARS_MS
    shop.send(("gone", shop.event("gone", now_ms)), ("gone", shop.event("gone", now_ms + 1)))
    shop.topics.wait("segment-changes", lambda rows: len(changes_of(rows, "gone")) >= 2)
    erase = shop.event("gone", now_ms + 2, type="erase")
    older = shop.event("gone", now_ms + 1)
    _, place = shop.send(("gone", erase), ("gone", older))

    def erased(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [row for row in rows if row["type"] == "livesegments.profile.erased.v1"]

    rows = shop.topics.wait("segment-changes", lambda rows: len(erased(rows)) == 1)
    sequence = erased(rows)[0]["data"]["sequence"]
    letters = shop.topics.wait("dead-letters", lambda rows: any(row["reason"] == "erased" for row in rows))
    letter = next(row for row in letters if row["reason"] == "erased")
    assert (letter["partition"], letter["offset"], letter["raw"]) == (*place, None)

    def last_row() -> list[bytes | None]:
        return [record.value for record in shop.topics.read("profiles") if record.key == b"gone"][-1:]

    cluster.wait(lambda: last_row() == [None], "the tombstone")

    shop.send(("gone", shop.event("gone")))
    rows = shop.topics.wait("segment-changes", lambda rows: any(row["id"] == f"gone:{sequence + 2}" for row in rows))
    ids = [row["id"] for row in rows if row["subject"] == "gone"]
    assert len(ids) == len(set(ids))
    profile = json.loads(shop.topics.wait_for_profiles(lambda found: "gone" in found)["gone"])
    assert profile["features"]["orders"] == 1
