"""Positions in Kinesis, kept in a compacted topic and written in the same transaction as the events."""

from __future__ import annotations

import time

import msgspec

from livesegments.core.errors import EdgeError
from livesegments.kafka.clients import ANSWER_MS_MAX, TRANSACTION_MS_MAX, missing_topic, open_consumer
from livesegments.kafka.settings import KafkaSettings
from livesegments.kafka.topics import KINESIS_POSITIONS
from livesegments.kafka.transactions import Outgoing
from livesegments.relay.kinesis_api import KinesisStream
from livesegments.relay.records import KinesisPosition

__all__ = ["position_record", "read_positions"]

_POLL_MS = 200
_decoder = msgspec.json.Decoder(KinesisPosition)
_encoder = msgspec.json.Encoder()


def position_record(topic: str, stream: KinesisStream, shard: str, sequence_number: str | None, done: bool) -> Outgoing:
    """Give the record that says how far a shard was read."""
    position = KinesisPosition(
        stream=stream.arn,
        created_at=stream.created_at_ms,
        shard=shard,
        sequence_number=sequence_number,
        done=done,
    )
    return Outgoing(topic, _key(stream, shard).encode(), _encoder.encode(position))


def read_positions(settings: KafkaSettings, stream: KinesisStream) -> dict[str, KinesisPosition]:
    """Give the committed position of each shard by its name; positions of an earlier stream of this name do not count.

    To be called when a predecessor can commit no more. Raises EdgeError.
    """
    topic = settings.topic(KINESIS_POSITIONS)
    found: dict[str, KinesisPosition] = {}
    for key, value in _newest(settings, topic, f"{stream.arn}/".encode()).items():
        try:
            position = _decoder.decode(value)
        except msgspec.MsgspecError as error:
            raise EdgeError(f"{topic}: required a position at {key.decode()}, found: {error}") from None
        if position.created_at == stream.created_at_ms:
            found[position.shard] = position
    return found


def _key(stream: KinesisStream, shard: str) -> str:
    return f"{stream.arn}/{shard}"


def _newest(settings: KafkaSettings, topic: str, prefix: bytes) -> dict[bytes, bytes]:
    """Give the newest committed value of each key that begins so.

    It reads to the very end, not only to where other relays' transactions are still open: ours may lie behind those.
    """
    from kafka import TopicPartition

    found: dict[bytes, bytes] = {}
    with open_consumer(settings, committed=False) as consumer:
        partitions = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]
        if not partitions:
            raise missing_topic(settings, topic, " --relay kinesis")
        ends = consumer.end_offsets(partitions)
    deadline = time.monotonic() + 2 * TRANSACTION_MS_MAX / 1_000
    with open_consumer(settings) as consumer:
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        while any(consumer.position(one, timeout_ms=ANSWER_MS_MAX) < ends[one] for one in partitions):
            for records in consumer.poll(timeout_ms=_POLL_MS).values():
                found.update({each.key: each.value for each in records if each.key and each.key.startswith(prefix)})
            if time.monotonic() > deadline:
                raise EdgeError(f"{topic}: required an end of what is committed, found transactions that do not end")
    return {key: value for key, value in found.items() if value is not None}
