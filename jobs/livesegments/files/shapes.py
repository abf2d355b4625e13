"""The shape of a text: one event per line, or something that must be converted before it can be read line by line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import msgspec

from livesegments.core.errors import LivesegmentsError
from livesegments.files.opening import opened, readable

__all__ = ["HEAD", "Shape", "check_shape", "convert_hint", "refuse_wrong_shape", "shape_of"]

HEAD = 1 << 16
Shape = Literal["lines", "array", "pretty", "utf-16"]
_OTHERS = {b"PK\x03\x04": "a zip archive", b"PAR1": "Parquet", b"Obj\x01": "Avro", b"ORC": "ORC", b"SQLi": "SQLite"}
_WORDS = {
    "array": "found one JSON array",
    "pretty": "found JSON objects that go over several lines",
    "utf-16": "found UTF-16 without a byte order mark; save the file as UTF-8",
}


def shape_of(head: bytes) -> Shape:
    """Tell the shape by the beginning of a text.

    >>> shape_of(b'{"type": "page"}'), shape_of(b' [{"type": "page"}]'), shape_of(b'{\\n  "type": "page"\\n}')
    ('lines', 'array', 'pretty')
    """
    start = head.lstrip()
    if start.startswith(b"["):
        return "array"
    if b"\0" in start[:2] or (start[1:2] == b"\0"):
        return "utf-16"
    if start.startswith(b"{") and _goes_over_lines(start):
        return "pretty"
    return "lines"


def _goes_over_lines(start: bytes) -> bool:
    first, separator, rest = start.partition(b"\n")
    if not separator or not rest.strip() or _is_json(first):
        return False
    if first.strip() == b"{":
        return True
    try:
        json.JSONDecoder(strict=False).raw_decode(start.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return False  # a broken line among others
    return True


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False
    return True


def convert_hint(path: Path | str) -> str:
    """Say what makes lines of a file."""
    return f"livesegments convert {path} --out events.jsonl"


def refuse_wrong_shape(file: Path | str, head: bytes) -> None:
    """Raise LivesegmentsError with one sentence when a text cannot be read line by line."""
    shape = shape_of(head)
    if shape == "lines":
        return
    what = _WORDS[shape]
    advice = "" if shape == "utf-16" else f"; make lines of it first: {convert_hint(file)}"
    raise LivesegmentsError(f"{file}:1: required one event per line, {what}{advice}")


def check_shape(file: Path) -> None:
    """Do the same for a file; not for a pipe, which can be read once only."""
    if not file.is_file():
        return
    start = readable(file)
    for mark, what in _OTHERS.items():
        if start.startswith(mark):
            raise LivesegmentsError(f"{file}: required JSON, one event per line, found {what}")
    with opened(file) as source:
        head = source.peek(HEAD)[:HEAD]
    refuse_wrong_shape(file, head)
