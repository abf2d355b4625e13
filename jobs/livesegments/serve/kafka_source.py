"""Kafka topics as a source: committed records only."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from livesegments.core.errors import EdgeError
from livesegments.kafka.clients import ANSWER_MS_MAX, missing_topic, open_consumer, told
from livesegments.kafka.settings import KafkaSettings
from livesegments.kafka.topics import CHANGES, DEAD_LETTERS, MODELS, PROFILES
from livesegments.serve.rows import Row, Table
from livesegments.serve.sources import Batch

__all__ = ["KafkaSource"]

_POLL_MS = 200
_ROWS_MAX = 2_000
_TABLES: dict[Table, Any] = {"changes": CHANGES, "profiles": PROFILES, "dead_letters": DEAD_LETTERS, "models": MODELS}


class KafkaSource:
    """Follows the four topics that the job writes."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._tables: dict[str, Table] = {settings.topic(topic): table for table, topic in _TABLES.items()}
        self._stack = ExitStack()
        self._consumer: Any = None
        self._looks: deque[tuple[dict[Any, int], dict[Any, int]]] = deque(maxlen=2)  # ends and places, since rows came
        self._settled: dict[Any, int] = {}  # before these ends there is nothing more to give

    @property
    def title(self) -> str:
        """Give the brokers and topics."""
        return f"{', '.join(self._tables)} at {self._settings.bootstrap}"

    def open(self, positions: Mapping[str, int]) -> None:
        """Begin after the positions.

        Raises EdgeError for a missing topic, and for a topic that is shorter than what was read of it: another one.
        """
        from kafka import TopicPartition

        self.close()
        consumer = self._stack.enter_context(
            open_consumer(
                self._settings,
                auto_offset_reset="earliest",
                max_poll_records=_ROWS_MAX,
                max_partition_fetch_bytes=2 << 20,
            )
        )
        partitions = []
        for topic in self._tables:
            found = sorted(consumer.partitions_for_topic(topic) or ())
            if not found:
                raise missing_topic(self._settings, topic)
            partitions += [TopicPartition(topic, number) for number in found]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        for partition in partitions:
            position = positions.get(_source(partition))
            if position is None:
                consumer.seek_to_beginning(partition)
                continue
            if position > ends[partition]:
                raise EdgeError(
                    f"{_source(partition)}: required the topic that the store was made of, found a shorter one "
                    f"({ends[partition]} records, {position} were read); --from-beginning makes the store anew"
                )
            consumer.seek(partition, position)
        self._looks.clear()
        self._settled.clear()
        self._consumer = consumer

    def poll(self) -> Batch:
        """Give the next records, some thousands at most."""
        with told(self._settings):
            found = self._consumer.poll(timeout_ms=_POLL_MS)
        rows: list[Row] = []
        positions: dict[str, int] = {}
        for partition, records in found.items():
            table = self._tables[partition.topic]
            rows += [
                Row(table, None if record.key is None else _text(record.key), record.value, record.timestamp)
                for record in records
            ]
            positions[_source(partition)] = records[-1].offset + 1
        if rows:
            self._looks.clear()
        return Batch(rows, positions)

    def behind(self) -> int:
        """Give how many offsets are committed and were not given yet; to be called between polls.

        The last offsets of a partition may hold nothing that is ever given, such as rows that compaction took away.
        They count until that is known. A broker answers in order on a connection: when no rows came between two looks,
        nor between the second and this one, and the place is the same, none are before the first look's ends.
        """
        with told(self._settings):
            partitions = list(self._consumer.assignment())
            ends = self._consumer.end_offsets(partitions)
            places = {one: self._consumer.position(one, timeout_ms=ANSWER_MS_MAX) for one in partitions}
        if len(self._looks) == 2:
            old_ends, old_places = self._looks[0]
            self._settled |= {one: old_ends[one] for one in partitions if places[one] == old_places[one]}
        self._looks.append((ends, places))
        return sum(max(0, ends[one] - max(places[one], self._settled.get(one, 0))) for one in partitions)

    def close(self) -> None:
        """Leave the brokers."""
        self._stack.close()
        self._consumer = None


def _source(partition: Any) -> str:
    return f"{partition.topic}/{partition.partition}"


def _text(key: bytes) -> str:
    return key.decode("utf-8", "replace")
