"""Frames: what the JVM writes is what Python reads, and the other way round."""

from __future__ import annotations

from typing import Any

import pytest

from flink.compiled import java_class, new
from livesegments.flink.frames import (
    END,
    EVENTS,
    MODEL,
    NO_TIME_MS,
    TABLES,
    TICK,
    EventFrame,
    RowFrame,
    kind_of,
    read_end,
    read_model,
    read_models,
    ticks_left,
)


@pytest.fixture(scope="module")
def batch_class(gateway: Any) -> Any:
    return java_class(gateway, "EventBatch")


@pytest.mark.flink
def test_events_of_a_file(gateway: Any, batch_class: Any) -> None:
    batch, long = new(gateway, batch_class, 3, False), gateway.jvm.java.lang.Long
    for payload in (b"first", b"", b"third"):
        batch.add(payload, None, "", -1, long(-1), long(NO_TIME_MS))
    assert batch.isFull(1_000)
    frame = bytes(batch.takeFrame())
    assert kind_of(frame) == EVENTS
    read = EventFrame(frame)
    assert read.payloads == [b"first", b"", b"third"]
    assert read.keys == read.times == {}
    assert read.origin(1) == (None, None, None)


@pytest.mark.flink
def test_events_with_sources_and_keys(gateway: Any, batch_class: Any) -> None:
    batch = new(gateway, batch_class, 10, True)
    long = gateway.jvm.java.lang.Long
    batch.add(b"a", None, "events.v1", 0, long(7), long(NO_TIME_MS))
    batch.add(b"b", "Grüße", "events.v1", 1, long(2**40), long(NO_TIME_MS))
    batch.add(b"c", None, "events/v2", 0, long(9), long(NO_TIME_MS))
    batch.add(b"d", "", "", -1, long(-1), long(NO_TIME_MS))
    assert not batch.isFull(1_000)
    assert batch.isFull(3)
    read = EventFrame(bytes(batch.takeFrame()))
    assert read.payloads == [b"a", b"b", b"c", b"d"]
    assert read.keys == {1: "Grüße", 3: ""}
    origins = [("events.v1", 0, 7), ("events.v1", 1, 2**40), ("events/v2", 0, 9), (None, None, None)]
    assert [read.origin(index) for index in range(4)] == origins
    assert batch.count() == 0
    batch.add(b"next", None, "events.v1", 3, long(1), long(NO_TIME_MS))
    assert EventFrame(bytes(batch.takeFrame())).origin(0) == ("events.v1", 3, 1)


@pytest.mark.flink
@pytest.mark.parametrize("has_sources", [False, True])
def test_record_times(gateway: Any, batch_class: Any, has_sources: bool) -> None:
    batch, long = new(gateway, batch_class, 10, has_sources), gateway.jvm.java.lang.Long
    batch.add(b"a", None, "", -1, long(-1), long(1_709_287_200_000))
    batch.add(b"b", "Grüße", "", -1, long(-1), long(NO_TIME_MS))
    batch.add(b"c", None, "", -1, long(-1), long(-1))
    read = EventFrame(bytes(batch.takeFrame()))
    assert read.payloads == [b"a", b"b", b"c"]
    assert read.keys == {1: "Grüße"}
    assert read.times == {0: 1_709_287_200_000, 2: -1}
    batch.add(b"next", None, "", -1, long(-1), long(NO_TIME_MS))
    assert EventFrame(bytes(batch.takeFrame())).times == {}


@pytest.mark.flink
def test_marks(batch_class: Any, gateway: Any) -> None:
    batch = new(gateway, batch_class, 1, False)
    end = bytes(batch.endFrame(2, 3, gateway.jvm.java.lang.Long(NO_TIME_MS)))
    assert kind_of(end) == END
    assert read_end(end) == (2, 3, NO_TIME_MS)
    tick = bytes(batch.tickFrame(49))
    assert (kind_of(tick), ticks_left(tick)) == (TICK, 49)


@pytest.mark.flink
def test_models(batch_class: Any, gateway: Any) -> None:
    rows = RowFrame()
    rows.add(TABLES.index("segment_models"), "clusters/grüße", b'{"version":1}')
    rows.add(TABLES.index("summary"), None, b"nothing of theirs")
    rows.add(TABLES.index("segment_models"), "clusters/b", b"")
    (content,) = rows.take()
    expected = [("clusters/grüße", b'{"version":1}'), ("clusters/b", b"")]
    assert read_models(content) == expected
    for key, record in expected:
        frame = bytes(new(gateway, batch_class, 1, False).modelFrame(key, record))
        assert kind_of(frame) == MODEL
        assert read_model(frame) == (key, record)


def test_a_row_frame_is_taken_once() -> None:
    rows = RowFrame()
    assert rows.take() == []
    rows.add(1, "ü", b"payload", delete=True)
    rows.add(2, None, b"")
    assert rows.take() == [b"\x01\x01\x02\x00\x00\x00\x07\x00\x00\x00\xc3\xbcpayload\x02\x00\xff\xff\xff\xff\0\0\0\0"]
    assert rows.take() == []


def test_a_row_frame_is_full_at_a_megabyte() -> None:
    rows = RowFrame()
    rows.add(0, None, b"x" * 999_000)
    assert not rows.is_full
    rows.add(0, None, b"x" * 1_000)
    assert rows.is_full


@pytest.mark.flink
def test_a_batch_that_is_to_be_full_early_is_so_once(gateway: Any, batch_class: Any) -> None:
    batch, long = new(gateway, batch_class, 8, False), gateway.jvm.java.lang.Long
    batch.fillOnly(1, 4)
    counts = []
    for _ in range(10):
        batch.add(b"event", None, "", -1, long(-1), long(NO_TIME_MS))
        if batch.isFull(1_000):
            counts.append(batch.count())
            batch.takeFrame()
    assert counts == [2, 8]
    batch.fillOnly(1, 64)
    batch.add(b"event", None, "", -1, long(-1), long(NO_TIME_MS))
    assert batch.isFull(1_000)
