"""The five topics of one test, filled and read without our own tools: by a plain producer and consumer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import zip_longest
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

from broker_sets import BrokerSet
from brokers import Broker
from livesegments.kafka.topics import TOPICS

SETTINGS = {topic.variable: topic.configs() for topic in TOPICS}  # as `livesegments topics create` makes them
TABLES = {
    "events": "EVENTS_TOPIC",
    "segment-changes": "CHANGES_TOPIC",
    "dead-letters": "DEAD_LETTERS_TOPIC",
    "profiles": "PROFILES_TOPIC",
    "segment-models": "MODELS_TOPIC",
}
QUICK = {
    "livesegments.watermark.disorder-ms": "200",
    "livesegments.watermark.idle-ms": "1000",
    "livesegments.shards": "12",
}
READ_SECONDS_MAX = 120
SEND_SECONDS_MAX = 300  # longer than a test has the broker away, with all the time that it takes to stop and to start
FAST_TIME = {"livesegments.watermark.idle-ms": "10000"}
"""Where hours of event time pass in a second, a partition that is read late, as after a restart, is not idle.

Time begins to move so long after each start of a job.
"""


class ShopTopics:
    """Topics of a name of their own, and the variables that tell a job of them."""

    def __init__(
        self, broker: Broker | BrokerSet, name: str, partitions: int = 3, settings: Mapping[str, str] | None = None
    ) -> None:
        self.broker = broker
        self.partitions = partitions
        self.topics = {kind: f"{name}-{kind}" for kind in TABLES}
        self.variables = {
            "KAFKA_BOOTSTRAP": broker.bootstrap,
            "KAFKA_GROUP": name,
            **{variable: self.topics[kind] for kind, variable in TABLES.items()},
            **QUICK,
            **(settings or {}),
        }
        admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
        admin.create_topics(
            [NewTopic(topic, partitions, topic_configs=SETTINGS[TABLES[kind]]) for kind, topic in self.topics.items()]
        )
        admin.close()
        self._read: dict[str, list[Any]] = {}
        self._values: dict[str, list[dict[str, Any]]] = {}
        self._consumers: dict[str, KafkaConsumer] = {}

    @contextmanager
    def producer(self) -> Iterator[Callable[..., Any]]:
        """Give a function that sends an event to its key's partition or to a given one; all are sent at the end."""
        producer = KafkaProducer(
            bootstrap_servers=self.broker.bootstrap,
            linger_ms=5,
            enable_idempotence=True,
            delivery_timeout_ms=1_000 * SEND_SECONDS_MAX,
            reconnect_backoff_max_ms=1_000,
        )

        def send(
            payload: bytes | None, key: str | bytes | None, partition: int | None = None, time_ms: int | None = None
        ) -> Any:
            raw = key.encode() if isinstance(key, str) else key
            return producer.send(
                self.topics["events"], value=payload, key=raw, partition=partition, timestamp_ms=time_ms
            )

        try:
            yield send
            producer.flush(SEND_SECONDS_MAX)
        finally:
            producer.close(timeout=5)

    def send(self, *events: bytes) -> None:
        """Send events to the partitions of their users."""
        with self.producer() as send:
            for event in events:
                send(event, json.loads(event)["userId"])

    def read(self, kind: str, seconds: float = 0.3) -> list[Any]:
        """Give all committed records of a topic, at least those that are there now."""
        consumer = self._consumers.get(kind)
        if consumer is None:
            consumer = KafkaConsumer(
                bootstrap_servers=self.broker.bootstrap,
                isolation_level="read_committed",
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                max_poll_records=10_000,
            )
            consumer.assign([TopicPartition(self.topics[kind], number) for number in range(self.partitions)])
            self._consumers[kind] = consumer
        rows = self._read.setdefault(kind, [])
        deadline = time.monotonic() + READ_SECONDS_MAX
        while (ends := _ends(consumer)) is None:
            assert time.monotonic() < deadline, f"{kind} has partitions without a leader"
            time.sleep(0.2)
        while (found := consumer.poll(int(seconds * 1_000))) or any(consumer.position(p) < ends[p] for p in ends):
            rows += [record for records in found.values() for record in records]
            assert found or time.monotonic() < deadline, f"{kind} could not be read to {ends}"
        return rows

    def values(self, kind: str) -> list[dict[str, Any]]:
        """Give all committed records so far, decoded, each one once: who waits asks again and again."""
        rows = self._values.setdefault(kind, [])
        rows += [json.loads(record.value) for record in self.read(kind)[len(rows) :]]
        return list(rows)

    def wait(self, kind: str, is_there: Callable[[list[dict[str, Any]]], bool], seconds: float = 240) -> list[Any]:
        """Wait until the decoded records are as they should be, and give them."""
        deadline = time.monotonic() + seconds
        while not is_there(self.values(kind)):
            assert time.monotonic() < deadline, f"after {seconds} s {kind} is {self.values(kind)[-20:]}"
        return self.values(kind)

    def latest(self, kind: str) -> dict[str, bytes]:
        """Give what compaction would leave of a topic: the last value of each key that is not deleted."""
        found: dict[str, bytes | None] = {record.key.decode(): record.value for record in self.read(kind)}
        return {key: value for key, value in found.items() if value is not None}

    def wait_for_profiles(self, is_so: Callable[[dict[str, bytes]], bool], seconds: float = 240) -> dict[str, bytes]:
        """Wait until the latest profiles are as they should be, and give them: their rows come after the changes."""
        deadline = time.monotonic() + seconds
        while not is_so(found := self.latest("profiles")):
            assert time.monotonic() < deadline, f"after {seconds} s the {len(found)} profiles are not as they should be"
        return found

    def by_user(self) -> dict[str, list[bytes]]:
        """Give the committed changes of each user, in the order of the topic."""
        found: dict[str, list[bytes]] = {}
        for record in self.read("segment-changes"):
            found.setdefault(record.key.decode(), []).append(record.value)
        return found

    def close(self) -> None:
        for consumer in self._consumers.values():
            consumer.close(autocommit=False)


def _ends(consumer: KafkaConsumer) -> Any:
    """Give where the partitions end; None while one has no leader, of which kafka-python then says nothing."""
    try:
        return consumer.end_offsets(list(consumer.assignment()), timeout_ms=1_000 * READ_SECONDS_MAX)
    except KeyError:
        return None


def check_events(shop: ShopTopics, stream: Iterable[tuple[str, bytes]]) -> None:
    """Check that the topic of events has each user's events as they were sent: producers, too, may lose or mix up."""
    in_topic: dict[str, list[bytes]] = {}
    for record in shop.read("events"):
        in_topic.setdefault(record.key.decode(), []).append(record.value)
    sent: dict[str, list[bytes]] = {}
    for user, event in stream:
        sent.setdefault(user, []).append(event)
    assert {user: in_topic[user] for user in sent} == sent


def check_results(
    shop: ShopTopics, expected: dict[str, list[bytes]], documents: dict[str, bytes], end_text: str
) -> None:
    """Check that changes up to a time and profiles are those of replay: none lost, twice, or out of order."""
    changes = up_to(shop.by_user(), end_text)
    check_sequences(changes)
    assert first_difference(changes, expected) == ""
    assert shop.latest("profiles") == documents
    assert shop.read("dead-letters") == []


def check_sequences(changes: dict[str, list[bytes]]) -> None:
    """Check that no id is there twice and that each user's numbers are 1, 2, 3 ..."""
    for user, records in changes.items():
        ids = [json.loads(record)["id"] for record in records]
        assert ids == [f"{user}:{number}" for number in range(1, len(ids) + 1)]


def first_difference(found: dict[str, list[bytes]], expected: dict[str, list[bytes]]) -> str:
    """Say where changes differ from those of replay, for people; empty when they do not."""
    for user in sorted(found.keys() | expected.keys()):
        pairs = zip_longest(found.get(user, []), expected.get(user, []))
        for number, (have, want) in enumerate(pairs, start=1):
            if have != want:
                return f"{user}:{number} is\n{have!r}\nbut replay says\n{want!r}"
    return ""


def up_to(changes: dict[str, list[bytes]], time_text: str) -> dict[str, list[bytes]]:
    """Leave out the changes after a time."""
    kept = {user: [r for r in records if json.loads(r)["time"] <= time_text] for user, records in changes.items()}
    return {user: records for user, records in kept.items() if records}


def each_key_once(records: Iterable[Any]) -> bool:
    """Tell whether no key is on two partitions."""
    places: dict[bytes, set[int]] = {}
    for record in records:
        places.setdefault(record.key, set()).add(record.partition)
    return all(len(found) == 1 for found in places.values())
