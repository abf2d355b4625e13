"""Lines that are events, and those that are dead letters, by hand."""

import json
from typing import Any

import pytest

from oracle.lines import Rejected, read_line, read_timestamp

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
    ],
)
def test_timestamps(text: str, expected: int) -> None:
    assert read_timestamp(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("2024-02-30T00:00:00Z", "1969-12-31T23:59:59.999Z", "2101-01-01T00:00:00Z", "2024-11-09", "now", "", None, 5),
        *("2024-11-09T14:20:00", "2024-11-09T24:00:00Z", "2024-11-09T14:20:00+24:00", "2024-11-09T14:20:00.Z"),
        *("2024-11-09T14:20:00+0100", "1970-01-01T00:00:00+00:01"),
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
        ({"properties": {"revenue": "5"}}, "invalid_event $.properties.revenue"),
        ({"properties": {"quantity": True}}, "invalid_event $.properties.quantity"),
        ({"properties": {"products": {}}}, "invalid_event $.properties.products"),
        ({"properties": {"products": ["p"]}}, "invalid_event $.properties.products[]"),
        ({"properties": []}, "invalid_event $.properties"),
        ({"type": "sing"}, "invalid_event $.type"),
        ({"event": None}, "invalid_event $.event"),
        ({"type": "page", "event": 5}, "event"),
        ({"type": "identify"}, "event"),
        ({"messageId": "é" * 100}, "event"),
        ({"messageId": "m" * 101}, "invalid_event $.messageId"),
        ({"messageId": 5}, "invalid_event $.messageId"),
        ({"userId": "u" * 257}, "invalid_event $.userId"),
        ({"userId": ""}, "invalid_event $.userId"),
        ({"userId": None}, "missing_user"),
        ({"userId": None, "timestamp": "x"}, "invalid_event $.timestamp"),
    ],
)
def test_fields(change: dict[str, Any], expected: str) -> None:
    assert reason(GOOD | change) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"{", "invalid_json"),
        (b'{"a": NaN}', "invalid_json"),
        (b'{"a": 1e999}', "invalid_json"),
        (b'"\xff"', "invalid_json"),
        (b'"\\ud800"', "invalid_json"),
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
