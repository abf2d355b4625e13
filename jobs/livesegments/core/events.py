"""Events in: one JSON object of the Segment Spec, decoded and checked, or a BadEvent that says why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import msgspec

from livesegments.core.amounts import Amounts, mend_properties
from livesegments.core.errors import BadEvent
from livesegments.core.json_text import NESTING_MAX, nesting
from livesegments.core.reading import read_odd, received_ms
from livesegments.core.skipped import PLACEHOLDER_USERS, Skipped
from livesegments.core.times import DAY_MS, NEVER, TIME_MAX_MS, TIME_MIN_MS, format_time, time_of_text

__all__ = ["EVENT_BYTES_MAX", "Event", "EventType", "Id", "Reading", "decode", "value_at", "value_below"]

EVENT_BYTES_MAX = 32 * 1024
FUTURE_MS_MAX = 3_600_000
RECEIVED_AHEAD_MS_MAX = DAY_MS

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
if TYPE_CHECKING:
    SetText = str
    SetNumber = int
    SetSkipped = Skipped | None
else:
    SetText = SetNumber = SetSkipped = Any  # set by decode(); whatever the input says there is ignored
EventType = Literal["identify", "track", "page", "screen", "group", "alias", "erase"]


class Event(msgspec.Struct, kw_only=True, rename="camel", gc=False):
    """Something that happened to one user: the fields of the Segment Spec that livesegments reads.

    `decode` sets `user_id` (also from `anonymousId`), `time_ms` and `skipped`; never changed after that.
    """

    type: EventType
    message_id: Id
    timestamp: str
    given_user_id: Id | None = msgspec.field(default=None, name="userId")
    anonymous_id: Id | None = None
    previous_id: Id | None = None
    event: str | None = None
    properties: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None
    context: dict[str, Any] | None = None
    received_at: Any = None
    name: Any = None
    category: Any = None
    channel: Any = None
    user_id: SetText = msgspec.field(default="", name="_user_id")
    time_ms: SetNumber = msgspec.field(default=0, name="_time_ms")
    skipped: SetSkipped = msgspec.field(default=None, name="_skipped")


class Reading(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What holds for all events of a run.

    `latest_ms` is the greatest time that an event may have in a bounded run: a day after the wall clock at its start.
    `refused_users` are ids that count as none (`limits.refuse_users`). `skipped` counts what counts as absent.
    """

    latest_ms: int = NEVER
    refused_users: frozenset[str] = frozenset()
    skipped: Skipped | None = None

    def uncounted(self) -> Reading:
        """Give the same for events that are read once more: what is left out of them is counted already."""
        return self if self.skipped is None else msgspec.structs.replace(self, skipped=None)


_AS_IS = Reading()
_LIST = ord("[")
_decode = msgspec.json.Decoder(Event).decode
_convert = msgspec.convert
_PAGE_NAMES = ("name", "category", "channel")  # of the page itself, beside `properties`


def decode(
    raw: bytes,
    reading: Reading = _AS_IS,
    key: str | None = None,
    wall_ms: int | None = None,
    record_ms: int | None = None,
) -> Event:
    """Decode one event and check all that can be checked without the user's state.

    What is written as the Segment Spec says is decoded in one pass; anything else takes a second one (`read_odd`).
    All events of a run share `reading`. `key` is the record's key where the edge carries one; one of `refused_users` is
    none. `wall_ms` is the wall clock in a live run, `record_ms` the record's time, for events without one.
    Raises BadEvent with the reasons of the contract, in its order.
    """
    key = None if key in reading.refused_users else key
    if len(raw) > EVENT_BYTES_MAX:
        raise BadEvent("too_large", f"Expected at most {EVENT_BYTES_MAX} bytes, got {len(raw)}", key)
    brackets = raw.count(b"{") + (raw.count(b"[") if _LIST in raw else 0)  # to find none is faster than to count
    if brackets > NESTING_MAX and nesting(raw) > NESTING_MAX:
        raise BadEvent("invalid_json", f"Expected nesting of at most {NESTING_MAX}, got more", key)
    odd: tuple[str, ...] = ()
    try:
        if not raw.isascii():
            raw.decode()  # the decoder skips what is in unknown fields
        event = _decode(raw)
        time_ms = time_of_text(event.timestamp)
        if not TIME_MIN_MS <= time_ms < TIME_MAX_MS:
            raise ValueError
    except (msgspec.DecodeError, ValueError):  # ValueError: not UTF-8, or a timestamp that the quick look cannot read
        event, time_ms, odd = _read_odd(raw, key, record_ms)
    kind = event.type
    if kind == "track":
        if not event.event:
            raise BadEvent("invalid_event", "Object missing required field `event` - at `$.event`", key)
    elif kind == "identify":
        _fill_traits(event)
    elif event.name is not None or event.category is not None or event.channel is not None:
        _fill_properties(event)
    if event.properties:
        try:
            _convert(event.properties, Amounts)
        except msgspec.ValidationError:
            odd += mend_properties(event.properties)
    refused = _refuse_users(event, reading.refused_users) if reading.refused_users else None
    user_id = event.given_user_id or event.anonymous_id
    if user_id is None:
        raise _missing_user(refused, key)
    if key and key != user_id:
        raise BadEvent("key_mismatch", f"Expected the record key {user_id!r:.80}, got {key!r:.80} - at `$.userId`", key)
    event.user_id, event.time_ms = user_id, time_ms
    skipped = event.skipped = reading.skipped
    if wall_ms is not None and time_ms > wall_ms + FUTURE_MS_MAX:
        _refuse_future(event, "1 h ahead of the wall clock")
    if time_ms > reading.latest_ms:
        _refuse_future(event, format_time(reading.latest_ms))
    if event.received_at is not None:
        _check_received(event)
    if skipped is not None and (odd or user_id in PLACEHOLDER_USERS):
        _note(event, odd, skipped)
    return event


def _read_odd(raw: bytes, key: str | None, record_ms: int | None) -> tuple[Event, int, tuple[str, ...]]:
    try:
        fields, time_ms, odd = read_odd(raw, record_ms)
    except BadEvent as error:
        error.user = key
        raise
    return Event(**fields), time_ms, odd


def _fill_traits(event: Event) -> None:
    """Take the traits of an identify from `context.traits` where it has none."""
    if not event.traits and event.context:
        traits = event.context.get("traits")
        if type(traits) is dict:
            event.traits = traits


def _fill_properties(event: Event) -> None:
    """Take the own names of a page or screen as properties where those are missing."""
    if event.type == "page" or event.type == "screen":
        properties = event.properties = event.properties or {}
        for name in _PAGE_NAMES:
            value = getattr(event, name)
            if type(value) is str:
                properties.setdefault(name, value)


def _refuse_users(event: Event, refused_users: frozenset[str]) -> str | None:
    """Take out the ids that count as none; give one of them."""
    refused = None
    for name in ("previous_id", "anonymous_id", "given_user_id"):
        found = getattr(event, name)
        if found is not None and found in refused_users:
            setattr(event, name, None)
            refused = found
    return refused


def _note(event: Event, odd: tuple[str, ...], skipped: Skipped) -> None:
    for path in odd:
        skipped.note(event, path)
    if event.user_id in PLACEHOLDER_USERS:
        skipped.note_user(event.user_id)


def _missing_user(refused: str | None, key: str | None) -> BadEvent:
    found = f"{refused!r:.80}, which limits.refuse_users names" if refused else "neither"
    return BadEvent("missing_user", f"Expected `userId` or `anonymousId`, got {found} - at `$`", key)


def _refuse_future(event: Event, bound: str) -> NoReturn:
    message = f"Expected at most {bound}, got {format_time(event.time_ms)} - at `$.timestamp`"
    raise BadEvent("future_timestamp", message, event.user_id)


def _check_received(event: Event) -> None:
    """Refuse an event more than a day ahead of its own `receivedAt`: the clock that made it was wrong."""
    received, timestamp = event.received_at, event.timestamp
    if type(received) is str and len(received) == len(timestamp) == 24 and received >= timestamp:
        return  # both written alike, as nearly always: no need to read it
    bound_ms = received_ms(received)
    if bound_ms is not None and event.time_ms > bound_ms + RECEIVED_AHEAD_MS_MAX:
        _refuse_future(event, f"1 d ahead of `receivedAt` {format_time(bound_ms)}")


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
    return value_below(found, path)


def value_below(found: Any, path: tuple[str, ...]) -> Any:
    """Give the value at a path below an object or a list of them, None where there is none."""
    for index, part in enumerate(path):
        if type(found) is dict:
            found = found.get(part)
        elif type(found) is list:
            return _values_below(found, path[index:])
        else:
            return None
    return found


def _values_below(items: list[Any], path: tuple[str, ...]) -> list[Any]:
    """Give the values at a path below each item, a list of them as its own items."""
    values: list[Any] = []
    is_field = len(path) == 1  # most paths through a list, such as products.price
    for item in items:
        value = item.get(path[0]) if is_field and type(item) is dict else value_below(item, path)
        if type(value) is list:
            values += value
        elif value is not None:
            values.append(value)
    return values
