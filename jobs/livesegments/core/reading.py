"""Reading as meant: the fields of an event that is not written as the Segment Spec says, but means one thing only."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

from livesegments.core.errors import BadEvent
from livesegments.core.json_text import parse_json
from livesegments.core.times import TIME_MAX_MS, TIME_MIN_MS, time_of_number, time_of_text

__all__ = [
    "BOM",
    "EVENT_TYPES",
    "ID_LENGTH_MAX",
    "OddEvent",
    "invalid",
    "message_of",
    "name_of",
    "read_odd",
    "received_ms",
    "time_of",
    "type_of",
    "user_of",
]

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
    message, odd = message_of(raw)
    kind = type_of(message)
    time_ms, written = time_of(message, record_ms)
    objects: dict[str, dict[str, Any] | None] = {}
    for name in ("properties", "traits", "context"):
        found = objects[name] = message[name] if type(message.get(name)) is dict else None
        if found is None and message.get(name) not in (None, []):
            odd += (name,)
    fields = {
        "type": kind,
        "message_id": _id_of(message, "messageId") or "auto-" + hashlib.sha256(_trimmed(raw)).hexdigest()[:32],
        "timestamp": written,
        "given_user_id": _id_of(message, "userId"),
        "anonymous_id": _id_of(message, "anonymousId"),
        "previous_id": _id_of(message, "previousId") if kind == "alias" else None,
        "event": name_of(message, kind),
        "received_at": message.get("receivedAt"),
        **{name: message.get(name) for name in ("name", "category", "channel")},
        **objects,
    }
    return OddEvent(fields, time_ms, odd)


def message_of(raw: bytes) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Give the object that one record holds, and the paths of what was left out of it, as `read_odd` does."""
    try:
        message, odd = parse_json(_trimmed(raw))
    except ValueError as error:  # also not UTF-8
        raise BadEvent("invalid_json", f"Expected JSON in UTF-8, got: {error}") from None
    _check_object(message)
    return message, odd


def _trimmed(raw: bytes) -> bytes:
    return raw.removeprefix(BOM).strip(b" \t\r\n")


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


def type_of(message: dict[str, Any]) -> str:
    """Give the type in small letters; raises BadEvent where it is none of ours."""
    found = message.get("type")
    if found is None or found == "":
        raise invalid("Object missing required field `type`", "$.type")
    kind = found.lower() if type(found) is str and found.isascii() else found
    if type(kind) is not str or kind not in EVENT_TYPES:
        shown = f"{found!r:.60}" if type(found) is str else _kind_of(found)
        raise invalid(f"Expected one of {', '.join(EVENT_TYPES)}, got {shown}", "$.type")
    return kind


def name_of(message: dict[str, Any], kind: str) -> str | None:
    """Give the name of an event of a type; raises BadEvent where a `track` has one that is no text."""
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


def user_of(message: dict[str, Any]) -> str | None:
    """Give the user of an event, None where it names none; raises BadEvent where an id is neither text nor number."""
    user_id, anonymous_id = _id_of(message, "userId"), _id_of(message, "anonymousId")
    return user_id or anonymous_id


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


def time_of(message: dict[str, Any], record_ms: int | None) -> tuple[int, str]:
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
        sent, received = _time_if_readable(message.get("sentAt")), received_ms(message.get("receivedAt"))
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
    """Give what `receivedAt` says in milliseconds since the epoch; None where it is no time from 1970 to 2100."""
    time_ms = _time_if_readable(value)
    return time_ms if time_ms is not None and TIME_MIN_MS <= time_ms < TIME_MAX_MS else None
