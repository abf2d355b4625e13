"""Events one per line out of the shapes that producers write: lines, arrays, pretty-printed objects, batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from livesegments.files.glued import glued_objects
from livesegments.files.listing import list_files
from livesegments.files.opening import opened
from livesegments.files.shapes import HEAD, is_json, refuse_other_kinds, refuse_wrong_shape, shape_of
from livesegments.files.values import json_values

__all__ = ["converted", "taken_apart"]

_OF_ALL = ("sentAt", "receivedAt")


class _Head(msgspec.Struct):
    """What tells a batch: its list, and that it has no type."""

    batch: list[msgspec.Raw] | None = None
    type: Any = msgspec.UNSET


_head = msgspec.json.Decoder(_Head)


def converted(path: Path, files: Iterable[Path] | None = None) -> Iterator[bytes]:
    """Give the events of a path, or of some of its files, one per line, without line ends.

    Lines that are no events are given as they are. Raises EdgeError for what cannot be read.
    """
    for file in list_files(path).files if files is None else files:
        with opened(file) as source:
            head = source.peek(HEAD)[:HEAD]
            refuse_other_kinds(file, head)
            shape = shape_of(head)
            if shape == "lines" or shape == "utf-16":
                refuse_wrong_shape(file, head)
                lines = taken_apart(source)
            else:
                lines = taken_apart(json_values(source, str(file)))
            yield from filter(None, map(bytes.strip, lines))


def taken_apart(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Give each line as it is, or each event of it where it is a batch of Segment's HTTP API or holds several objects.

    What stands beside the events in a batch - `sentAt`, `receivedAt`, `context` - belongs to each of them.
    """
    for line in lines:
        events = _events_of(line) if b'"batch"' in line or line.startswith(b"[") else None
        if events is not None:
            yield from events
        elif is_json(line):
            yield line
        else:
            objects = glued_objects(line)
            yield from taken_apart(objects) if len(objects) > 1 else objects or (line,)


def _events_of(line: bytes) -> Iterable[bytes] | None:
    """Give the events of an array or a batch, the line where it is one event, None where it is no JSON."""
    try:
        if line.startswith(b"["):
            return taken_apart(map(bytes, msgspec.json.decode(line, type=list[msgspec.Raw])))
        head = _head.decode(line)
        if head.batch is None or head.type is not msgspec.UNSET:
            return (line,)
        return _of_batch(head.batch, msgspec.json.decode(line, type=dict[str, msgspec.Raw]))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _of_batch(batch: list[msgspec.Raw], outer: dict[str, msgspec.Raw]) -> Iterator[bytes]:
    context = _object(outer.get("context"))
    shared = {name: outer[name] for name in _OF_ALL if name in outer}
    for raw in batch:
        event = _object(raw)
        if event is None or not (shared or context):
            yield bytes(raw)
            continue
        for name, value in shared.items():
            event.setdefault(name, value)
        if context:
            own = _object(event.get("context")) or {}
            event["context"] = {**context, **own}
        yield msgspec.json.encode(event)


def _object(raw: Any) -> dict[str, Any] | None:
    try:
        return None if raw is None else msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
