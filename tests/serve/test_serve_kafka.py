"""Serving from a real broker: killed under load, erased users, a live page."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from browsing import Visit, chromium
from serve_rows import change, end, profile, tombstone
from serving import COMMAND, serving, until_level

from brokers import Broker
from livesegments.kafka.create import TopicOptions, create_topics
from livesegments.kafka.settings import read_settings
from livesegments.kafka.topics import CHANGES, DEAD_LETTERS, MODELS, PROFILES
from livesegments.serve.kafka_source import KafkaSource
from livesegments.serve.rows import Row

# isort: split
from kafka import KafkaProducer  # brokers sees to the warnings that it makes when it is imported

pytestmark = pytest.mark.kafka
TOPICS = {"changes": CHANGES, "profiles": PROFILES, "dead_letters": DEAD_LETTERS, "models": MODELS}
WAIT_SECONDS_MAX = 60


class Sender:
    """Topics of a test's own and a producer of the rows that the job would write."""

    def __init__(self, broker: Broker, name: str) -> None:
        self.environment = {"KAFKA_BOOTSTRAP": broker.bootstrap, "EVENTS_TOPIC": f"{name}-events"}
        self.environment |= {topic.variable: f"{name}-{kind}" for kind, topic in TOPICS.items()}
        self.settings = read_settings(self.environment)
        create_topics(self.settings, TopicOptions(partitions=3))
        self.producer = KafkaProducer(bootstrap_servers=broker.bootstrap, linger_ms=2)

    def send_slowly(self, batches: list[list[Row]]) -> None:
        """Send over about two seconds."""
        for place, batch in enumerate(batches):
            for row in batch:
                key = None if row.key is None else row.key.encode()
                self.producer.send(self.settings.topic(TOPICS[row.table]), value=row.value, key=key)
            if place % 10 == 0:
                time.sleep(0.02)
        self.producer.flush(WAIT_SECONDS_MAX)

    def send(self, *rows: Row) -> None:
        for row in rows:
            key = None if row.key is None else row.key.encode()
            self.producer.send(self.settings.topic(TOPICS[row.table]), value=row.value, key=key)
        self.producer.flush(WAIT_SECONDS_MAX)


@pytest.fixture
def sender(broker: Broker, request: pytest.FixtureRequest) -> Iterator[Sender]:
    found = Sender(broker, request.node.originalname)
    yield found
    found.producer.close(timeout=5)


def until(what: Callable[[], Any], pause: float = 0.02) -> Any:
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(pause)
    return found


def walk(users: int, steps: int) -> tuple[list[list[Row]], dict[str, list[str]], dict[str, list[int]]]:
    """Give rows in the order of a job that runs, and what they come to: segments and kept changes of each user."""
    order = random.Random(4)
    numbers: dict[str, int] = {}
    segments: dict[str, list[str]] = {}
    kept: dict[str, list[int]] = {}
    batches: list[list[Row]] = []
    for step in range(steps):
        user = f"user {order.randrange(users)}"
        number = numbers[user] = numbers.get(user, 0) + 1
        if order.random() < 0.05:
            batches.append([end(user, number), tombstone(user)])
            segments.pop(user, None)
            kept.pop(user, None)
            continue
        name = order.choice("abc")
        after = sorted({*segments.get(user, ())} ^ {name})
        segments[user] = after
        kept.setdefault(user, []).append(number)
        kind = "entered" if name in after else "exited"
        batches.append([change(user, number, name, kind, after), profile(user, number, after, step=step)])
    return batches, segments, kept


def test_killed_three_times_under_load_the_store_equals_the_topics(sender: Sender, tmp_path: Path) -> None:
    store = tmp_path / "store.db"
    batches, segments, kept = walk(users=300, steps=8_000)
    part = len(batches) // 4
    for turn in range(3):
        mine = batches[turn * part : (turn + 1) * part]
        waiting, coming = mine[:-300], mine[-300:]
        sender.send(*(row for batch in waiting for row in batch))
        before = taken(store)
        load = threading.Thread(target=sender.send_slowly, args=[coming])
        load.start()
        process = subprocess.Popen(
            [*COMMAND, "serve", "--store", str(store), "--port", "0", "--quiet"],
            env={**os.environ, **sender.environment},
        )
        until(lambda before=before: taken(store) > before, pause=0.001)  # there is more: it is in the next transaction
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        load.join()
    sender.send(*(row for batch in batches[3 * part :] for row in batch))
    with serving("--store", str(store), environment=sender.environment) as server:
        until_level(server)
    assert contents(store) == (segments, kept)
    with serving("--store", str(store), "--from-beginning", environment=sender.environment) as server:
        until_level(server)
    assert contents(store) == (segments, kept)


def contents(store: Path) -> tuple[dict[str, list[str]], dict[str, list[int]]]:
    connection = sqlite3.connect(store)
    segments = {user: json.loads(names) for user, names in connection.execute("SELECT user_id, segments FROM users")}
    kept: dict[str, list[int]] = {}
    for user, number in connection.execute("SELECT user_id, sequence FROM changes ORDER BY user_id, sequence"):
        kept.setdefault(user, []).append(number)
    connection.close()
    return segments, kept


def taken(store: Path) -> int:
    """Give how many offsets a store has."""
    try:
        with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT coalesce(sum(position), 0) FROM positions").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def test_erased_and_merged_users_are_gone_within_seconds_with_their_bytes(sender: Sender, tmp_path: Path) -> None:
    store = tmp_path / "store.db"
    with serving("--store", str(store), environment=sender.environment) as server:
        sender.send(
            *(profile(f"stays {number}", 1, ["a"]) for number in range(500)),
            *(row for user in ("erased-person", "merged-visitor") for row in rows_of(user)),
        )
        for user in ("merged-visitor", "erased-person", "stays%2077"):  # each is on a partition of its own
            until(lambda user=user: server.client.get(f"/v1/users/{user}").status_code == 200)
        start = time.monotonic()
        sender.send(end("erased-person", 2), tombstone("erased-person"))
        sender.send(tombstone("merged-visitor"), end("merged-visitor", 2, "stays 1"))
        until(lambda: server.client.get("/v1/users/erased-person").status_code == 404)
        until(lambda: server.client.get("/v1/users/merged-visitor").status_code == 404)
        print(f"gone after {time.monotonic() - start:.2f} s")
        until(lambda: server.client.get("/v1/users/merged-visitor").json().get("merged_into") == "stays 1")
        until(lambda: not is_there(store, b"erased-person") and not is_there(store, b"merged-visitor"))
        assert is_there(store, b"stays 77")
        assert server.client.get("/v1/users/stays%2077").status_code == 200


def rows_of(user: str) -> list[Row]:
    return [change(user, 1, "a", "entered", ["a"]), profile(user, 1, ["a"], city=f"city of {user}")]


def is_there(store: Path, content: bytes) -> bool:
    files = (store, store.with_name(store.name + "-wal"))
    return any(content in file.read_bytes() for file in files if file.exists())


def test_what_is_not_committed_is_not_served_and_marks_of_transactions_are_no_lag(
    sender: Sender, tmp_path: Path
) -> None:
    producer = KafkaProducer(bootstrap_servers=sender.settings.bootstrap, transactional_id=tmp_path.name)
    producer.init_transactions()
    topic = sender.settings.topic(PROFILES)
    for user, finish in (("aborted", producer.abort_transaction), ("committed", producer.commit_transaction)):
        producer.begin_transaction()
        row = profile(user, 1, ["a"])
        producer.send(topic, value=row.value, key=user.encode()).get(WAIT_SECONDS_MAX)
        finish()
    producer.close()
    with serving(environment=sender.environment) as server:
        # A broker writes the mark after it has answered the producer, and then the record counts as committed.
        until(lambda: server.client.get("/v1/users/committed").status_code == 200)
        until_level(server)
        assert server.client.get("/v1/users/aborted").status_code == 404
        assert server.client.get("/healthz").json()["lag_offsets"] == 0


def test_what_was_not_given_yet_is_lag_however_long_the_store_takes(sender: Sender) -> None:
    sender.send(*(profile(f"user {number}", 1, ["a"]) for number in range(5_000)))
    source, given = KafkaSource(sender.settings), 0
    source.open({})
    while given < 5_000:
        given += len(until(lambda: source.poll().rows))
        time.sleep(1.1)  # as a store on a slow disk takes to apply them
        assert source.behind() == 5_000 - given
    source.close()


def test_a_change_is_on_the_open_page_and_in_the_stream_within_seconds(sender: Sender) -> None:
    with serving(environment=sender.environment) as server, chromium() as browser:
        sender.send(*rows_of("first"))
        until(lambda: server.client.get("/v1/users/first").status_code == 200)
        visit = Visit(browser, server.address)
        tab = visit.go("/")
        tab.wait_for_selector("section[aria-label='Newest changes'] a:text-is('first')")
        tab.focus("section[aria-label='Newest changes'] a:text-is('first')")
        with server.client.stream("GET", "/v1/changes/stream?user=second") as stream:
            lines = stream.iter_lines()
            next(lines)
            start = time.monotonic()
            sender.send(change("third", 1, "b", "entered", ["b"]), change("second", 1, "b", "entered", ["b"]))
            event = next(line for line in lines if line.startswith("id: "))
            record = json.loads(next(line for line in lines if line.startswith("data: ")).removeprefix("data: "))
            streamed = time.monotonic() - start
        tab.wait_for_selector("section[aria-label='Newest changes'] a:text-is('second')")
        print(f"in the stream after {streamed:.2f} s, on the page after {time.monotonic() - start:.2f} s")
        assert record["id"] == "second:1"
        assert tab.evaluate("document.activeElement.textContent") == "first"  # what comes takes no focus
        visit.context.close()
        sender.send(change("second", 2, "b", "exited", []))
        headers = {"last-event-id": event.removeprefix("id: ")}
        with server.client.stream("GET", "/v1/changes/stream?user=second", headers=headers) as stream:
            found = next(line for line in stream.iter_lines() if line.startswith("data: "))
        assert json.loads(found.removeprefix("data: "))["id"] == "second:2"
