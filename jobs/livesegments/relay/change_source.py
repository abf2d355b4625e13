"""Committed changes from Kafka and how far they were dealt with, kept as offsets of a group."""

from __future__ import annotations

from typing import Any

from livesegments.kafka.clients import ANSWER_MS_MAX, missing_topic
from livesegments.kafka.settings import KafkaSettings
from livesegments.relay.window import Window

__all__ = ["ChangeSource"]

POLL_MS = 200


class ChangeSource:
    """All partitions of a topic, read from where the group left off.

    The group has no members: every process of its name reads all partitions. `poll`, `commit` and
    `find_new_partitions` talk to Kafka and may run on another thread than the rest, one at a time.
    """

    def __init__(self, settings: KafkaSettings, topic: str, consumer: Any, *, from_beginning: bool) -> None:
        self._consumer = consumer
        self._topic = topic
        self._windows: dict[int, Window] = {}
        self._committed: dict[int, tuple[int, str]] = {}
        self.partitions: list[int] = []
        found = sorted(consumer.partitions_for_topic(topic) or ())
        if not found:
            raise missing_topic(settings, topic)
        self._assign(found, from_beginning=from_beginning)
        self.commit(self.finished())  # a first start that is killed soon goes on from here, not from a later end

    def poll(self) -> list[Any]:
        """Give new records, each with `partition`, `offset`, `key` and `value`, to be taken one after the other."""
        return [record for records in self._consumer.poll(timeout_ms=POLL_MS).values() for record in records]

    def take(self, partition: int, offset: int) -> bool:
        """Take a record; tell whether it is not dealt with yet."""
        return self._windows[partition].take(offset)

    def finish(self, partition: int, offset: int) -> None:
        """Mark a record as dealt with."""
        self._windows[partition].finish(offset)

    def finished(self) -> dict[int, tuple[int, str]]:
        """Give the offset to commit and the note beside it of each partition where they changed."""
        now = {number: window.committable() for number, window in self._windows.items()}
        return {number: each for number, each in now.items() if self._committed.get(number) != each}

    def commit(self, finished: dict[int, tuple[int, str]]) -> None:
        """Commit offsets and notes. Raises Kafka's errors."""
        from kafka import OffsetAndMetadata, TopicPartition

        offsets = {
            TopicPartition(self._topic, number): OffsetAndMetadata(offset, note, -1)
            for number, (offset, note) in finished.items()
        }
        self._consumer.commit(offsets, timeout_ms=ANSWER_MS_MAX)
        self._committed.update(finished)

    def find_new_partitions(self) -> list[int]:
        """Read partitions that were added to the topic meanwhile, from their beginning; give their numbers."""
        added = sorted((self._consumer.partitions_for_topic(self._topic) or set()).difference(self.partitions))
        if added:
            self._assign([*self.partitions, *added], from_beginning=True)
        return added

    @property
    def positions(self) -> dict[str, int]:
        """Give the committed offset of each partition, by its number as text."""
        return {str(number): offset for number, (offset, _) in sorted(self._committed.items())}

    def __len__(self) -> int:
        """Give how many records are not dealt with yet."""
        return sum(map(len, self._windows.values()))

    def _assign(self, numbers: list[int], *, from_beginning: bool) -> None:
        from kafka import TopicPartition

        read_so_far = {each: self._consumer.position(each, timeout_ms=ANSWER_MS_MAX) for each in self._assigned()}
        partitions = [TopicPartition(self._topic, number) for number in numbers]
        self._consumer.assign(partitions)
        for partition in partitions:
            if partition in read_so_far:
                self._consumer.seek(partition, read_so_far[partition])
                continue
            held = self._consumer.committed(partition, metadata=True, timeout_ms=ANSWER_MS_MAX)
            if held is not None and held.offset >= 0:
                self._consumer.seek(partition, held.offset)
                self._windows[partition.partition] = Window(held.offset, held.metadata or "")
                self._committed[partition.partition] = (held.offset, held.metadata or "")
                continue
            (self._consumer.seek_to_beginning if from_beginning else self._consumer.seek_to_end)(partition)
            offset = self._consumer.position(partition, timeout_ms=ANSWER_MS_MAX)
            self._windows[partition.partition] = Window(offset)
        self.partitions = numbers

    def _assigned(self) -> list[Any]:
        from kafka import TopicPartition

        return [TopicPartition(self._topic, number) for number in self.partitions]
