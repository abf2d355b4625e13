"""The JVM's reading of an event agrees with decode(): the same events accepted, the same user, the same time."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from py4j.java_gateway import get_field, set_field

from core.odd_events import GOOD, damaged, messages
from flink.compiled import java_class, new
from livesegments.core.errors import BadEvent
from livesegments.core.events import Event, decode
from readings.cases import READINGS, Reading

pytestmark = pytest.mark.flink

Read = Callable[[bytes], tuple[Any, ...]]


@pytest.fixture(scope="module")
def reader_class(gateway: Any) -> Any:
    return java_class(gateway, "EventReader", "EventTime")


@pytest.fixture(scope="module")
def read(gateway: Any, reader_class: Any) -> Read:
    reader = new(gateway, reader_class)

    def read(raw: bytes) -> tuple[Any, ...]:
        reader.read(raw)
        return tuple(get_field(reader, name) for name in ("accepted", "ignored", "user", "timeMs"))

    return read


def message(**changed: Any) -> bytes:
    return json.dumps({**GOOD, **changed}).encode()


def is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def decoded(raw: bytes) -> Event | None:
    try:
        return decode(raw)
    except BadEvent:
        return None


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@settings(max_examples=1500, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.one_of(messages(), messages(), damaged()))
@example(raw=b"")
@example(raw=b"[]")
@example(raw=b"null")
@example(raw=b"\xef\xbb\xbf" + message())
@example(raw=message() + b" x")
@example(raw=message() + b"{}")
@example(raw=message().decode().encode("utf-16"))
@example(raw=message(traits=nested(61)))
@example(raw=message(traits={"a": nested(62)}))
@example(raw=message(traits={"a": nested(63)}))
@example(raw=message(unknown=nested(63)))
@example(raw=message(unknown=nested(64)))
@example(raw=b'{"a":' * 10_000 + b"1" + b"}" * 10_000)
@example(raw=b"[" * 2_000 + b"]" * 2_000)
@example(raw=message(traits={"a": "x" * 33_000}))
@example(raw=message(properties={"revenue": True}))
@example(raw=message(properties={"products": [{}, 1]}))
@example(raw=message()[:-1] + b', "properties": {"revenue": 1e999}}')
@example(raw=message()[:-1] + b', "properties": {"revenue": 01}}')
@example(raw=message()[:-1] + b', "properties": {"other": NaN}}')
@example(raw=message()[:-1] + b', "unknown": 1e999}')
@example(raw=message(_user_id="other", _time_ms=[1]))
@example(raw=message()[:-1] + b', "_time_ms": 1e999}')
@example(raw=message()[:-1] + b', "unknown": "\\ud800"}')
@example(raw=message()[:-1] + b', "unknown": INF}')
@example(raw=message()[:-1] + b', "unknown": +Infinity}')
@example(raw=message()[:-1] + b', "unknown": -INF}')
@example(raw=message()[:-1] + b', "unknown": [NaN, Infinity, -Infinity]}')
@example(raw=message()[:-1] + b', "userId": ' + b"1" * 309 + b"}")
@example(raw=message()[:-1] + b', "sentAt": ' + b"1" * 400 + b', "timestamp": ""}')
@example(raw=message()[:-1] + b', "unknown": "\xff"}')
@example(raw=message()[:-1] + b', "unknown": "\xed\xa0\x80"}')
@example(raw=message()[:-1] + b', "unknown": [1,]}')
@example(raw=message()[:-1] + b', "unknown": "a\x01b"}')
@example(raw=message()[:-1] + b', "unknown": ' + b"1" * 5_000 + b"}")
@example(raw=message()[:-1] + b', "traits": {"a": ' + b"1" * 5_000 + b"}}")
@example(raw=message()[:-1] + b', "u\\u0073erId": "other"}')
def test_reader_agrees_with_decode(read: Read, raw: bytes) -> None:
    accepted, ignored, user, time_ms = read(raw)
    if not is_utf8(raw):
        assert not accepted
        return
    event = decoded(raw)
    if event is None:
        assert not accepted
    else:
        assert (accepted, ignored, user, time_ms) == (True, event.type == "alias", event.user_id, event.time_ms)


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading.about)
def test_an_odd_event_is_read_as_meant(gateway: Any, reader_class: Any, reading: Reading) -> None:
    reader = new(gateway, reader_class)
    for user in reading.refuse:
        reader.refuse(user)
    if reading.key:
        assert reader.refuses(reading.key) == (reading.key in reading.refuse)  # the batcher takes it for none
    if reading.latest_ms is not None:
        set_field(reader, "latestMs", reading.latest_ms)
    if reading.record_ms is None:
        reader.read(reading.raw)
    else:
        reader.read(reading.raw, reading.record_ms)
    found = {name: get_field(reader, name) for name in ("accepted", "ignored", "user", "timeMs", "messageId")}
    if reading.dead is not None:
        assert found["accepted"] == (reading.dead[0] == "key_mismatch")  # the key is compared by the batcher
        return
    assert reading.reads is not None
    assert (found["accepted"], found["user"]) == (True, reading.reads["user"])
    assert (found["timeMs"], found["ignored"]) == (reading.time_ms, reading.reads.get("ignored", False))
    message_id = found["messageId"] or reader.autoId(reading.raw)
    assert message_id == decode(reading.raw, record_ms=reading.record_ms).message_id
