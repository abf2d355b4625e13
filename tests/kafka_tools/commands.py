"""Running commands, and reading topics, for the tests of the Kafka tools."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from kafka import KafkaConsumer, TopicPartition

import livesegments
from livesegments.cli import main

COMMAND = [sys.executable, "-c", "from livesegments.cli import main; main()"]


class Answer(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def answer(capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> Answer:
    """Run `livesegments` with these arguments."""
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    out, err = capfd.readouterr()
    return Answer(ended.value.code if isinstance(ended.value.code, int) else 0, out, err)


def answer_of_process(*arguments: str | Path, **variables: str) -> Answer:
    """Run `livesegments` in a process of its own: kafka-python leaves sockets open where it cannot connect."""
    env = {**environment(), **variables}
    done = subprocess.run([*COMMAND, *arguments], env=env, capture_output=True, text=True, timeout=60)
    return Answer(done.returncode, done.stdout, done.stderr)


def environment() -> dict[str, str]:
    """Give the environment in which another Python finds the package."""
    return {**os.environ, "PYTHONPATH": str(Path(livesegments.__file__).parents[1])}


def new_topics(monkeypatch: pytest.MonkeyPatch) -> str:
    """Give each default topic a name of its own by a common prefix, so that tests can share a broker."""
    prefix = f"t{uuid.uuid4().hex[:8]}."
    for variable in ("EVENTS", "CHANGES", "PROFILES", "DEAD_LETTERS", "MODELS"):
        monkeypatch.setenv(f"{variable}_TOPIC", prefix + variable.lower())
    return prefix


def make_topics(
    bootstrap: str, partitions: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> str:
    """Make the default topics under names of their own; give their common prefix."""
    monkeypatch.setenv("KAFKA_BOOTSTRAP", bootstrap)
    prefix = new_topics(monkeypatch)
    assert answer(capfd, "topics", "create", "--partitions", str(partitions)).code == 0
    return prefix


def records_of(bootstrap: str, topic: str) -> list[Any]:
    """Give all committed records of a topic, partition by partition, in order."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, isolation_level="read_committed")
    partitions = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic))]
    consumer.assign(partitions)
    consumer.seek_to_beginning(*partitions)
    ends = consumer.end_offsets(partitions)
    found: list[Any] = []
    while any(consumer.position(partition) < ends[partition] for partition in partitions):
        for records in consumer.poll(timeout_ms=200).values():
            found += records
    consumer.close()
    return sorted(found, key=lambda record: (record.partition, record.offset))
