"""Reading as meant: the fields of an event that is not written as the Segment Spec says, but means one thing only."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

from livesegments.core.errors import BadEvent
from livesegments.core.json_text import parse_json
from livesegments.core.times import TIME_MAX_MS, TIME_MIN_MS, time_of_number, time_of_text

__all__ = ["BOM", "EVENT_TYPES", "ID_LENGTH_MAX", "OddEvent", "invalid", "read_odd", "received_ms"]

BOM = b"\xef\xbb\xbf"
EVENT_TYPES = ("identify", "track", "page", "screen", "group", "alias", "erase")
ID_LENGTH_MAX = 256
_EXACT_MAX = 2**53  # whole doubles below it are exact
_TIME_FIELDS = ("timestamp", "originalTimestamp", "sentAt", "receivedAt")
_SPACE = " \t\r\n"
_JSON_NAMES = {str: "text", bool: "bool", int: "number", float: "number", list: "array", dict: "object"}


class OddEvent(NamedTuple):
    """What was read: the arguments of Event, its time, and the paths of what counts as absent."""

    fields: dict[str, Any]
    time_ms: int
    odd: tuple[str, ...]


def invalid(expectation: str, path: str) -> BadEvent:
    """Make the error of an event that is JSON, but none of ours; the path is one such as `$.properties.revenue`."""
    return BadEvent("invalid_event", f"{expectation} - at `{path}`")


def read_odd(raw: bytes, record_ms: int | None = None) -> OddEvent:
    """Read one event as section 2 of the contract says, whatever producer wrote it.

    `record_ms` is the time of the record, for events that carry none. Raises BadEvent, `invalid_json` or
    `invalid_event`. The size and the nesting must have been checked.
    """
    raw = raw.removeprefix(BOM).strip(b" \t\r\n")
    try:
        message, odd = parse_json(raw)
    except ValueError as error:  # also not UTF-8
        raise BadEvent("invalid_json", f"Expected JSON in UTF-8, got: {error}") from None
    _check_object(message)
    kind = _type_of(message)
    time_ms, written = _time_of(message, record_ms)
    objects: dict[str, dict[str, Any] | None] = {}
    for name in ("properties", "traits", "context"):
        found = objects[name] = message[name] if type(message.get(name)) is dict else None
        if found is None and message.get(name) not in (None, []):
            odd += (name,)
    fields = {
        "type": kind,
        "message_id": _id_of(message, "messageId") or "auto-" + hashlib.sha256(raw).hexdigest()[:32],
        "timestamp": written,
        "given_user_id": _id_of(message, "userId"),
        "anonymous_id": _id_of(message, "anonymousId"),
        "previous_id": _id_of(message, "previousId") if kind == "alias" else None,
        "event": _name_of(message, kind),
        "received_at": message.get("receivedAt"),
        **{name: message.get(name) for name in ("name", "category", "channel")},
        **objects,
    }
    return OddEvent(fields, time_ms, odd)


def _kind_of(value: Any) -> str:
    return "null" if value is None else _JSON_NAMES[type(value)]


def _check_object(message: Any) -> None:
    if type(message) is list:
        raise invalid(f"Expected one event as a JSON object, got an array of {len(message):,}; one event a line", "$")
    if type(message) is not dict:
        raise invalid(f"Expected one event as a JSON object, got {_kind_of(message)}", "$")
    if "type" not in message and type(message.get("batch")) is list:
        advice = "`livesegments send` and `livesegments convert` take batches apart"
        raise invalid(f"Expected one event, got a batch of {len(message['batch']):,}; {advice}", "$.batch")


def _type_of(message: dict[str, Any]) -> str:
    found = message.get("type")
    if found is None or found == "":
        raise invalid("Object missing required field `type`", "$.type")
    kind = found.lower() if type(found) is str and found.isascii() else found
    if type(kind) is not str or kind not in EVENT_TYPES:
        shown = f"{found!r:.60}" if type(found) is str else _kind_of(found)
        raise invalid(f"Expected one of {', '.join(EVENT_TYPES)}, got {shown}", "$.type")
    return kind


def _name_of(message: dict[str, Any], kind: str) -> str | None:
    found = message.get("event")
    if type(found) is str:
        return found
    if kind == "track" and found is not None:
        raise invalid(f"Expected the event's name as a text, got {_kind_of(found)}", "$.event")
    return None


def _id_of(message: dict[str, Any], name: str) -> str | None:
    """Give an id as a text; a whole number is its decimal text, null and an empty text are none."""
    found = message.get(name)
    if found is None or found == "":
        return None
    if type(found) is float and found.is_integer() and abs(found) < _EXACT_MAX:
        found = int(found)
    text = str(found) if type(found) is int else found
    if type(text) is not str or len(text) > ID_LENGTH_MAX:
        shown = f"{len(text):,} characters" if type(text) is str else _kind_of(text)
        raise invalid(f"Expected a text of 1 to {ID_LENGTH_MAX} characters or a whole number, got {shown}", f"$.{name}")
    return text


def _read_time(value: Any) -> int | None:
    """Give milliseconds since the epoch, or None for null and an empty text; raises ValueError for anything else."""
    if value is None:
        return None
    if type(value) is str:
        text = value.strip(_SPACE)
        return time_of_text(text) if text else None
    if type(value) is int or type(value) is float:
        try:
            return time_of_number(float(value))
        except OverflowError:  # a whole number beyond a double
            pass
    raise ValueError(f"expected a time, found {_kind_of(value)}")


def _time_if_readable(value: Any) -> int | None:
    try:
        return _read_time(value)
    except ValueError:
        return None


def _time_of(message: dict[str, Any], record_ms: int | None) -> tuple[int, str]:
    """Give the event's time and how it is written: the first of the four fields that is there, else the record's.

    Where there is no `timestamp` and `originalTimestamp`, `sentAt` and `receivedAt` can be read, the device's clock is
    corrected as Segment does (Spec: Common fields): receivedAt - (sentAt - originalTimestamp). A `timestamp` is taken
    as it is: those who set it, Segment's servers among them, have corrected it.
    """
    field = next(
        (name for name in _TIME_FIELDS if message.get(name) is not None and not _is_empty(message[name])), None
    )
    if field is None:
        if record_ms is None:
            wanted = "`timestamp`, `originalTimestamp`, `sentAt` or `receivedAt`"
            raise invalid(f"Expected a time in {wanted}, got none", "$.timestamp")
        return _in_range(record_ms, record_ms, "timestamp"), str(record_ms)
    found = message[field]
    try:
        time_ms = _read_time(found)
    except ValueError as error:
        raise invalid(str(error).replace("expected", "Expected", 1).replace(", found", ", got"), f"$.{field}") from None
    assert time_ms is not None
    if field == "originalTimestamp":
        sent, received = _time_if_readable(message.get("sentAt")), _time_if_readable(message.get("receivedAt"))
        if sent is not None and received is not None:
            time_ms += received - sent
    return _in_range(time_ms, found, field), str(found)


def _is_empty(value: Any) -> bool:
    return type(value) is str and not value.strip(_SPACE)


def _in_range(time_ms: int, found: Any, field: str) -> int:
    if not TIME_MIN_MS <= time_ms < TIME_MAX_MS:
        raise invalid(f"Expected a time between 1970 and 2100, got {found!s:.60}", f"$.{field}")
    return time_ms


def received_ms(value: Any) -> int | None:
    """Give what `receivedAt` says in milliseconds since the epoch, None where it says nothing that can be read."""
    return _time_if_readable(value)
