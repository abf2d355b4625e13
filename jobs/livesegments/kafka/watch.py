"""Following segment changes: committed records of every partition, filtered."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import Any

import msgspec

from livesegments.kafka.clients import ANSWER_MS_MAX, missing_topic, open_consumer
from livesegments.kafka.settings import KafkaSettings

__all__ = ["Filter", "follow"]

_POLL_MS = 200


class _Data(msgspec.Struct):
    user_id: str | None = None
    change: str | None = None
    segment: str | None = None
    segments_before: list[str] | None = None


class _Change(msgspec.Struct):
    """What a filter looks at."""

    subject: str | None = None
    data: _Data | None = None


class Filter(msgspec.Struct, frozen=True):
    """Which changes are wanted; an empty set wants all. Who was erased or merged has left each segment they were in."""

    users: frozenset[str] = frozenset()
    segments: frozenset[str] = frozenset()

    def wants(self, record: dict[str, Any]) -> bool:
        """Tell whether a change is wanted; raises ValidationError where a filter meets a record that is no change."""
        if not self.users and not self.segments:
            return True
        change = msgspec.convert(record, _Change)
        data = change.data or _Data(change.subject)
        if self.users and (data.user_id or change.subject) not in self.users:
            return False
        if not self.segments:
            return True
        is_end = data.change in ("erased", "merged")
        touched = data.segments_before or [] if is_end else [data.segment]
        return not self.segments.isdisjoint(touched)


def follow(
    settings: KafkaSettings,
    topic: str,
    *,
    from_beginning: bool = False,
    seconds: float | None = None,
    on_ready: Callable[[int], None] = lambda _: None,
) -> Generator[bytes | None]:
    """Give the values of a topic as they are committed, for at most so many seconds; None whenever there are no more.

    Begins at the end, or with the first record that is kept. `on_ready` is called with the number of partitions as soon
    as nothing that is committed from then on can be missed. Raises EdgeError for a missing topic or a broker that does
    not answer; a broker that goes away later is waited for.
    """
    from kafka import TopicPartition

    end = float("inf") if seconds is None else time.monotonic() + seconds
    with open_consumer(settings) as consumer:
        found = sorted(consumer.partitions_for_topic(topic))
        if not found:
            raise missing_topic(settings, topic)
        partitions = [TopicPartition(topic, number) for number in found]
        consumer.assign(partitions)
        (consumer.seek_to_beginning if from_beginning else consumer.seek_to_end)(*partitions)
        for partition in partitions:
            consumer.position(partition, timeout_ms=ANSWER_MS_MAX)
        on_ready(len(partitions))
        while time.monotonic() < end:
            for records in consumer.poll(timeout_ms=_POLL_MS).values():
                yield from (record.value for record in records if record.value is not None)
            yield None
