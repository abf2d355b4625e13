"""The head of an event - whose, when, of which type and name - for those who need no more, read as the job reads it."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

import msgspec

from livesegments.core.errors import BadEvent
from livesegments.core.events import EventType, Id
from livesegments.core.json_text import NESTING_MAX, nesting
from livesegments.core.reading import message_of, name_of, time_of, type_of, user_of
from livesegments.core.times import TIME_MAX_MS, TIME_MIN_MS, time_of_text

__all__ = ["Head", "head_of", "named"]


class Head(NamedTuple):
    """Whose event it is, and its time in milliseconds; None is what cannot be read."""

    user: str | None
    time_ms: int | None


class _Quick(msgspec.Struct, rename="camel", gc=False):
    timestamp: str
    user_id: Id | None = None
    anonymous_id: Id | None = None


class _QuickName(msgspec.Struct, gc=False):
    type: EventType
    event: str | None = None


_quick = msgspec.json.Decoder(_Quick).decode
_quick_name = msgspec.json.Decoder(_QuickName).decode


def head_of(raw: bytes) -> Head:
    """Give the user and the time of an event as `decode` reads them, also of one that it refuses.

    `limits.refuse_users` of a definition is not looked at.

    >>> head_of(b'{"userId": 12345, "timestamp": "1970-01-01 00:00:01"}')
    Head(user='12345', time_ms=1000)
    >>> head_of(b'{"userId": "u", "timestamp": "yesterday"}')
    Head(user='u', time_ms=None)
    """
    try:
        quick = _quick(raw)
        found = time_of_text(quick.timestamp)
        if TIME_MIN_MS <= found < TIME_MAX_MS:
            return Head(quick.user_id or quick.anonymous_id, found)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        pass
    try:
        message = _message(raw)
    except BadEvent:
        return Head(None, None)
    user: str | None = None
    time_ms: int | None = None
    with suppress(BadEvent):
        user = user_of(message)
    with suppress(BadEvent):
        time_ms = time_of(message, None)[0]
    return Head(user, time_ms)


def named(raw: bytes) -> tuple[str, str | None] | None:
    """Give the type of an event and its name, None where one of them cannot be read.

    >>> named(b'{"type": "Track", "event": "Order Completed", "properties": {"revenue": NaN}}')
    ('track', 'Order Completed')
    """
    try:
        quick = _quick_name(raw)
        return quick.type, quick.event
    except (msgspec.MsgspecError, ValueError, RecursionError):
        pass
    try:
        message = _message(raw)
        kind = type_of(message)
        return kind, name_of(message, kind)
    except BadEvent:
        return None


def _message(raw: bytes) -> dict[str, object]:
    if raw.count(b"{") + raw.count(b"[") > NESTING_MAX and nesting(raw) > NESTING_MAX:
        raise BadEvent("invalid_json", f"Expected nesting of at most {NESTING_MAX}, got more")
    return message_of(raw)[0]
