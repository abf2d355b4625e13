"""From one raw line to an event, or to the reason why it is none (contract section 2)."""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

BYTES_MAX = 32 * 1024
NESTING_MAX = 64
TYPES = {"identify", "track", "page", "screen", "group", "alias", "erase"}
AMOUNTS = ("revenue", "total", "price", "quantity", "value", "discount", "tax", "shipping")
TIMES = ("timestamp", "originalTimestamp", "sentAt", "receivedAt")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_MS = 0
END_MS = (datetime(2101, 1, 1, tzinfo=UTC) - EPOCH) // timedelta(milliseconds=1)
DAY_MS = 86_400_000
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
DATES = [r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})", r"([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})"]
CLOCK = r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?"
BASIC = r"([0-9]{4})([0-9]{2})([0-9]{2})[Tt]([0-9]{2})([0-9]{2})(?:([0-9]{2})(?:[.,]([0-9]+))?)?"
OFFSET = r" ?([+-])([0-9]{2})(?::?([0-9]{2}))?(?: [A-Z]{3,5})?"
ZONE = rf"(?:(?: ?[Zz]| ?UTC| ?GMT|:Z|{OFFSET})(?:\[[-A-Za-z0-9_+/]+\])?)?"
FORMS = [
    *(re.compile(date) for date in DATES),
    *(re.compile(f"{date}[Tt ]{CLOCK}{ZONE}") for date in DATES),
    re.compile(BASIC + ZONE),
]
MISSING: Any = object()


class Rejected(Exception):  # noqa: N818 - a reason, not an error
    """A line that becomes a dead letter; `reason` is the contract's word."""

    def __init__(self, reason: str, path: str = "") -> None:
        super().__init__(f"{reason} {path}".strip())
        self.reason = reason


class Number(float):
    """A number of JSON: its double, and how it was written."""

    text: str


@dataclass(frozen=True)
class Event:
    """One accepted line; `user` is whom it names, `given`, `anonymous` and `previous` are its ids."""

    type: str
    name: str | None  # of a track event
    message_id: str
    time_ms: int
    user: str
    properties: dict[str, Any]
    context: dict[str, Any]
    traits: dict[str, Any]
    given: str | None = None
    anonymous: str | None = None
    previous: str | None = None


def read_line(line: bytes) -> Event:
    """Read a line that is not blank; raises Rejected with the first reason that holds."""
    line = line.rstrip(b"\r\n")
    if len(line) > BYTES_MAX:
        raise Rejected("too_large")
    line = line.removeprefix(b"\xef\xbb\xbf").strip(b" \t\r\n")
    record = read_json(line)
    require(isinstance(record, dict), "$")
    kind = record.get("type")
    require(isinstance(kind, str) and kind.isascii() and kind.lower() in TYPES, "$.type")
    kind = kind.lower()
    time_ms = read_time(record)
    require(kind != "track" or (isinstance(record.get("event"), str) and record["event"] != ""), "$.event")
    ids = {name: read_id(record, name) for name in ("messageId", "userId", "anonymousId")}
    previous = read_id(record, "previousId") if kind == "alias" else None
    user = ids["userId"] or ids["anonymousId"]
    if user is None:
        raise Rejected("missing_user")
    parts = {
        name: plain(record[name]) if isinstance(record.get(name), dict) else {}
        for name in ("properties", "context", "traits")
    }
    traits = parts["traits"]
    if kind == "identify" and not traits and isinstance(parts["context"].get("traits"), dict):
        traits = parts["context"]["traits"]
    properties = read_properties(parts["properties"])
    if kind in ("page", "screen"):
        own = {name: record[name] for name in ("name", "category", "channel") if isinstance(record.get(name), str)}
        properties = own | properties
    received = time_of(record.get("receivedAt"))
    if isinstance(received, int) and FIRST_MS <= received < END_MS and time_ms > received + DAY_MS:
        raise Rejected("future_timestamp")
    return Event(
        type=kind,
        name=record["event"] if kind == "track" else None,
        message_id=ids["messageId"] or "auto-" + hashlib.sha256(line).hexdigest()[:32],
        time_ms=time_ms,
        user=user,
        properties=properties,
        context=parts["context"],
        traits=traits,
        given=ids["userId"],
        anonymous=ids["anonymousId"],
        previous=previous,
    )


def read_json(line: bytes) -> Any:
    """Read JSON; every number becomes a double; what no text or double can hold is left out."""
    try:
        text = line.decode("utf-8")
        if nesting(text) > NESTING_MAX:
            raise Rejected("invalid_json", "nesting")
        return whole(json.loads(text, parse_constant=number, parse_int=number, parse_float=number))
    except ValueError as error:
        raise Rejected("invalid_json") from error


def number(text: str) -> Number:
    read = Number(text)
    read.text = text
    return read


def whole(value: Any) -> Any:
    """Leave out NaN, numbers beyond a double, and texts with half a surrogate pair."""
    if isinstance(value, dict):
        kept = {key: whole(item) for key, item in value.items() if is_encodable(key)}
        return {key: item for key, item in kept.items() if item is not MISSING}
    if isinstance(value, list):
        return [item for item in map(whole, value) if item is not MISSING]
    if isinstance(value, str):
        return value if is_encodable(value) else MISSING
    if isinstance(value, Number) and not re.fullmatch("-?[0-9]+", value.text):
        return value if abs(value) < float("inf") else MISSING
    return value


def plain(value: Any) -> Any:
    """Give a value with its numbers as doubles and no more."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return float(value) if isinstance(value, Number) else value


def is_encodable(text: str) -> bool:
    return not re.search("[\ud800-\udfff]", text)


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


def read_id(record: dict[str, Any], name: str) -> str | None:
    """Read a text, or a whole number as its decimal text; null and an empty text are none."""
    found = record.get(name)
    if isinstance(found, Number):
        if re.fullmatch("-?[0-9]+", found.text):
            found = "0" if found.text == "-0" else found.text
        elif found.is_integer() and abs(found) < 2**53:
            found = str(int(found))
    require(found is None or (isinstance(found, str) and len(found) <= 256), f"$.{name}")
    return found or None


def read_properties(properties: dict[str, Any]) -> dict[str, Any]:
    properties = read_amounts(properties)
    products = properties.pop("products", None)
    if isinstance(products, dict):
        is_list = all(re.fullmatch("[0-9]+", key) and isinstance(item, dict) for key, item in products.items())
        products = list(products.values()) if is_list else [products]
    if isinstance(products, list):
        properties["products"] = [read_amounts(product) for product in products if isinstance(product, dict)]
    return properties


def read_amounts(fields: dict[str, Any]) -> dict[str, Any]:
    """Read amounts that are written as texts; an empty text is none."""
    return {
        name: as_number(value) if name in AMOUNTS else value
        for name, value in fields.items()
        if not (name in AMOUNTS and value == "")
    }


def as_number(value: Any) -> Any:
    """Read a text that is wholly a number of JSON; gives anything else back."""
    is_number = isinstance(value, str) and NUMBER.fullmatch(value) and abs(float(value)) < float("inf")
    return float(value) if is_number else value


def require(holds: bool, path: str) -> None:
    if not holds:
        raise Rejected("invalid_event", path)


def read_time(record: dict[str, Any]) -> int:
    """Read the first time that is there; without `timestamp` the device's clock is corrected."""
    times = {name: time_of(record.get(name)) for name in TIMES}
    field = next((name for name in TIMES if times[name] is not None), "timestamp")
    time_ms = times[field]
    require(isinstance(time_ms, int), f"$.{field}")
    assert isinstance(time_ms, int)
    sent, received = times["sentAt"], times["receivedAt"]
    if (
        field == "originalTimestamp"
        and isinstance(sent, int)
        and isinstance(received, int)
        and FIRST_MS <= received < END_MS
    ):
        time_ms = received - (sent - time_ms)
    require(FIRST_MS <= time_ms < END_MS, f"$.{field}")
    return time_ms


def time_of(value: Any) -> int | str | None:
    """Read one field: milliseconds, None when nothing is there, a word when it is no time."""
    text = value.text if isinstance(value, Number) else value
    if text is None or (isinstance(text, str) and not text.strip(" \t\r\n")):
        return None
    if not isinstance(text, str):
        return "no time"
    text = text.strip(" \t\r\n")
    match = next((match for form in FORMS if (match := form.fullmatch(text))), None)
    if match is not None:
        return time_of_parts(*match.groups())
    if not NUMBER.fullmatch(text) or abs(float(text)) >= 1e20:
        return "no time"
    size = abs(float(text))
    if size >= 1e17:
        return round(float(text) / 1_000) // 1_000
    unit = 10**6 if size < 1e11 else 10**3 if size < 1e14 else 1
    return round(float(text) * unit) // 1_000


def time_of_parts(
    year: str,
    month: str,
    day: str,
    hour: str | None = None,
    minute: str | None = None,
    second: str | None = None,
    fraction: str | None = None,
    sign: str | None = None,
    hours: str | None = None,
    minutes: str | None = None,
) -> int | str:
    """Give milliseconds; further digits are cut."""
    thousandths = int(((fraction or "") + "000")[:3])
    next_day = (int(hour or 0), int(minute or 0), int(second or 0), thousandths) == (24, 0, 0, 0)
    hour = "0" if next_day else hour
    try:
        local = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), min(int(second or 0), 59), tzinfo=UTC
        )
    except ValueError:
        return "no time"
    leap = int(second or 0) - min(int(second or 0), 59)
    if leap > 1 or int(hours or 0) > 23 or int(minutes or 0) > 59:
        return "no time"
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    time_ms = (local - EPOCH) // timedelta(milliseconds=1) + 1_000 * leap + thousandths + DAY_MS * next_day
    return time_ms + (offset if sign == "-" else -offset) // timedelta(milliseconds=1)
