"""Frames: the bytes in which events come from the JVM in batches, and in which rows go back.

EventBatch.java writes what is read here, Unbatcher.java reads what is written here.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

__all__ = [
    "END",
    "ENDING",
    "EVENTS",
    "HANDOVER",
    "MARK",
    "MODEL",
    "NO_TIME_MS",
    "TABLES",
    "TICK",
    "EndMark",
    "EventFrame",
    "RowFrame",
    "is_before_barrier",
    "kind_of",
    "read_end",
    "read_model",
    "read_models",
    "ticks_left",
]

EVENTS, END, TICK, MODEL, MARK = 0, 1, 2, 3, 4
HANDOVER, ENDING = 1, 2  # what stands in place of an event
NO_TIME_MS = -(2**63)
TABLES = ("segment_changes", "profiles", "dead_letters", "segment_models", "summary")
"""The tables that rows go to, by their number in a row frame."""

FRAME_BYTES_MAX = 1_000_000
_HAS_SOURCES, _HAS_KEYS, _HAS_TIMES, _HAS_OWNERS = 1, 2, 4, 8
_HEADER = struct.Struct("<BBHI")
_END = struct.Struct("<BBHIIq")
_ROW = struct.Struct("<BBii")
_TIME = struct.Struct("<Iq")


def kind_of(frame: bytes) -> int:
    """Tell what a frame is: EVENTS, END, TICK, MODEL or MARK."""
    return frame[0]


class EventFrame:
    """A batch of events of one shard, with what the edge knows about each.

    By number of the event: `keys` are those that are not the payload's user, `times` (ms) the record's time of events
    that have none of their own, `owners` the users that are not the payload's, `moves` what is no event but HANDOVER or
    ENDING (moves.py reads it).
    """

    __slots__ = ("_offsets", "_sources", "_where", "frame", "keys", "moves", "owners", "payloads", "times")

    def __init__(self, frame: bytes) -> None:
        _, flags, _, count = _HEADER.unpack_from(frame)
        lengths = struct.unpack_from(f"<{count}I", frame, 8)
        at = 8 + 4 * count
        payloads = []
        for length in lengths:
            payloads.append(frame[at : at + length])
            at += length
        self.frame = frame
        self.payloads: list[bytes] = payloads
        self._where: list[tuple[str | None, int | None]] = []
        self._sources: tuple[int, ...] = ()
        self._offsets: tuple[int, ...] = ()
        if flags & _HAS_SOURCES:
            at = self._read_sources(at, count)
        self.keys: dict[int, str] = {}
        if flags & _HAS_KEYS:
            at = self._read_keys(at)
        self.times: dict[int, int] = {}
        if flags & _HAS_TIMES:
            at = self._read_times(at)
        self.owners: dict[int, str] = {}
        self.moves: dict[int, int] = {}
        if flags & _HAS_OWNERS:
            self._read_owners(at)

    def origin(self, index: int) -> tuple[str | None, int | None, int | None]:
        """Give topic, partition and offset of an event, each None where the edge does not carry it."""
        if not self._where:
            return None, None, None
        topic, partition = self._where[self._sources[index]]
        offset = self._offsets[index]
        return topic, partition, None if offset < 0 else offset

    def _read_sources(self, at: int, count: int) -> int:
        (names,) = struct.unpack_from("<H", self.frame, at)
        at += 2
        for _ in range(names):
            (length,) = struct.unpack_from("<H", self.frame, at)
            partition, topic = self.frame[at + 2 : at + 2 + length].decode().split("/", 1)
            self._where.append((topic or None, None if partition == "-1" else int(partition)))
            at += 2 + length
        self._sources = struct.unpack_from(f"<{count}H", self.frame, at)
        self._offsets = struct.unpack_from(f"<{count}q", self.frame, at + 2 * count)
        return at + 10 * count

    def _read_keys(self, at: int) -> int:
        (count,) = struct.unpack_from("<I", self.frame, at)
        at += 4
        for _ in range(count):
            index, length = struct.unpack_from("<II", self.frame, at)
            self.keys[index] = self.frame[at + 8 : at + 8 + length].decode()
            at += 8 + length
        return at

    def _read_times(self, at: int) -> int:
        (count,) = struct.unpack_from("<I", self.frame, at)
        end = at + 4 + count * _TIME.size
        self.times = dict(_TIME.iter_unpack(self.frame[at + 4 : end]))
        return int(end)

    def _read_owners(self, at: int) -> None:
        (count,) = struct.unpack_from("<I", self.frame, at)
        at += 4
        for _ in range(count):
            index, kind, length = struct.unpack_from("<III", self.frame, at)
            self.owners[index] = self.frame[at + 12 : at + 12 + length].decode()
            if kind:
                self.moves[index] = kind
            at += 12 + length


class EndMark(NamedTuple):
    """One batcher has no more events; the greatest accepted event time that it saw, or NO_TIME_MS."""

    batcher: int
    batchers: int
    greatest_ms: int


def read_end(frame: bytes) -> EndMark:
    """Read an END frame."""
    _, _, _, batcher, batchers, greatest_ms = _END.unpack(frame)
    return EndMark(batcher, batchers, greatest_ms)


def ticks_left(frame: bytes) -> int:
    """Tell how many TICK frames will follow this one."""
    return int(_HEADER.unpack(frame)[3])


def is_before_barrier(frame: bytes) -> bool:
    """Tell whether a MARK frame comes ahead of a checkpoint's barrier, or only because a second is over."""
    return frame[1] == 1


def read_model(frame: bytes) -> tuple[str, bytes]:
    """Give key and record of a row of segment_models: a MODEL frame carries one version."""
    end = 8 + int(_HEADER.unpack_from(frame)[3])
    return frame[8:end].decode(), frame[end:]


def read_models(frame: bytes) -> list[tuple[str, bytes]]:
    """Give key and record of each row of segment_models in a row frame."""
    table, found, at = TABLES.index("segment_models"), [], 0
    while at < len(frame):
        number, _, key_length, payload_length = _ROW.unpack_from(frame, at)
        key_at = at + _ROW.size
        payload_at = key_at + max(0, key_length)
        at = payload_at + max(0, payload_length)
        if number == table:
            found.append((frame[key_at:payload_at].decode(), frame[payload_at:at]))
    return found


class RowFrame:
    """Rows on their way to the tables."""

    __slots__ = ("_parts", "_size")

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, table: int, key: str | None, payload: bytes, *, delete: bool = False) -> None:
        """Add a row for a table of TABLES."""
        text = b"" if key is None else key.encode()
        self._parts += (_ROW.pack(table, delete, -1 if key is None else len(text), len(payload)), text, payload)
        self._size += 10 + len(text) + len(payload)

    @property
    def is_full(self) -> bool:
        """Tell whether it is time to take the frame."""
        return self._size >= FRAME_BYTES_MAX

    def take(self) -> list[bytes]:
        """Give the frame, if it holds a row, and become empty."""
        if not self._parts:
            return []
        frame = b"".join(self._parts)
        self._parts, self._size = [], 0
        return [frame]
