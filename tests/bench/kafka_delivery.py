"""Bench of the Kafka job: latency of a change, events per second from a full topic, recovery after a kill.

    PYTHONPATH=tests:tests/kafka uv run --no-sync python tests/bench/kafka_delivery.py [--only latency rate recovery]

Starts a broker and a session cluster of its own and prints machine and versions with the figures.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from flink_cluster import FlinkCluster
from flink_jobs import FlinkJob
from long_stream import TEXT, long_stream
from shop_topics import FAST_TIME, ShopTopics

from brokers import KAFKA, Broker, running_broker
from livesegments.core.times import format_time

RATE = 500
ALWAYS = (
    "version: 1\nfeatures: {views: {count: Product Viewed}, orders: {count: Order Completed}}\n"
    "segments: {even: {when: 'views > orders'}}\n"
)


def machine() -> str:
    model = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "?")
    return f"{os.cpu_count()} x {model.partition(':')[2].strip()}, load {os.getloadavg()[0]:.1f}, {platform.platform()}"


class Arrivals(threading.Thread):
    """Notes when each change becomes visible to a read_committed consumer."""

    def __init__(self, shop: ShopTopics) -> None:
        super().__init__(daemon=True)
        self.shop, self.is_over = shop, False
        self.seen: dict[str, float] = {}

    def run(self) -> None:
        done = 0
        while not self.is_over:
            records = self.shop.read("segment-changes", seconds=0.01)
            now = time.time()
            for record in records[done:]:
                cause = json.loads(record.value)["data"]["cause"]
                self.seen[cause.get("message_id", "")] = now
            done = len(records)
            time.sleep(0.002)


def latency(cluster: FlinkCluster, shop: ShopTopics, definition: Path, seconds: int, guarantee: str) -> None:
    """Every event causes a change: users enter with a view and leave with an order."""
    sent: dict[str, float] = {}
    definition.write_text(ALWAYS)
    with FlinkJob(cluster, definition, {**shop.variables, "DELIVERY_GUARANTEE": guarantee}, parallelism=2):
        arrivals = Arrivals(shop)
        arrivals.start()
        with shop.producer() as send:
            start = time.monotonic()
            for number in range(RATE * seconds):
                message, user = f"m{number}", f"u{number % 1_000}"
                name = "Product Viewed" if number // 1_000 % 2 == 0 else "Order Completed"
                now = time.time()
                sent[message] = now
                event = {"type": "track", "event": name, "messageId": message, "userId": user}
                send(json.dumps({**event, "timestamp": format_time(int(now * 1_000))}).encode(), user)
                time.sleep(max(0.0, start + number / RATE - time.monotonic()))
        time.sleep(10)
        arrivals.is_over = True
        arrivals.join()
    warm = RATE * 10
    found = sorted(arrivals.seen[message] - at for message, at in list(sent.items())[warm:] if message in arrivals.seen)
    missing = len(sent) - warm - len(found)
    p50, p99 = found[len(found) // 2], found[len(found) * 99 // 100]
    print(
        f"{guarantee}: event to visible change at {RATE}/s, {len(found):,} changes ({missing} missing): "
        f"p50 {p50 * 1_000:.0f} ms, p99 {p99 * 1_000:.0f} ms",
        flush=True,
    )


def rate(cluster: FlinkCluster, shop: ShopTopics, definition: Path, events: int, parallelism: int) -> None:
    """Read a topic that is full from its beginning, exactly once."""
    definition.write_text(TEXT)
    with shop.producer() as send:
        for user, event in long_stream(events, 20_000, seed=1):
            send(event, user)
    cluster.have_task_managers(parallelism)
    with FlinkJob(cluster, definition, shop.variables, parallelism=parallelism) as job:
        samples: list[tuple[float, int]] = []
        while not samples or samples[-1][1] < events:
            samples.append((time.monotonic(), consumed(job)))
            time.sleep(0.5)
    begun = next(index for index, (_, count) in enumerate(samples) if count)
    (start, first), (end, last) = samples[begun], samples[-1]
    print(
        f"exactly once, {parallelism} TaskManager(s): {(last - first) / max(end - start, 0.5):,.0f} events/s "
        f"({events:,} events of {sum(len(e) for _, e in long_stream(1_000, 20_000, seed=1)) // 1_000} bytes)",
        flush=True,
    )


def consumed(job: FlinkJob) -> int:
    """Give how many events the segmenter has applied so far."""
    for vertex in job.cluster.get(f"/jobs/{job.id}")["vertices"]:
        if "segmenter" in vertex["name"]:
            path = f"/jobs/{job.id}/vertices/{vertex['id']}/subtasks/metrics"
            names = [m["id"] for m in job.cluster.get(path) if m["id"].endswith("livesegments.events")]
            if names:
                found = job.cluster.get(f"{path}?get={names[0]}&agg=sum")
                return int(float(found[0]["sum"])) if found else 0
    return 0


def recovery(cluster: FlinkCluster, shop: ShopTopics, definition: Path) -> None:
    """Kill a TaskManager under load; how long until a change that was caused after the kill is visible."""
    definition.write_text(ALWAYS)
    cluster.have_task_managers(2)
    chance = random.Random(1)
    with FlinkJob(cluster, definition, shop.variables, parallelism=2) as job:
        arrivals = Arrivals(shop)
        arrivals.start()
        took = []
        number = 0
        for kill in range(3):
            number, killed = _under_load(shop, number, 8, None), time.time()
            cluster.kill_task_manager(chance.randrange(2))
            cluster.start_task_manager()
            before = set(arrivals.seen)
            number = _under_load(shop, number, 90, lambda before=before: len(set(arrivals.seen) - before) > 200)
            took.append(min(at for message, at in arrivals.seen.items() if message not in before) - killed)
            cluster.wait(job.is_running, f"the job to run after kill {kill}")
        arrivals.is_over = True
        arrivals.join()
    print(f"kill -9 of a TaskManager to the next visible change: {', '.join(f'{t:.1f} s' for t in took)}", flush=True)


def _under_load(shop: ShopTopics, number: int, seconds: float, is_enough: Any) -> int:
    end = time.monotonic() + seconds
    with shop.producer() as send:
        while time.monotonic() < end and not (is_enough and is_enough()):
            name = "Product Viewed" if number // 1_000 % 2 == 0 else "Order Completed"
            event = {"type": "track", "event": name, "messageId": f"m{number}", "userId": f"u{number % 1_000}"}
            send(json.dumps({**event, "timestamp": format_time(time.time_ns() // 1_000_000)}).encode(), event["userId"])
            number += 1
            time.sleep(1 / RATE)
    return number


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=300_000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--only", nargs="*", default=["latency", "rate", "recovery"])
    wanted = parser.parse_args()
    print(
        f"{machine()}\nFlink 2.3.0, {KAFKA}, flink-sql-connector-kafka 5.0.0-2.2, thread mode, checkpoint 1 s",
        flush=True,
    )
    with tempfile.TemporaryDirectory(prefix="livesegments-bench-") as name:
        folder = Path(name)
        (folder / "cluster").mkdir()
        with (
            running_broker(folder / "broker", is_brief=False) as broker,
            FlinkCluster(folder / "cluster", is_brief=False) as cluster,
        ):
            measure(cluster, broker, folder / "segments.yaml", wanted)


def measure(cluster: FlinkCluster, broker: Broker, definition: Path, wanted: argparse.Namespace) -> None:
    cluster.have_task_managers(2)
    if "latency" in wanted.only:
        for guarantee in ("exactly-once", "at-least-once"):
            latency(cluster, ShopTopics(broker, f"latency-{guarantee}"), definition, wanted.seconds, guarantee)
    if "rate" in wanted.only:
        for parallelism in (1, 2):
            shop = ShopTopics(broker, f"rate-{parallelism}", settings=FAST_TIME)
            rate(cluster, shop, definition, wanted.events, parallelism)
    if "recovery" in wanted.only:
        recovery(cluster, ShopTopics(broker, "recovery"), definition)


if __name__ == "__main__":
    main()
