"""What a topic holds now: its committed records from the beginning to the end."""

from __future__ import annotations

import time

from livesegments.kafka.clients import ANSWER_MS_MAX, missing_topic, open_consumer
from livesegments.kafka.settings import KafkaSettings

__all__ = ["read_stored"]

_POLL_MS = 200
_SILENT_SECONDS = 3.0  # the last offset may be the mark of a transaction, which is never given


def read_stored(settings: KafkaSettings, topic: str) -> list[bytes]:
    """Give the values of a topic, partition by partition in their order; tombstones are left out.

    Raises EdgeError for a missing topic or a broker that does not answer.
    """
    from kafka import TopicPartition

    values: list[bytes] = []
    with open_consumer(settings) as consumer:
        partitions = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic))]
        if not partitions:
            raise missing_topic(settings, topic)
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        consumer.seek_to_beginning(*partitions)
        heard = time.monotonic()
        while any(consumer.position(one, timeout_ms=ANSWER_MS_MAX) < ends[one] for one in partitions):
            found = [record for records in consumer.poll(timeout_ms=_POLL_MS).values() for record in records]
            values += (record.value for record in found if record.value is not None)
            if found:
                heard = time.monotonic()
            elif time.monotonic() - heard > _SILENT_SECONDS:
                break
    return values
