"""`livesegments send` against a real broker."""

from __future__ import annotations

import gzip
import json
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from kafka.partitioner.default import murmur2

from brokers import Broker, running_broker
from kafka_tools.commands import COMMAND, answer, answer_of_process, environment, new_topics, records_of
from livesegments.core.events import decode
from livesegments.kafka import clients
from livesegments.shop.generator import write

pytestmark = pytest.mark.kafka


def event(user: str, second: int, **more: Any) -> bytes:
    timestamp = f"2024-01-01T00:00:{second:02d}Z"
    fields = {"type": "page", "messageId": f"{user}-{second}", "userId": user, "timestamp": timestamp}
    return json.dumps({**fields, **more}).encode()


@pytest.fixture
def topic(broker: Broker, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setenv("KAFKA_BOOTSTRAP", broker.bootstrap)
    name = new_topics(monkeypatch) + "events"
    assert answer(capfd, "topics", "create").code == 0
    return name


def test_events_keep_bytes_order_key_and_time(
    broker: Broker, topic: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "events.jsonl"
    write(file, 60, 20, 3)
    lines = file.read_bytes().splitlines()
    sent = answer(capfd, "send", file, "--json")
    assert (sent.code, sent.json["sent"], sent.json["partitions"]) == (0, len(lines), 4)
    records = records_of(broker.bootstrap, topic)
    assert Counter(record.value for record in records) == Counter(lines)
    by_user: dict[bytes, list[bytes]] = {}
    for line in lines:
        by_user.setdefault(decode(line).user_id.encode(), []).append(line)
    for record in records:
        assert record.value == by_user[record.key].pop(0)
        assert record.timestamp == decode(record.value).time_ms
        assert record.partition == (murmur2(record.key) & 0x7FFFFFFF) % 4


def test_a_folder_is_sent_in_file_name_order_gz_included(
    broker: Broker, topic: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "b.jsonl").write_bytes(event("u", 2) + b"\r\n\n  \n" + event("u", 3))
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(event("u", 1) + b"\n"))
    sent = answer(capfd, "send", tmp_path)
    assert sent.code == 0
    assert sent.err.startswith(f"3 events to {topic} (4 partitions) in ")
    values = [record.value for record in records_of(broker.bootstrap, topic)]
    assert values == [event("u", 1), event("u", 2), event("u", 3)]


def test_batches_are_taken_apart_and_an_array_is_refused_in_one_sentence(
    broker: Broker, topic: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    batch = json.dumps({"batch": [json.loads(event("u", 1)), json.loads(event("u", 2))]}).encode()
    (tmp_path / "batches.jsonl").write_bytes(batch + b"\n" + event("u", 3))
    assert answer(capfd, "send", tmp_path / "batches.jsonl").code == 0
    values = [record.value for record in records_of(broker.bootstrap, topic)]
    assert values == [event("u", 1), event("u", 2), event("u", 3)]
    (tmp_path / "array.json").write_bytes(b"[" + event("u", 4) + b"]")
    refused = answer(capfd, "send", tmp_path / "array.json")
    assert refused.code == 1
    assert "array.json:1: required one event per line, found one JSON array" in refused.err


def test_bad_lines_are_sent_too_and_never_move_time(
    broker: Broker, topic: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = [
        event("u", 1),
        b'{"type": "page", "userId": "u", "timest',
        b"\xff\xfe",
        event("u", 2, timestamp="yesterday"),
        event("u", 3, timestamp="2099-01-01T00:00:00Z"),
        event("u", 4, messageId=5),
    ]
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"\n".join(lines))
    sent = answer(capfd, "send", file, "--json")
    assert sent.code == 0
    assert (sent.json["sent"], sent.json["without_user"], sent.json["without_time"]) == (6, 2, 3)
    found = {
        record.value: (record.key, record.timestamp - 1_704_067_200_000)
        for record in records_of(broker.bootstrap, topic)
    }
    assert [found[line] for line in lines] == [
        (b"u", 1_000),
        (None, 1_000),
        (None, 1_000),
        (b"u", 1_000),
        (b"u", 1_000),
        (b"u", 4_000),
    ]


def test_a_line_that_kafka_cannot_take_fails_but_the_rest_arrives(
    broker: Broker, topic: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "events.jsonl"
    large = event("u", 2, properties={"text": "x" * 1_100_000})
    too_large_for_an_event = event("u", 3, properties={"text": "x" * 500_000})
    file.write_bytes(b"\n".join([event("u", 1), large, too_large_for_an_event]))
    sent = answer(capfd, "send", file)
    assert sent.code == 1
    assert "not sent, as Kafka takes 1 MiB at most: 1 lines, number 2" in sent.err
    values = [record.value for record in records_of(broker.bootstrap, topic)]
    assert values == [event("u", 1), too_large_for_an_event]


def test_rate_is_kept(topic: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"\n".join(event("u", second) for second in range(41)))
    start = time.monotonic()
    sent = answer(capfd, "send", file, "--rate", "20", "--json")
    assert time.monotonic() - start >= 2
    assert 2 <= sent.json["seconds"] < 10


def test_a_missing_topic_is_told(
    topic: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert clients.ANSWER_MS_MAX < 30_000  # the limit of all that is told; it is always waited out
    monkeypatch.setattr(clients, "ANSWER_MS_MAX", 3_000)
    file = tmp_path / "events.jsonl"
    file.write_bytes(event("u", 1))
    start = time.monotonic()
    refused = answer(capfd, "send", file, "--topic", topic + "s")
    assert time.monotonic() - start < 30
    assert refused.code == 2
    assert f"{topic}s: required this topic at" in refused.err


def test_a_missing_file_is_told_before_kafka_is_asked(capfd: pytest.CaptureFixture[str]) -> None:
    refused = answer(capfd, "send", "nowhere.jsonl", "--bootstrap", "127.0.0.1:1")
    assert refused.code == 2
    assert "nowhere.jsonl: required a file or a folder" in refused.err


def test_a_broker_that_is_killed_under_load_gets_every_event_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_broker(tmp_path) as broker:
        monkeypatch.setenv("KAFKA_BOOTSTRAP", broker.bootstrap)
        topic = new_topics(monkeypatch) + "events"
        assert answer_of_process("topics", "create").code == 0
        lines = [event(f"user-{number % 17}", 1, messageId=str(number)) + b"\n" for number in range(3_000)]
        sending = subprocess.Popen([*COMMAND, "send", "-"], stdin=subprocess.PIPE, env=environment())
        assert sending.stdin is not None
        try:
            sending.stdin.writelines(lines[:1_000])
            sending.stdin.flush()
            while not records_of(broker.bootstrap, topic):
                time.sleep(0.1)
            broker.kill()
            sending.stdin.writelines(lines[1_000:2_000])
            sending.stdin.flush()
            broker.start()
            sending.stdin.writelines(lines[2_000:])
            sending.stdin.close()
            assert sending.wait(timeout=120) == 0
        finally:
            sending.kill()
            sending.wait()
        values = [record.value + b"\n" for record in records_of(broker.bootstrap, topic)]
        assert set(values) == set(lines)  # a broker that dies between a batch and its answer may hold the batch twice
        numbers: dict[str, list[int]] = {}
        for sent in map(json.loads, dict.fromkeys(values)):
            numbers.setdefault(sent["userId"], []).append(int(sent["messageId"]))
        assert all(order == sorted(order) for order in numbers.values())
