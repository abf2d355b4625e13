"""Lines that are events, and those that are dead letters, by hand."""

import json
from typing import Any

import pytest

from oracle.lines import Rejected, read_line

GOOD: dict[str, Any] = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "m-1",
    "userId": "u",
    "timestamp": "2024-11-09T14:20:00Z",
}


def reason(line: bytes | dict[str, Any]) -> str:
    try:
        read_line(line if isinstance(line, bytes) else json.dumps(line).encode())
    except Rejected as rejected:
        return str(rejected)
    return "event"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.0019Z", 1),
        ("1970-01-01T01:00:00.5+01:00", 500),
        ("1969-12-31T23:00:00-01:00", 0),
        ("2024-02-29T23:59:59.999999z", 1_709_251_199_999),
        ("2100-12-31T23:59:59.999Z", 4_133_980_799_999),
        ("1970-1-2", 86_400_000),
        ("1970-01-01 00:01", 60_000),
        ("1970-01-01 0:00:01,5 UTC", 1_500),
        ("19700101T010000+01", 0),
        ("1970-01-01T01:00:00 +0100", 0),
        ("  1.5 ", 1_500),
        (1_709_251_199, 1_709_251_199_000),
        (1_709_251_199.79, 1_709_251_199_790),
        (1_709_251_199_790, 1_709_251_199_790),
        ("1709251199790123", 1_709_251_199_790),
    ],
)
def test_timestamps(text: Any, expected: int) -> None:
    assert read_line(json.dumps(GOOD | {"timestamp": text}).encode()).time_ms == expected


@pytest.mark.parametrize(
    "text",
    [
        *("2024-02-30T00:00:00Z", "1969-12-31T23:59:59.999Z", "2101-01-01T00:00:00Z", "now", "", None, -5, True, []),
        *("2024-11-09T24:00:01Z", "2024-11-09T14:20:00+24:00", "2024-11-09T14:20:00.Z", "2024-11-09T14Z", 1e20),
        *("2024-11-09T14:20:00+01:", "1970-01-01T00:00:00+00:01", "Sat Nov 09 2024", "2024-11-09T14:20:00_Z"),
    ],
)
def test_broken_timestamps(text: Any) -> None:
    assert reason(GOOD | {"timestamp": text}) == "invalid_event $.timestamp"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "event"),
        ({"unknown": [1], "properties": {"category": 5, "score": {}}}, "event"),
        ({"properties": None, "context": None, "userId": None, "anonymousId": "a"}, "event"),
        ({"properties": {"revenue": None, "products": []}}, "event"),
        ({"properties": {"revenue": "5", "quantity": True, "products": ["p"]}}, "event"),
        ({"properties": [], "context": "web", "traits": 5}, "event"),
        ({"type": "Track"}, "event"),
        ({"type": "sing"}, "invalid_event $.type"),
        ({"event": None}, "invalid_event $.event"),
        ({"type": "page", "event": 5}, "event"),
        ({"type": "identify"}, "event"),
        ({"messageId": "é" * 256}, "event"),
        ({"messageId": "m" * 257}, "invalid_event $.messageId"),
        ({"messageId": 5}, "event"),
        ({"messageId": None}, "event"),
        ({"userId": "u" * 257}, "invalid_event $.userId"),
        ({"userId": 12.5}, "invalid_event $.userId"),
        ({"userId": ""}, "missing_user"),
        ({"userId": None}, "missing_user"),
        ({"userId": None, "timestamp": "x"}, "invalid_event $.timestamp"),
        ({"receivedAt": "2024-11-08T14:19:59Z"}, "future_timestamp"),
        ({"receivedAt": "2024-11-08T14:20:00Z"}, "event"),
    ],
)
def test_fields(change: dict[str, Any], expected: str) -> None:
    assert reason(GOOD | change) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"{", "invalid_json"),
        (b'{"a": NaN}', "invalid_event $.type"),
        (b'{"a": 1e999}', "invalid_event $.type"),
        (b'{"a": INF}', "invalid_json"),
        (b'"\xff"', "invalid_json"),
        (b'"\\ud800"', "invalid_event $"),
        (b"[" * 65 + b"]" * 65, "invalid_json nesting"),
        (b"[" * 64 + b"]" * 64, "invalid_event $"),
        (b'"[[[[' + b"[" * 99 + b'"', "invalid_event $"),
        (b" " * 32_767 + b"1", "invalid_event $"),
        (b" " * 32_767 + b"1\r\n", "invalid_event $"),
        (b" " * 32_768 + b"1", "too_large"),
        (b"\xff" * 32_769, "too_large"),
    ],
)
def test_raw_lines(line: bytes, expected: str) -> None:
    assert reason(line) == expected


def test_user_comes_before_anonymous() -> None:
    assert read_line(json.dumps(GOOD | {"anonymousId": "a"}).encode()).user == "u"
    assert read_line(json.dumps(GOOD | {"userId": None, "anonymousId": "a"}).encode()).user == "a"
