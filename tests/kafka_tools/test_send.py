"""What is read of an event to send it, and where it goes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import murmur2

from livesegments.core.events import decode
from livesegments.core.heads import head_of
from livesegments.core.replay import BadEvent
from livesegments.shop.generator import write


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'{"userId": "u", "timestamp": "1970-01-01T00:00:01.5Z"}', ("u", 1500)),
        (b'{"anonymousId": "a", "timestamp": "1970-01-01T01:00:00+01:00"}', ("a", 0)),
        (b'{"userId": "u", "anonymousId": "a"}', ("u", None)),
        (b'{"userId": null, "anonymousId": "a"}', ("a", None)),
        (b'{"userId": "", "anonymousId": "a"}', ("a", None)),
        (b'{"userId": "\xc3\xa9\xe2\x82\xac"}', ("é€", None)),
        (b'{"userId": "u", "userId": "v"}', ("v", None)),
        (b'{"timestamp": "1969-12-31T23:59:59Z"}', (None, None)),
        (b'{"userId": "u", "timestamp": "2024-01-', (None, None)),
        (b"\xff\xfe", (None, None)),
        (b"[1, 2]", (None, None)),
        (b"[" * 5_000, (None, None)),
        (b'"text"', (None, None)),
    ],
)
def test_head_is_what_can_be_read(line: bytes, expected: tuple[str | None, int | None]) -> None:
    assert head_of(line) == expected


def test_head_names_the_user_and_time_that_the_job_reads(tmp_path: Path) -> None:
    write(tmp_path / "events.jsonl", 50, 10, 7)
    accepted = 0
    for line in (tmp_path / "events.jsonl").read_bytes().splitlines():
        try:
            event = decode(line)
        except BadEvent:
            continue
        accepted += 1
        assert head_of(line) == (event.user_id, event.time_ms)
    assert accepted > 1_000


@given(st.binary(max_size=200))
def test_no_line_is_too_bad_to_be_sent(line: bytes) -> None:
    key, time_ms = head_of(line)
    assert key is None or key
    assert time_ms is None or time_ms >= 0


@pytest.mark.parametrize(
    ("key", "hashed"),  # from the tests of Kafka's Java client
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_keys_are_hashed_as_java_does(key: bytes, hashed: int) -> None:
    assert murmur2(key) == hashed % 2**32
