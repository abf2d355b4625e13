"""How far behind a source of topics is, where the last offsets of a partition hold nothing that is given."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

import brokers  # noqa: F401 - it sees to the warnings that kafka-python makes when it is imported
from livesegments.kafka.settings import read_settings
from livesegments.serve.kafka_source import KafkaSource


class Consumer:
    """One partition of each topic; `give` says what the next poll finds in that of profiles."""

    def __init__(self) -> None:
        self.partitions: list[Any] = []
        self.ends: dict[Any, int] = {}
        self.places: dict[Any, int] = {}
        self.coming: list[Any] = []

    def partitions_for_topic(self, topic: str) -> set[int]:
        return {0}

    def assign(self, partitions: list[Any]) -> None:
        self.partitions = partitions
        self.ends, self.places = dict.fromkeys(partitions, 0), dict.fromkeys(partitions, 0)

    def assignment(self) -> set[Any]:
        return set(self.partitions)

    def seek_to_beginning(self, partition: Any) -> None:
        pass

    def end_offsets(self, partitions: list[Any]) -> dict[Any, int]:
        return dict(self.ends)

    def position(self, partition: Any, timeout_ms: int) -> int:
        return self.places[partition]

    @property
    def profiles(self) -> Any:
        return next(one for one in self.partitions if one.topic.startswith("profiles"))

    def give(self, offset: int) -> None:
        self.coming = [SimpleNamespace(key=b"u", value=b"{}", timestamp=0, offset=offset)]
        self.places[self.profiles] = offset + 1

    def poll(self, timeout_ms: int) -> dict[Any, list[Any]]:
        records, self.coming = self.coming, []
        return {self.profiles: records} if records else {}


@pytest.fixture
def consumer(monkeypatch: pytest.MonkeyPatch) -> Consumer:
    made = Consumer()

    @contextmanager
    def opened(*_: Any, **__: Any) -> Iterator[Consumer]:
        yield made

    monkeypatch.setattr("livesegments.serve.kafka_source.open_consumer", opened)
    return made


@pytest.fixture
def source(consumer: Consumer) -> Iterator[KafkaSource]:
    made = KafkaSource(read_settings({}))
    made.open({})
    consumer.ends[consumer.profiles] = 7
    yield made
    made.close()


def steps(source: KafkaSource, count: int) -> list[int]:
    """Give how far behind the source is after each poll."""
    found = []
    for _ in range(count):
        source.poll()
        found.append(source.behind())
    return found


def test_offsets_that_hold_nothing_are_no_lag_and_what_comes_behind_them_is(
    consumer: Consumer, source: KafkaSource
) -> None:
    consumer.give(offset=4)
    assert steps(source, 4) == [2, 2, 0, 0]
    consumer.ends[consumer.profiles] = 10
    assert steps(source, 1) == [3]
    consumer.give(offset=8)
    assert steps(source, 1) == [1]


def test_rows_that_come_late_are_lag_until_they_are_there(consumer: Consumer, source: KafkaSource) -> None:
    assert steps(source, 2) == [7, 7]
    consumer.give(offset=3)
    assert steps(source, 2) == [3, 3]
    consumer.give(offset=6)
    assert steps(source, 1) == [0]


def test_who_passes_over_what_was_aborted_is_behind_for_as_long(consumer: Consumer, source: KafkaSource) -> None:
    for place in range(7):  # nothing is given, and yet it goes on
        consumer.places[consumer.profiles] = place
        assert steps(source, 1) == [7 - place]
