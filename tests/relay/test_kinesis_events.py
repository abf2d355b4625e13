"""What becomes of one Kinesis record: keyed by the user that the job will read, at the event's own time."""

from __future__ import annotations

import time

import msgspec
import pytest

from livesegments.core.errors import BadEvent
from livesegments.core.events import decode
from livesegments.relay.kinesis_api import Record
from livesegments.relay.kinesis_events import EventMaker
from readings.cases import READINGS, Reading


class Counted(msgspec.Struct):
    sent: int = 0
    without_user: int = 0
    without_time: int = 0
    too_large: int = 0


def is_read(reading: Reading) -> bool:
    try:
        decode(reading.raw)
    except BadEvent:
        return False
    return True


@pytest.mark.parametrize("reading", [*filter(is_read, READINGS)], ids=lambda reading: reading.about)
def test_an_odd_event_is_keyed_so_that_the_job_takes_it(reading: Reading) -> None:
    counts = Counted()
    made = EventMaker("events", "dead-letters", "kinesis", counts).make(Record(reading.raw, "of-the-shard", "1"), "s0")
    assert counts == Counted(sent=1)
    assert made.key is not None
    event = decode(reading.raw, key=made.key.decode())
    is_ahead = event.time_ms > time.time() * 1_000  # brokers do not take it
    assert (made.topic, made.value, made.timestamp_ms) == ("events", reading.raw, 0 if is_ahead else event.time_ms)


def test_a_record_without_a_user_keeps_its_partition_key_and_the_time_before_it() -> None:
    counts = Counted()
    maker = EventMaker("events", "dead-letters", "kinesis", counts)
    maker.make(Record(b'{"userId": 7, "timestamp": 1709287200}', "p", "1"), "s0")
    made = maker.make(Record(b"{}", "p", "2"), "s0")
    assert (made.key, made.timestamp_ms) == (b"p", 1_709_287_200_000)
    assert counts == Counted(sent=2, without_user=1, without_time=1)
