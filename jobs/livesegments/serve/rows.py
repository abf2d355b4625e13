"""Rows as they come from topics or files, and what the store reads of them."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import msgspec

from livesegments.core.times import parse_time

__all__ = ["TABLES", "ChangeHead", "DeadLetterHead", "ProfileHead", "Row", "Table", "change_decoder", "time_ms_of"]

Table = Literal["profiles", "changes", "dead_letters", "models"]
TABLES: tuple[Table, ...] = ("changes", "profiles", "dead_letters", "models")


class Row(NamedTuple):
    """One record: a value of None is a tombstone; `time_ms` is the record's own time, None where it has none."""

    table: Table
    key: str | None
    value: bytes | None
    time_ms: int | None = None


class ProfileHead(msgspec.Struct):
    """What the store reads of a profile; `erased` stands for a tombstone in files."""

    user_id: str
    sequence: int = 0
    updated_at: str | None = None
    segments: list[str] = []
    clusters: dict[str, Any] = {}
    erased: bool = False


class ChangeData(msgspec.Struct):
    """What the store reads of a change's `data`."""

    user_id: str
    sequence: int
    segment: str | None = None
    change: str | None = None
    segments_after: list[str] | None = None
    clustering: str | None = None
    after: str | None = None
    into: str | None = None


class ChangeHead(msgspec.Struct):
    """What the store reads of a change."""

    type: str
    time: str
    data: ChangeData


class DeadLetterHead(msgspec.Struct):
    """What the store reads of a dead letter; `raw` is kept as far as `RAW_MAX`."""

    reason: str
    message: str = ""
    raw: str | None = None
    encoding: str | None = None
    received_at: str | None = None
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None


change_decoder = msgspec.json.Decoder(ChangeHead)


def time_ms_of(text: str | None) -> int | None:
    """Read a time in RFC 3339 as milliseconds; None for what is none."""
    try:
        return None if text is None else parse_time(text)
    except ValueError:
        return None
