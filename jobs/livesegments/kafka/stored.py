"""What a topic holds now: its committed records from the beginning to the end."""

from __future__ import annotations

import time
from collections.abc import Iterator

from livesegments.core.errors import EdgeError
from livesegments.kafka.clients import ANSWER_MS_MAX, missing_topic, open_consumer
from livesegments.kafka.settings import KafkaSettings

__all__ = ["StoredRecord", "is_whole", "stored_records", "stored_rows", "stored_values"]

_POLL_MS = 200
_SILENT_SECONDS_MAX = 60.0

StoredRecord = tuple[bytes | None, bytes | None]
"""Key and value; a tombstone has no value."""


def is_whole(settings: KafkaSettings, topic: str) -> bool:
    """Tell whether nothing was deleted from the beginning of a topic. Raises EdgeError for a missing one."""
    from kafka import TopicPartition

    with open_consumer(settings) as consumer:
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        if not partitions:
            raise missing_topic(settings, topic)
        return not any(consumer.beginning_offsets(partitions).values())


def stored_values(settings: KafkaSettings, topic: str) -> Iterator[bytes]:
    """Give the values of a topic, each partition's in their order; tombstones are left out. Errors as below."""
    return (value for _, value in stored_records(settings, topic) if value is not None)


def stored_rows(settings: KafkaSettings, topic: str) -> Iterator[tuple[str, bytes | None]]:
    """Give the user id and the document of each row of `profiles`, None of a tombstone. Errors as below."""
    for key, document in stored_records(settings, topic):
        if document is not None or key is not None:
            yield (key or b"").decode("utf-8", "replace"), document


def stored_records(settings: KafkaSettings, topic: str) -> Iterator[StoredRecord]:
    """Give the records of a topic up to its end at the time of the call, each partition's in their order.

    Raises EdgeError for a missing topic, and for a broker that does not answer, or stops before the end.
    """
    from kafka import TopicPartition

    with open_consumer(settings, max_poll_records=5_000) as consumer:
        partitions = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]
        if not partitions:
            raise missing_topic(settings, topic)
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        consumer.seek_to_beginning(*partitions)
        heard = time.monotonic()
        while behind := [one for one in partitions if consumer.position(one, timeout_ms=ANSWER_MS_MAX) < ends[one]]:
            found = consumer.poll(timeout_ms=_POLL_MS)
            for partition, records in found.items():
                yield from ((record.key, record.value) for record in records if record.offset < ends[partition])
            if found:
                heard = time.monotonic()
            elif time.monotonic() - heard > _SILENT_SECONDS_MAX:
                left = ", ".join(str(one.partition) for one in behind)
                raise EdgeError(
                    f"{topic}: required all records of partition {left} at {settings.bootstrap}, found none for "
                    f"{_SILENT_SECONDS_MAX:g} s; look at whether the broker runs"
                )
