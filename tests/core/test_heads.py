"""Whose and when an event is, is read as `decode` reads it, by all who read no more than that."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import livesegments.core.heads
from core.odd_events import damaged, messages
from livesegments.core.errors import BadEvent
from livesegments.core.events import Event, decode
from livesegments.core.heads import Head, head_of, named
from readings.cases import READINGS, Reading


def decoded(raw: bytes, record_ms: int | None = None) -> Event | None:
    try:
        return decode(raw, record_ms=record_ms)
    except BadEvent:
        return None


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading.about)
def test_the_head_of_an_odd_event_is_what_decode_gives(reading: Reading) -> None:
    event = decoded(reading.raw, reading.record_ms)
    assert event is not None or reading.dead is not None
    if event is None:
        head_of(reading.raw)  # as far as it can be read
    elif decoded(reading.raw) is None:  # the record alone tells the time
        assert head_of(reading.raw) == (event.user_id, None)
    else:
        assert head_of(reading.raw) == (event.user_id, event.time_ms)
    if event is not None:
        assert named(reading.raw) == (event.type, event.event)


@settings(max_examples=500)
@given(raw=st.one_of(messages(), damaged(), st.binary(max_size=200)))
@example(raw=b'{"a":' * 10_000 + b"1" + b"}" * 10_000)
@example(raw=b"[" * 5_000)
@example(raw=b"\xff\xfe")
def test_the_head_of_any_bytes_is_what_decode_gives(raw: bytes) -> None:
    event, head, name = decoded(raw), head_of(raw), named(raw)
    if event is not None:
        assert head == (event.user_id, event.time_ms)
        assert name == (event.type, event.event)
    assert head.user is None or head.user.encode()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"userId": 12345}', ("12345", None)),
        (b'\xef\xbb\xbf{"userId": "u", "timestamp": 1709287200}', ("u", 1_709_287_200_000)),
        (
            b'{"userId": "u", "properties": {"a": NaN}, "originalTimestamp": "2024-03-01 10:00:00"}',
            ("u", 1709287200000),
        ),
        (b'{"userId": ["u"], "anonymousId": "a", "timestamp": "2024-03-01"}', (None, 1_709_251_200_000)),
        (b'{"userId": "u", "timestamp": "yesterday", "sentAt": 1709287200}', ("u", None)),
        (b'{"type": "track", "userId": 7, "timestamp": "2024-03-01", "event": 5}', ("7", 1_709_251_200_000)),
    ],
)
def test_of_what_is_refused_the_rest_is_read(raw: bytes, expected: Head) -> None:
    assert decoded(raw) is None
    assert head_of(raw) == expected


def test_examples_in_docstrings_hold() -> None:
    result = doctest.testmod(livesegments.core.heads)
    assert result.failed == 0
    assert result.attempted >= 3
