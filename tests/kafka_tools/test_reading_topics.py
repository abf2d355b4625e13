"""`preview --edges` and `compare --edges`: what topics hold at that moment, against a real broker."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from kafka import KafkaProducer

from brokers import Broker
from kafka_tools.commands import answer, make_topics
from kafka_tools.test_watch_with_broker import produce
from livesegments.kafka.settings import read_settings
from livesegments.kafka.stored import stored_records
from preview.shops import NEW, OLD, lines

pytestmark = pytest.mark.kafka

EDGES = Path(__file__).parents[2] / "flink-conf" / "edges"


@pytest.fixture
def prefix(broker: Broker, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> str:
    monkeypatch.chdir(tmp_path)
    return make_topics(broker.bootstrap, 3, monkeypatch, capfd)


def send(broker: Broker, topic: str, rows: list[tuple[str, bytes | None]]) -> None:
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap)
    for user, value in rows:
        producer.send(topic, key=user.encode(), value=value)
    producer.flush(30)
    producer.close()


def test_a_preview_of_a_topic_is_that_of_a_file(broker: Broker, prefix: str, capfd: pytest.CaptureFixture[str]) -> None:
    for name, text in (("old.yaml", OLD), ("new.yaml", NEW)):
        Path(name).write_text(text)
    Path("events.jsonl").write_bytes(b"\n".join(lines()))
    parsed = [json.loads(line) if line != b"{broken" else {} for line in lines()]
    pretty = [
        line if not one else json.dumps(one, indent=1).encode() for line, one in zip(lines(), parsed, strict=True)
    ]
    topic = prefix + "events"
    send(broker, topic, [(str(one.get("userId")), line) for line, one in zip(pretty, parsed, strict=True)])
    produce(broker, topic, [lines()[0]], transactional_id=topic)  # aborted: the last record is the mark of it
    start = time.monotonic()
    common = ("preview", "new.yaml", "--against", "old.yaml", "--until", "2024-02-05", "--json")
    of_topic = answer(capfd, *common, "--edges", EDGES / "kafka.sql")
    assert time.monotonic() - start < 50  # it does not wait for what never comes
    assert of_topic.code == 0, of_topic.err
    assert f"{topic} at {broker.bootstrap}: read up to its end now" in of_topic.err
    assert of_topic.json == answer(capfd, *common, "--events", "events.jsonl").json
    assert of_topic.json["end"].startswith("2024-02-05")


def test_two_jobs_are_compared_by_their_topics(broker: Broker, prefix: str, capfd: pytest.CaptureFixture[str]) -> None:
    text = (EDGES / "kafka.sql").read_text()
    Path("other.sql").write_text(text.replace("${PROFILES_TOPIC:-profiles.v1}", prefix + "changes"))

    def row(user: str, *segments: str) -> tuple[str, bytes]:
        return user, json.dumps({"user_id": user, "segments": segments}).encode()

    rows = [row("ann"), row("ben", "vip", "new"), row("cleo"), row("dora", "vip"), row("ann", "vip")]
    send(broker, prefix + "profiles", rows)
    send(broker, prefix + "changes", [row("ann", "vip"), row("ben", "old"), row("cleo", "vip"), row("dora", "vip")])
    send(broker, prefix + "changes", [("dora", None)])
    told = answer(capfd, "compare", "--edges", EDGES / "kafka.sql", "--edges", "other.sql", "--json").json
    assert (told["users_first"], told["users_second"]) == (4, 3)
    assert {one["segment"]: (one["only_first"], one["both"], one["only_second"]) for one in told["segments"]} == {
        "new": (["ben"], 0, []),
        "old": ([], 0, ["ben"]),
        "vip": (["ben", "dora"], 1, ["cleo"]),
    }
    shown = answer(capfd, "compare", "--edges", EDGES / "kafka.sql", "--edges", "other.sql")
    assert "other.sql: 3 users" in shown.err
    shown = answer(capfd, "compare", "--edges", EDGES / "kafka.sql")
    assert (shown.code, "required two in all" in shown.err) == (2, True)


def test_what_comes_while_a_topic_is_read_is_not_of_it(broker: Broker, prefix: str) -> None:
    topic = prefix + "events"
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap)

    def put(value: bytes, count: int, partition: int) -> None:
        for _ in range(count):
            producer.send(topic, value=value, partition=partition)
        producer.flush(30)

    long = b"early" * 1_000
    put(long, 5_000, 0)  # more than one answer of the broker holds, so that it is asked for the short one again
    put(b"early", 1, 1)
    records = stored_records(read_settings({"KAFKA_BOOTSTRAP": broker.bootstrap}), topic)
    values = [next(records)[1]]
    put(b"late", 100, 1)
    values += [value for _, value in records]
    producer.close()
    assert (values.count(long), values.count(b"early"), len(values)) == (5_000, 1, 5_001)
