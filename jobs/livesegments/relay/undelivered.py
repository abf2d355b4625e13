"""Changes that could not be delivered, written to a topic of their own."""

from __future__ import annotations

import time
from typing import Any

import msgspec

from livesegments.core.times import format_time
from livesegments.kafka.clients import DELIVERY_MS_MAX
from livesegments.relay.lanes import Delivery, PendingChange
from livesegments.relay.records import Undelivered, text_of

__all__ = ["UNDELIVERED_BYTES_MAX", "UndeliveredWriter", "reason_of"]

UNDELIVERED_BYTES_MAX = 8_000_000  # the topic takes 8 MiB
_encoder = msgspec.json.Encoder()


class UndeliveredWriter:
    """Writes changes with the reason why they were not delivered, keyed as they were."""

    def __init__(self, producer: Any, topic: str, changes_topic: str) -> None:
        self._producer = producer
        self._topic = topic
        self._changes_topic = changes_topic

    def write(self, change: PendingChange, delivery: Delivery, reason: str, message: str) -> None:
        """Write one and wait until the broker has it. Raises Kafka's errors."""
        raw, encoding = text_of(change.body)
        record = Undelivered(
            reason=reason,
            message=message,
            status=delivery.last.status if delivery.last else None,
            attempts=delivery.attempts,
            raw=raw,
            encoding=encoding,
            first_attempt_at=None if delivery.first_ms is None else format_time(delivery.first_ms),
            at=format_time(int(time.time() * 1_000)),
            topic=self._changes_topic,
            partition=change.partition,
            offset=change.offset,
        )
        self._producer.send(self._topic, key=change.key, value=_encoder.encode(record)).get(DELIVERY_MS_MAX / 1_000)


def reason_of(delivery: Delivery) -> tuple[str, str] | None:
    """Give the reason why a change was not delivered, and a message; None where it was."""
    last = delivery.last
    if last is None or last.kind == "delivered":
        return None
    return ("refused" if last.kind == "refused" else "given_up"), last.message
