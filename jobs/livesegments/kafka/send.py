"""Sending events: each line as it is, keyed by its user, stamped with its own time, in the order of the input."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from typing import Any

import msgspec

from livesegments.core.events import FUTURE_MS_MAX
from livesegments.core.heads import head_of
from livesegments.kafka.clients import missing_topic, open_producer
from livesegments.kafka.settings import KafkaSettings

__all__ = ["CLOCK_SKEW_MS", "SendCounts", "send_lines"]

_SAMPLED = 1_000  # every so many records one is waited for later
_SAMPLES_MAX = 50  # so at most 50,000 records are on their way
CLOCK_SKEW_MS = 60_000


class SendCounts(msgspec.Struct, kw_only=True):
    """What was sent; lines that the broker would not take for their size are named by number."""

    topic: str = ""
    partitions: int = 0
    sent: int = 0
    without_user: int = 0
    without_time: int = 0
    too_large: list[int] = []
    seconds: float = 0.0


def send_lines(
    settings: KafkaSettings, topic: str, lines: Iterable[bytes], counts: SendCounts, rate: float | None = None
) -> None:
    """Send every line that is not blank, at most `rate` per second, and wait until the broker has all of them.

    A line whose time is unreadable, or further ahead of the wall clock than brokers take, carries the time of the one
    before it: so no bad line moves time for those that go by record timestamps. `counts` is filled as it goes.
    Raises EdgeError for a missing topic, an unreachable broker, and records that it refuses.
    """
    with open_producer(settings, linger_ms=5 if rate else 50) as producer:
        sender = _Sender(settings, producer, topic, counts)
        start = time.monotonic()
        for number, line in enumerate(lines, 1):
            line = line.rstrip(b"\r\n")
            if not line or line.isspace():
                continue
            if rate:
                time.sleep(max(0.0, start + counts.sent / rate - time.monotonic()))
            sender.send(number, line)
            counts.seconds = time.monotonic() - start
        sender.finish()
        counts.seconds = time.monotonic() - start


class _Sender:
    """One producer and topic; keeps what is on its way bounded and stops at the first record that is refused."""

    def __init__(self, settings: KafkaSettings, producer: Any, topic: str, counts: SendCounts) -> None:
        from kafka.errors import KafkaTimeoutError, UnknownTopicOrPartitionError

        self.producer = producer
        self.topic = topic
        self.counts = counts
        self.last_ms = 0
        self.latest_ms = int(time.time() * 1_000) + FUTURE_MS_MAX - CLOCK_SKEW_MS
        self.samples: deque[Any] = deque()
        self.refused: list[Exception] = []
        try:
            counts.topic, counts.partitions = topic, len(producer.partitions_for(topic))
        except (KafkaTimeoutError, UnknownTopicOrPartitionError) as error:
            raise missing_topic(settings, topic) from error

    def send(self, number: int, line: bytes) -> None:
        """Hand a record to the producer."""
        from kafka.errors import MessageSizeTooLargeError

        user, time_ms = head_of(line)
        key = None if user is None else user.encode()
        if time_ms is not None and time_ms <= self.latest_ms:
            self.last_ms = time_ms
        try:
            sent = self.producer.send(self.topic, value=line, key=key, timestamp_ms=self.last_ms)
        except MessageSizeTooLargeError:
            self.counts.too_large.append(number)
            return
        sent.add_errback(self.refused.append)
        self.counts.sent += 1
        self.counts.without_user += key is None
        self.counts.without_time += time_ms is None
        if self.counts.sent % _SAMPLED == 0:
            self.samples.append(sent)
            if len(self.samples) > _SAMPLES_MAX:
                self.samples.popleft().get()
        self._check()

    def finish(self) -> None:
        """Wait until all records are acknowledged."""
        self.producer.flush()
        self._check()

    def _check(self) -> None:
        if self.refused:
            raise self.refused[0]
