"""Relays as processes, and topics of their own for each test."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from brokers import Broker
from kafka_tools.commands import COMMAND, environment, records_of
from livesegments.kafka import read_settings
from livesegments.kafka.create import TopicOptions, create_topics
from livesegments.kafka.topics import ALL_TOPICS, RELAY_TOPICS, Topic

SECONDS_MAX = 120


class RelayTopics:
    """Topics that only one test uses."""

    def __init__(self, broker: Broker) -> None:
        prefix = f"t{uuid.uuid4().hex[:8]}."
        self.environment = {each.variable: prefix + each.name for each in ALL_TOPICS}
        self.environment["KAFKA_BOOTSTRAP"] = broker.bootstrap
        self.bootstrap = broker.bootstrap
        self.settings = read_settings(self.environment)
        create_topics(self.settings, TopicOptions(partitions=3, relays=tuple(RELAY_TOPICS)))

    def name(self, topic: Topic) -> str:
        return self.settings.topic(topic)

    def records(self, topic: Topic) -> list[Any]:
        """Give all committed records, partition by partition, in order."""
        return records_of(self.bootstrap, self.name(topic))


class RelayProcess:
    """One `livesegments relay ...`; what it says on stderr goes to a file, so that it never waits for a reader."""

    def __init__(self, arguments: list[str], variables: dict[str, str]) -> None:
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed by close()
        self._process = subprocess.Popen(
            [*COMMAND, "relay", *arguments, "--json"],
            env={**environment(), **variables},
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    @property
    def said(self) -> str:
        return os.pread(self._errors.fileno(), 1_000_000, 0).decode()

    def until_it_says(self, text: str) -> None:
        until(lambda: text in self.said or self._process.poll() is not None, lambda: self.said)
        assert text in self.said, self.said

    def send_signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        """Kill it without notice; it must have been alive."""
        assert self._process.poll() is None, self.said
        self._process.kill()
        self._process.wait()

    def end(self, number: signal.Signals | None = signal.SIGTERM) -> tuple[int, Any]:
        """Stop it, or wait until it ends by itself; give the exit code and the summary."""
        if number is not None:
            self._process.send_signal(number)
        out, _ = self._process.communicate(timeout=SECONDS_MAX)
        return self._process.returncode, json.loads(out) if out else None

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._errors.close()


@contextmanager
def relay_process(topics: RelayTopics, *arguments: str, **variables: str) -> Iterator[RelayProcess]:
    process = RelayProcess(list(arguments), {**topics.environment, **variables})
    try:
        yield process
    finally:
        process.close()


def until(holds: Callable[[], bool], told: Callable[[], object] = lambda: "") -> None:
    end = time.monotonic() + SECONDS_MAX
    while not holds():
        assert time.monotonic() < end, f"did not come about: {told()}"
        time.sleep(0.1)
