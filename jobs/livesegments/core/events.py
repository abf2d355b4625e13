"""Events in: one JSON object of the Segment Spec, decoded and checked, or a BadEvent that says why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from livesegments.core.errors import BadEvent
from livesegments.core.times import TIME_MAX_MS, TIME_MIN_MS, parse_time

__all__ = ["EVENT_BYTES_MAX", "Event", "decode", "value_at"]

EVENT_BYTES_MAX = 32 * 1024
NESTING_MAX = 64
FUTURE_MS_MAX = 3_600_000

UserId = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
if TYPE_CHECKING:
    SetText = str
    SetNumber = int
else:
    SetText = SetNumber = Any  # set by decode(); whatever the input says there is ignored
EventType = Literal["identify", "track", "page", "screen", "group", "alias", "erase"]


class Event(msgspec.Struct, kw_only=True, rename="camel", gc=False):
    """Something that happened to one user: the fields of the Segment Spec that livesegments reads.

    `decode` sets `user_id` (also from `anonymousId`) and `time_ms`; never changed after that.
    """

    type: EventType
    message_id: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    timestamp: str
    given_user_id: UserId | None = msgspec.field(default=None, name="userId")
    anonymous_id: UserId | None = None
    event: str | None = None
    properties: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None
    context: dict[str, Any] | None = None
    user_id: SetText = msgspec.field(default="", name="_user_id")
    time_ms: SetNumber = msgspec.field(default=0, name="_time_ms")


_decoder = msgspec.json.Decoder(Event)
_NUMBERS = ("revenue", "total", "price", "quantity")


def decode(raw: bytes, *, key: str | None = None, wall_ms: int | None = None) -> Event:
    """Decode one event and check all that can be checked without the user's state.

    `key` is the record's key where the edge carries one, `wall_ms` the wall clock in a live run.
    Raises BadEvent with the reasons of the contract, in its order.
    """
    if len(raw) > EVENT_BYTES_MAX:
        raise BadEvent("too_large", f"Expected at most {EVENT_BYTES_MAX} bytes, got {len(raw)}", key)
    event = _decode_message(raw, key)
    time_ms = _time_of(event, key)
    if event.type == "track" and not event.event:
        raise _invalid("Object missing required field `event`", "$.event", key)
    if event.type == "identify" and event.traits is None:
        raise _invalid("Object missing required field `traits`", "$.traits", key)
    if event.properties:
        _check_properties(event.properties, key)
    user_id = event.given_user_id or event.anonymous_id
    if user_id is None:
        raise BadEvent("missing_user", "Expected `userId` or `anonymousId`, got neither - at `$`", key)
    if key is not None and key != user_id:
        raise BadEvent("key_mismatch", f"Expected the record key {user_id!r:.80}, got {key!r:.80} - at `$.userId`", key)
    if wall_ms is not None and time_ms > wall_ms + FUTURE_MS_MAX:
        message_text = f"Expected at most 1 h ahead of the wall clock, got {event.timestamp} - at `$.timestamp`"
        raise BadEvent("future_timestamp", message_text, user_id)
    event.user_id = user_id
    event.time_ms = time_ms
    return event


def _invalid(expectation: str, path: str, user: str | None) -> BadEvent:
    return BadEvent("invalid_event", f"{expectation} - at `{path}`", user)


def _decode_message(raw: bytes, key: str | None) -> Event:
    if raw.count(b"{") + raw.count(b"[") > NESTING_MAX and _nesting(raw) > NESTING_MAX:
        raise BadEvent("invalid_json", f"Expected nesting of at most {NESTING_MAX}, got more", key)
    try:
        if not raw.isascii():
            raw.decode()  # the decoder skips what is in unknown fields
        return _decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise BadEvent("invalid_event", str(error), key) from None
    except (msgspec.DecodeError, ValueError, RecursionError) as error:  # ValueError: not UTF-8
        raise BadEvent("invalid_json", f"Expected JSON in UTF-8, got: {error}", key) from None


def _nesting(raw: bytes) -> int:
    """Give the depth of the deepest bracket outside strings."""
    depth = deepest = 0
    in_string = escaped = False
    for byte in raw:
        if in_string:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                in_string = False
        elif byte == 0x22:
            in_string = True
        elif byte in b"{[":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"}]":
            depth -= 1
    return deepest


def _time_of(event: Event, key: str | None) -> int:
    try:
        time_ms = parse_time(event.timestamp)
    except ValueError as error:
        raise _invalid(str(error).replace("expected", "Expected", 1), "$.timestamp", key) from None
    if not TIME_MIN_MS <= time_ms < TIME_MAX_MS:
        raise _invalid(f"Expected a time between 1970 and 2100, got {event.timestamp}", "$.timestamp", key)
    return time_ms


def _check_properties(properties: dict[str, Any], key: str | None) -> None:
    for name in _NUMBERS:
        number = properties.get(name)
        if number is not None and type(number) is not float and type(number) is not int:
            raise _invalid(f"Expected `float`, got `{type(number).__name__}`", f"$.properties.{name}", key)
    products = properties.get("products")
    if products is None:
        return
    if type(products) is not list:
        raise _invalid(f"Expected `array`, got `{type(products).__name__}`", "$.properties.products", key)
    for index, product in enumerate(products):
        if type(product) is not dict:
            path = f"$.properties.products[{index}]"
            raise _invalid(f"Expected `object`, got `{type(product).__name__}`", path, key)


def value_at(event: Event, path: tuple[str, ...]) -> Any:
    """Give the value at a path below `properties`, or below `context` or `traits` when the path begins so.

    A path through a list gives a list with one value per item that has one. Missing is None.
    """
    found: Any
    if path[0] == "context" and len(path) > 1:
        found, path = event.context, path[1:]
    elif path[0] == "traits" and len(path) > 1:
        found, path = event.traits, path[1:]
    else:
        found = event.properties
    return _below(found, path)


def _below(found: Any, path: tuple[str, ...]) -> Any:
    for index, part in enumerate(path):
        if type(found) is dict:
            found = found.get(part)
        elif type(found) is list:
            below = (_below(item, path[index:]) for item in found)
            return [
                item for value in below if value is not None for item in (value if type(value) is list else (value,))
            ]
        else:
            return None
    return found
