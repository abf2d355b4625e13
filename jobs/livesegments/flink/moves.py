"""What moves between profiles: a visitor's events on their way to a user, and the end of the visitor's profile.

Visitors.java writes what is read here.
"""

from __future__ import annotations

import struct

import msgspec

from livesegments.core.changes import Change
from livesegments.core.events import Event, Reading, decode
from livesegments.core.profile import Profile
from livesegments.core.step import Engine
from livesegments.flink.frames import HANDOVER, NO_TIME_MS
from livesegments.models.visitor_move import VisitorMove

__all__ = ["Move", "do_move", "read_move", "visitor_move"]

_HEAD = struct.Struct("<qI")
_COUNT = struct.Struct("<I")
_EVENT = struct.Struct("<qI")


class Move(msgspec.Struct, frozen=True):
    """A handover, from a visitor (`other`), or an ending, into a user (`other`).

    Events are as they came, each with its record's time where it has none of its own.
    """

    is_handover: bool
    time_ms: int
    other: str
    events: tuple[tuple[bytes, int | None], ...]


def read_move(kind: int, content: bytes) -> Move:
    """Read what stands in a batch in place of an event."""
    time_ms, length = _HEAD.unpack_from(content)
    at = _HEAD.size + length
    other = content[_HEAD.size : at].decode()
    (count,) = _COUNT.unpack_from(content, at)
    at += _COUNT.size
    events = []
    for _ in range(count):
        record_ms, length = _EVENT.unpack_from(content, at)
        at += _EVENT.size
        events.append((content[at : at + length], None if record_ms == NO_TIME_MS else record_ms))
        at += length
    return Move(kind == HANDOVER, time_ms, other, tuple(events))


def do_move(engine: Engine, profile: Profile, move: Move, reading: Reading) -> tuple[int, list[Change]]:
    """Do it to the owner's profile; give how many events were put, and the changes."""
    if not move.is_handover:
        return 0, engine.end(profile, move.other, move.time_ms)
    put, changes = engine.inherit(profile, move.other, _events(move, reading), move.time_ms)
    return len(put), changes


def visitor_move(move: Move, user_id: str, reading: Reading) -> VisitorMove:
    """Give a move of a profile as models take it."""
    return VisitorMove(user_id, move.other, move.time_ms, _events(move, reading) if move.is_handover else None)


def _events(move: Move, reading: Reading) -> list[Event]:
    reading = reading.uncounted()
    return [decode(raw, record_ms=record_ms, reading=reading) for raw, record_ms in move.events]
