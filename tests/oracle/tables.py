"""Streams of one user written as tables, and what one feature gives over them."""

import json
from datetime import datetime, timedelta
from typing import Any

from oracle import recompute

ORDERS = "Order Completed"
CART = "Product Added"
Told = tuple[str, str, dict[str, Any]]


def at(text: str) -> int:
    """Give milliseconds of a time in UTC."""
    return round(
        (datetime.fromisoformat(text + "+00:00") - datetime.fromisoformat("1970-01-01T00:00Z")).total_seconds() * 1000
    )


def lines_of(stream: list[Told]) -> list[bytes]:
    """Write events `(time, event or type, properties or traits)`, in order of arrival."""
    lines = []
    for index, (time, name, fields) in enumerate(stream):
        named = {"type": name} if name in ("identify", "page", "erase") else {"type": "track", "event": name}
        kept = {"traits" if name == "identify" else "properties": fields}
        record = {"messageId": f"m-{index}", "userId": "u", "timestamp": time + "Z", **named, **kept}
        lines.append(json.dumps(record).encode())
    return lines


def value(feature: dict[str, Any], stream: list[Told], now: str, timezone: str = "UTC", **others: Any) -> Any:
    """Compute one feature at a time."""
    definition = {"features": {"f": feature, **others}, "timezone": timezone}
    return recompute(definition, lines_of(stream)).features("u", at(now))["f"]


def moves(
    when: str, feature: dict[str, Any], stream: list[Told], until: str, timezone: str = "UTC", **others: Any
) -> list[tuple[str, str]]:
    """Give when the user enters and leaves a segment, and which of it by time."""
    definition = {"features": {"f": feature, **others}, "segments": {"s": {"when": when}}, "timezone": timezone}
    changes = recompute(definition, lines_of(stream), at(until)).changes["u"]
    return [(one.change if one.cause == "event" else one.change + " by time", text_of(one.time_ms)) for one in changes]


def text_of(time_ms: int) -> str:
    time = datetime(1970, 1, 1) + timedelta(milliseconds=time_ms)
    return time.isoformat(timespec="milliseconds").removesuffix(".000")


def told(time: str, **traits: Any) -> Told:
    return (time, "identify", traits)
