"""From one raw line to an event, or to the reason why it is none (contract section 2)."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

BYTES_MAX = 32 * 1024
NESTING_MAX = 64
TYPES = {"identify", "track", "page", "screen", "group", "alias", "erase"}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_MS = 0
END_MS = (datetime(2101, 1, 1, tzinfo=UTC) - EPOCH) // timedelta(milliseconds=1)
TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:([Zz])|([+-])([0-9]{2}):([0-9]{2}))"
)


class Rejected(Exception):  # noqa: N818 - a reason, not an error
    """A line that becomes a dead letter; `reason` is the contract's word."""

    def __init__(self, reason: str, path: str = "") -> None:
        super().__init__(f"{reason} {path}".strip())
        self.reason = reason


@dataclass(frozen=True)
class Event:
    """One accepted line."""

    type: str
    name: str | None  # of a track event
    message_id: str
    time_ms: int
    user: str
    properties: dict[str, Any]
    context: dict[str, Any]
    traits: dict[str, Any]


def read_line(line: bytes) -> Event:
    """Read a line that is not blank; raises Rejected with the first reason that holds, in the contract's order."""
    line = line.rstrip(b"\r\n")
    if len(line) > BYTES_MAX:
        raise Rejected("too_large")
    record = read_json(line)
    check_fields(record)
    time_ms = read_timestamp(record.get("timestamp"))
    user = record.get("userId") or record.get("anonymousId")
    if user is None:
        raise Rejected("missing_user")
    return Event(
        type=record["type"],
        name=record["event"] if record["type"] == "track" else None,
        message_id=record["messageId"],
        time_ms=time_ms,
        user=user,
        properties=record.get("properties") or {},
        context=record.get("context") or {},
        traits=record.get("traits") or {},
    )


def read_json(line: bytes) -> Any:
    """Read strict JSON; every number becomes a double."""
    try:
        text = line.decode("utf-8")
        if nesting(text) > NESTING_MAX:
            raise Rejected("invalid_json", "nesting")
        record = json.loads(text, parse_constant=refuse, parse_int=finite, parse_float=finite)
        json.dumps(record, ensure_ascii=False).encode("utf-8")  # a lone surrogate is no text
    except ValueError as error:
        raise Rejected("invalid_json") from error
    return record


def refuse(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")


def finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text} is beyond a double")
    return number


def nesting(text: str) -> int:
    """Count the deepest nesting of objects and lists; what stands in strings does not count."""
    depth = deepest = 0
    for token in re.findall(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', text):
        if token in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif token in "]}":
            depth -= 1
    return deepest


def check_fields(record: Any) -> None:
    """Raise Rejected("invalid_event") for the first field that is missing or of a wrong type."""
    require(isinstance(record, dict), "$")
    require(isinstance(record.get("type"), str) and record["type"] in TYPES, "$.type")
    require(is_text(record.get("messageId"), 100), "$.messageId")
    require(record["type"] != "track" or is_text(record.get("event"), BYTES_MAX), "$.event")
    for name in ("userId", "anonymousId"):
        require(record.get(name) is None or is_text(record[name], 256), f"$.{name}")
    for name in ("properties", "context", "traits"):
        require(record.get(name) is None or isinstance(record[name], dict), f"$.{name}")
    check_properties(record.get("properties") or {})


def check_properties(properties: dict[str, Any]) -> None:
    for name in ("revenue", "total", "price", "quantity"):
        require(properties.get(name) is None or isinstance(properties[name], float), f"$.properties.{name}")
    products = properties.get("products")
    if products is not None:
        require(isinstance(products, list), "$.properties.products")
        require(all(isinstance(product, dict) for product in products), "$.properties.products[]")


def is_text(value: Any, length_max: int) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= length_max


def require(holds: bool, path: str) -> None:
    if not holds:
        raise Rejected("invalid_event", path)


def read_timestamp(text: Any) -> int:
    """Read RFC 3339 with any offset as milliseconds; further digits are cut."""
    match = TIMESTAMP.fullmatch(text) if isinstance(text, str) else None
    require(match is not None, "$.timestamp")
    assert match is not None
    try:
        local = datetime(*(int(match[part]) for part in range(1, 7)), tzinfo=UTC)  # type: ignore[misc]
    except ValueError as error:
        raise Rejected("invalid_event", "$.timestamp") from error
    time_ms = (local - EPOCH) // timedelta(milliseconds=1) + int(((match[7] or "") + "000")[:3])
    if match[9]:
        hours, minutes = int(match[10]), int(match[11])
        require(hours < 24 and minutes < 60, "$.timestamp")
        offset_ms = (hours * 60 + minutes) * 60_000
        time_ms += -offset_ms if match[9] == "+" else offset_ms
    require(FIRST_MS <= time_ms < END_MS, "$.timestamp")
    return time_ms
