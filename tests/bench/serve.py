"""What `livesegments serve` can do, against a real broker: rows followed a second, and how long answers take meanwhile.

    PYTHONPATH=tests:jobs uv run --no-sync python tests/bench/serve.py [--users 1000000] [--seconds 30]

Fills a store with users (two segments and a profile of `--bytes` each), then has the server
1. follow `--rows` profiles alone, as fast as it can;
2. answer `GET /v1/users/{id}/segments` at 300 requests a second while 2,000 profiles a second come in. A request's time
   counts from when it was due, so waiting for a slow answer before it counts too.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import closing, suppress
from pathlib import Path

from kafka import KafkaProducer

from brokers import running_broker
from livesegments.core.times import format_time
from livesegments.kafka.create import TopicOptions, create_topics
from livesegments.kafka.settings import read_settings
from livesegments.serve.rows import Row
from livesegments.serve.store import Store

SEGMENTS = [f"segment_{number}" for number in range(30)]
REQUESTS_PER_SECOND, ROWS_PER_SECOND = 300, 2_000
COMMAND = [sys.executable, "-c", "from livesegments.cli import main; main()"]
FILLING = 5_000
SENDER_STARTS_SECONDS = 3


def document(number: int, sequence: int, size: int) -> bytes:
    """Give a profile of about `size` bytes."""
    names = sorted({SEGMENTS[number % 30], SEGMENTS[(number * 7 + sequence) % 30]})
    head = {
        "user_id": f"user_{number:08d}",
        "sequence": sequence,
        "updated_at": format_time(1_730_000_000_000 + sequence * 60_000),
        "segments": names,
        "clusters": {"engagement": f"group {number % 3}"},
        "predictions": {"buys_again_30d": 0.25},
        "features": {},
    }
    text = json.dumps(head, separators=(",", ":"))
    return (text[:-2] + '"text":"' + "x" * max(0, size - len(text)) + '"}}').encode()


def fill(path: Path, users: int, size: int) -> None:
    """Make the store as one transaction per some thousand users."""
    store, start = Store(path), time.perf_counter()
    for first in range(0, users, FILLING):
        numbers = range(first, min(users, first + FILLING))
        store.apply([Row("profiles", None, document(number, 1, size)) for number in numbers], {})
    store.close()
    seconds = time.perf_counter() - start
    print(f"filled: {users:,} users, {path.stat().st_size / 1e6:,.0f} MB, {users / seconds:,.0f} rows/s into the store")


class Load:
    """Sends profiles of known users."""

    def __init__(self, bootstrap: str, topic: str, users: int, size: int) -> None:
        self.bootstrap = bootstrap
        self.producer = KafkaProducer(bootstrap_servers=bootstrap, linger_ms=20, batch_size=256 * 1_024)
        self.topic, self.users, self.size = topic, users, size
        self.random, self.sequence = random.Random(1), 1

    def send(self, rows: int) -> None:
        """Send so many."""
        for _ in range(rows):
            number = self.random.randrange(self.users)
            self.sequence += 1
            value = document(number, self.sequence, self.size)
            self.producer.send(self.topic, value=value, key=f"user_{number:08d}".encode())

    def run(self, seconds: float) -> None:
        """Send at the fixed rate."""
        start, step = time.monotonic(), 0.05
        for turn in range(int(seconds / step)):
            self.send(int(ROWS_PER_SECOND * step))
            time.sleep(max(0.0, start + (turn + 1) * step - time.monotonic()))
        self.producer.flush(60)


def send_at_rate(bootstrap: str, topic: str, users: int, size: int, seconds: float) -> None:
    """Send in a process of its own, so that it does not take the time of who asks."""
    load = Load(bootstrap, topic, users, size)
    load.sequence = 1_000_000
    load.run(seconds + SENDER_STARTS_SECONDS)


def health(port: int) -> dict[str, object]:
    """Ask the server how it stands."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=30) as answer:
        return dict(json.load(answer))


def until_level(port: int) -> None:
    """Wait until the store has all."""
    while True:
        with suppress(OSError):
            if health(port)["lag_offsets"] == 0:
                return
        time.sleep(0.1)


def cpu_seconds(process: int) -> float:
    """Give what a process has used of processors."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def ask(port: int, users: int, seconds: float) -> list[float]:
    """Ask at the fixed rate over kept connections; give how long each answer took from when it was due, in ms."""
    times: list[float] = []
    queue: asyncio.Queue[float] = asyncio.Queue()
    order = random.Random(2)

    async def worker() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while True:
            due = await queue.get()
            path = f"/v1/users/user_{order.randrange(users):08d}/segments"
            writer.write(f"GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            times.append((time.perf_counter() - due) * 1_000)

    workers = [asyncio.create_task(worker()) for _ in range(16)]
    start = time.perf_counter()
    for number in range(int(seconds * REQUESTS_PER_SECOND)):
        due = start + number / REQUESTS_PER_SECOND
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        queue.put_nowait(due)
    while len(times) < int(seconds * REQUESTS_PER_SECOND):
        await asyncio.sleep(0.01)
    for one in workers:
        one.cancel()
    return sorted(times)


def told(times: list[float]) -> str:
    """Say the middle, the tail and the worst."""
    count = len(times)
    picked = {"p50": times[count // 2], "p95": times[int(count * 0.95)], "p99": times[int(count * 0.99)]}
    return ", ".join(f"{name} {value:.1f} ms" for name, value in {**picked, "greatest": times[-1]}.items())


def main() -> None:
    """Run the bench and print its figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--bytes", type=int, default=1_000)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--port", type=int, default=8_099)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="serve-bench-") as name,
        running_broker(Path(name) / "broker", is_brief=False) as broker,
    ):
        store = Path(name) / "store.db"
        fill(store, asked.users, asked.bytes)
        environment = {**os.environ, "KAFKA_BOOTSTRAP": broker.bootstrap}
        settings = read_settings(environment)
        create_topics(settings, TopicOptions(partitions=4))
        load = Load(broker.bootstrap, "profiles.v1", asked.users, asked.bytes)
        load.send(asked.rows)
        load.producer.flush(120)
        command = [*COMMAND, "serve", "--store", str(store), "--port", str(asked.port), "--quiet"]
        with subprocess.Popen(command, env=environment) as server:
            try:
                measure(asked, load, server.pid, store)
            finally:
                server.terminate()


def taken(store: Path) -> int:
    """Give how many offsets the store has."""
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=30)) as connection:
        return int(connection.execute("SELECT coalesce(sum(position), 0) FROM positions").fetchone()[0])


def measure(asked: argparse.Namespace, load: Load, server: int, store: Path) -> None:
    """Measure the server that has just been started."""
    while not (first := taken(store)):
        time.sleep(0.02)
    start, busy = time.perf_counter(), cpu_seconds(server)
    while (last := taken(store)) < asked.rows:
        time.sleep(0.02)
    seconds, cost = time.perf_counter() - start, (cpu_seconds(server) - busy) * 1e6 / max(1, last - first)
    rows = f"{last - first:,} rows, {cost:,.0f} us of CPU a row, load of the machine {os.getloadavg()[0]:.1f}"
    print(f"following alone: {(last - first) / seconds:,.0f} rows/s ({rows})")
    until_level(asked.port)
    busy = cpu_seconds(server)
    times = asyncio.run(ask(asked.port, asked.users, asked.seconds / 3))
    cost = (cpu_seconds(server) - busy) * 1e6 / len(times)
    print(f"answers, nothing coming in: {told(times)}; {cost:,.0f} us of CPU a request")
    arguments = (load.bootstrap, load.topic, asked.users, asked.bytes, asked.seconds)
    sender = multiprocessing.get_context("spawn").Process(target=send_at_rate, args=arguments)
    sender.start()
    time.sleep(SENDER_STARTS_SECONDS)
    times = asyncio.run(ask(asked.port, asked.users, asked.seconds))
    sender.join()
    print(f"answers at {REQUESTS_PER_SECOND}/s beside {ROWS_PER_SECOND:,} rows/s: {told(times)}; {health(asked.port)}")


if __name__ == "__main__":
    main()
