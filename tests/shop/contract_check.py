"""A strict check of one event line against contract section 2, written without looking at the product."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

TYPES = {"identify", "track", "page", "screen", "group", "alias", "erase"}


def _no_constants(name: str) -> float:
    raise AssertionError(f"{name} is no JSON number")


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len(dict(pairs)) == len(pairs), f"a key twice: {pairs}"
    return dict(pairs)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def checked_event(line: bytes) -> dict[str, Any]:
    """Give the event as a dict, or fail with what is wrong."""
    assert b"\n" not in line
    assert 0 < len(line) <= 32 * 1024, len(line)
    event: dict[str, Any] = json.loads(
        line.decode("utf-8", "strict"), parse_constant=_no_constants, object_pairs_hook=_no_repeats
    )
    assert event["type"] in TYPES, event
    assert isinstance(event["messageId"], str)
    assert 1 <= len(event["messageId"]) <= 100, event
    user = event.get("userId", event.get("anonymousId"))
    assert isinstance(user, str), event
    assert 1 <= len(user) <= 256, event
    _check_time(event["timestamp"])
    if event["type"] == "track":
        assert isinstance(event["event"], str), event
        assert event["event"], event
    if event["type"] == "identify":
        assert isinstance(event["traits"], dict), event
    _check_properties(event.get("properties", {}))
    assert isinstance(event.get("context", {}), dict), event
    return event


def time_ms(event: dict[str, Any]) -> int:
    """Give the event's time in milliseconds since the epoch."""
    moment = datetime.fromisoformat(event["timestamp"])
    return (moment - datetime.fromisoformat("1970-01-01T00:00:00Z")) // timedelta(milliseconds=1)


def _check_time(text: object) -> None:
    assert isinstance(text, str)
    assert text.endswith("Z"), text
    assert text[10] == "T", text
    assert 1970 <= datetime.fromisoformat(text).year <= 2100, text


def _check_properties(properties: object) -> None:
    assert isinstance(properties, dict)
    for name in ("revenue", "total", "price", "quantity"):
        assert name not in properties or _number(properties[name]), properties
    products = properties.get("products", [])
    assert isinstance(products, list), properties
    for product in products:
        assert isinstance(product, dict), properties
        for name in ("price", "quantity"):
            assert name not in product or _number(product[name]), product
