"""Bytewax at its best: one process, recovery on, an epoch a second, profiles decoded in memory, bytes in snapshots.

Its own Kafka connector flushes after each batch and makes a record object with headers of each message. The source and
the sink here do less: the sink flushes when an epoch ends, which is what at least once needs.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import bytewax.operators as op
import msgspec
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.operators import StatefulBatchLogic
from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import run_main
from confluent_kafka import Consumer, Producer, TopicPartition

from bench.peers.settings import JobSettings
from bench.peers.work import Work

BATCH = 1_000
SNAPSHOT_SECONDS = 1


class Partition(StatefulSourcePartition[Any, int]):
    """One partition of the events, read from the offset of the last epoch."""

    def __init__(self, settings: JobSettings, number: int, offset: int) -> None:
        self.offset = offset
        self.consumer = Consumer({"bootstrap.servers": settings.bootstrap, "group.id": settings.group})
        self.consumer.assign([TopicPartition(settings.events, number, offset)])

    def next_batch(self) -> list[tuple[str, tuple[str, bytes]]]:
        messages = self.consumer.consume(BATCH, 0.001)
        if not messages:
            return []
        for message in messages:
            assert message.error() is None, message.error()
        self.offset = messages[-1].offset() + 1
        return [(user := message.key().decode(), (user, message.value())) for message in messages]

    def snapshot(self) -> int:
        return self.offset


class Events(FixedPartitionedSource[Any, int]):
    """All partitions of the events."""

    def __init__(self, settings: JobSettings) -> None:
        self.settings = settings

    def list_parts(self) -> list[str]:
        return [str(number) for number in range(self.settings.partitions)]

    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> Partition:
        return Partition(self.settings, int(for_part), resume_state or 0)


class Segments(StatefulBatchLogic[Any, Any, bytes]):
    """One user. Bytewax does not say whose state it gives back, so it is decoded with the user's next event."""

    def __init__(self, work: Work, content: bytes | None) -> None:
        self.work, self.content = work, content
        self.profile: Any = None

    def on_batch(self, values: list[tuple[str, bytes]]) -> tuple[Iterable[Any], bool]:
        user = values[0][0]
        if self.profile is None:
            self.profile = self.work.restore(user, self.content)
            self.content = None
        found = [(user, change) for _, raw in values for change in self.work.changes(self.profile, raw)]
        return found, StatefulBatchLogic.RETAIN

    def snapshot(self) -> bytes:
        if self.profile is None:
            assert self.content is not None
            return self.content
        return self.work.snapshot(self.profile)


class Writer(StatefulSinkPartition[Any, None]):
    """Sends at once; an epoch ends when all of it has arrived."""

    def __init__(self, settings: JobSettings) -> None:
        self.topic = settings.changes
        self.producer = Producer({"bootstrap.servers": settings.bootstrap, "linger.ms": 1})

    def write_batch(self, values: list[tuple[str, bytes]]) -> None:
        for user, change in values:
            self.producer.produce(self.topic, change, user)
        self.producer.poll(0)

    def snapshot(self) -> None:
        assert self.producer.flush(30) == 0


class Changes(FixedPartitionedSink[Any, None]):
    """The topic of the changes."""

    def __init__(self, settings: JobSettings) -> None:
        self.settings = settings

    def list_parts(self) -> list[str]:
        return ["all"]

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> Writer:
        return Writer(self.settings)


def main(settings: JobSettings) -> None:
    work = Work(settings.definition)
    flow = Dataflow("segments")
    events = op.input("events", flow, Events(settings))
    changes = op.stateful_batch("segments", events, lambda content: Segments(work, content))
    op.output("changes", changes, Changes(settings))
    folder = Path(settings.folder) / "recovery"
    if not folder.exists():
        folder.mkdir()
        init_db_dir(folder, 1)
    recovery = RecoveryConfig(str(folder), backup_interval=timedelta(0))
    run_main(flow, epoch_interval=timedelta(seconds=SNAPSHOT_SECONDS), recovery_config=recovery)


if __name__ == "__main__":
    main(msgspec.json.decode(sys.argv[1], type=JobSettings))
