"""One Kinesis record as a Kafka record: as it is, keyed by its user, at its own time."""

from __future__ import annotations

import time
from typing import Protocol

from livesegments.core.deadletter import dead_letter
from livesegments.core.events import FUTURE_MS_MAX
from livesegments.core.heads import head_of
from livesegments.kafka.send import CLOCK_SKEW_MS
from livesegments.kafka.transactions import Outgoing
from livesegments.relay.kinesis_api import Record

__all__ = ["EVENT_BYTES_MAX", "EventMaker"]

EVENT_BYTES_MAX = 1_000_000  # what the events' topic takes, less key and frame; Kinesis takes up to ten times as much


class Counts(Protocol):
    """What is counted here."""

    sent: int
    without_user: int
    without_time: int
    too_large: int


class EventMaker:
    """Makes the records for Kafka and counts them.

    A record without a readable user is keyed by its partition key, so that the job's dead letter names it. One without
    a usable time carries that of the one before it, as `send` does. One that Kafka does not take is a dead letter.
    """

    def __init__(self, events_topic: str, dead_letters_topic: str, source: str, counts: Counts) -> None:
        self._events_topic = events_topic
        self._dead_letters_topic = dead_letters_topic
        self._source = source
        self._counts = counts
        self._last_ms = 0

    def make(self, record: Record, shard: str) -> Outgoing:
        """Give the record to be written for one that was read from a shard."""
        user, time_ms = head_of(record.payload)
        now_ms = int(time.time() * 1_000)
        if time_ms is not None and time_ms <= now_ms + FUTURE_MS_MAX - CLOCK_SKEW_MS:
            self._last_ms = time_ms
        self._counts.without_user += user is None
        self._counts.without_time += time_ms is None
        key = (record.partition_key if user is None else user).encode()
        if len(record.payload) > EVENT_BYTES_MAX:
            self._counts.too_large += 1
            message = (
                f"Expected at most {EVENT_BYTES_MAX:,} bytes, got {len(record.payload):,} - "
                f"in {shard} at {record.sequence_number}"
            )
            letter = dead_letter(record.payload, "too_large", message, now_ms, self._source)
            return Outgoing(self._dead_letters_topic, key, letter, now_ms)
        self._counts.sent += 1
        return Outgoing(self._events_topic, key, record.payload, self._last_ms)
