"""`livesegments watch` against a real broker."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from typing import Any

import pytest
from kafka import KafkaProducer

from brokers import Broker
from kafka_tools.commands import COMMAND, answer, environment, make_topics

pytestmark = pytest.mark.kafka


def change(user: str, sequence: int, segment: str = "vip") -> bytes:
    data = {"user_id": user, "sequence": sequence, "segment": segment, "change": "entered", "because": []}
    return json.dumps({"id": f"{user}:{sequence}", "time": "2024-01-01T00:00:00.000Z", "data": data}).encode()


def produce(broker: Broker, topic: str, values: list[bytes | None], **options: Any) -> None:
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap, **options)
    if options:
        producer.init_transactions()
        producer.begin_transaction()
    for value in values:
        producer.send(topic, value=value, key=b"k").get(timeout=20)
    if options:
        producer.abort_transaction()
    producer.close()


@pytest.fixture
def topic(broker: Broker, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> str:
    return make_topics(broker.bootstrap, 2, monkeypatch, capfd) + "changes"


def test_only_what_was_committed_is_shown(broker: Broker, topic: str, capfd: pytest.CaptureFixture[str]) -> None:
    produce(broker, topic, [change("a", 1)])
    produce(broker, topic, [change("never", 1)], transactional_id=topic)
    produce(broker, topic, [change("a", 2), None, b"no json", change("a", 3)])  # all in one partition
    shown = answer(capfd, "watch", "--from-beginning", "--json", "--count", "3", "--timeout", "60s")
    assert shown.out.encode().splitlines() == [change("a", number) for number in (1, 2, 3)]
    assert shown.code == 0
    assert "3 changes; 1 record of another kind" in shown.err


def test_count_ends_it_and_filters_choose(broker: Broker, topic: str, capfd: pytest.CaptureFixture[str]) -> None:
    produce(broker, topic, [change("a", 1), change("b", 1), change("a", 2, "new"), change("a", 3), change("a", 4)])
    start = time.monotonic()
    shown = answer(
        capfd, "watch", "--from-beginning", "--user", "a", "--segment", "vip", "--count", "2", "--json", "-q"
    )
    assert time.monotonic() - start < 20
    assert [json.loads(line)["id"] for line in shown.out.splitlines()] == ["a:1", "a:3"]
    assert (shown.code, shown.err) == (0, "")


def test_too_few_changes_in_time_is_a_failure(topic: str, capfd: pytest.CaptureFixture[str]) -> None:
    start = time.monotonic()
    shown = answer(capfd, "watch", "--count", "1", "--timeout", "2s")
    assert 2 <= time.monotonic() - start < 20
    assert (shown.code, shown.out) == (1, "")
    assert answer(capfd, "watch", "--timeout", "1s").code == 0  # without a count there are never too few


def test_it_begins_at_the_end_shows_each_change_at_once_and_ends_with_ctrl_c(broker: Broker, topic: str) -> None:
    produce(broker, topic, [change("old", 1)])
    watching = subprocess.Popen([*COMMAND, "watch"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
    assert watching.stdout is not None
    assert watching.stderr is not None
    try:
        assert watching.stderr.readline().startswith(f"following {topic} (2 partitions)".encode())
        produce(broker, topic, [change("new", 1)])
        assert watching.stdout.readline().startswith(b"2024-01-01 00:00:00  new        + vip")
        watching.send_signal(signal.SIGINT)
        out, err = watching.communicate(timeout=20)
    finally:
        watching.kill()
        watching.wait()
    assert (watching.returncode, out, err) == (0, b"", b"1 change\n")


def test_a_missing_topic_is_told(topic: str, capfd: pytest.CaptureFixture[str]) -> None:
    refused = answer(capfd, "watch", "--topic", topic + "s")
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert f"{topic}s: required this topic at" in refused.err
