"""The shape of a text: one event per line, or something that must be converted before it can be read line by line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import msgspec

from livesegments.core.errors import LivesegmentsError
from livesegments.files.opening import opened

__all__ = [
    "HEAD",
    "Shape",
    "check_shape",
    "convert_hint",
    "is_json",
    "refuse_other_kinds",
    "refuse_wrong_shape",
    "shape_of",
]

HEAD = 1 << 16
Shape = Literal["lines", "array", "pretty", "utf-16"]
_OTHERS = {
    b"PK\x03\x04": "a zip archive (an .xlsx file is one)",
    b"PAR1": "Parquet",
    b"Obj\x01": "Avro",
    b"ORC": "ORC",
    b"SQLi": "SQLite",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"\xff\x06\0\0sN": "Snappy",
    b"\x04\x22\x4d\x18": "LZ4",
    b"\x1f\x9d": "what `compress` packed",
    b"\xd0\xcf\x11\xe0": "a file of Excel",
    b"%PDF": "a PDF",
    b"<": "HTML or XML",
    b"version https://git-lfs": "a pointer of Git LFS; `git lfs pull` brings the file",
}
_TAR_MARK, _TAR_AT = b"ustar", 257
_AFTER_BRACKET = frozenset(b'{[]"')
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
    if start.startswith(b"[") and _is_array(start):
        return "array"
    if start[:2].count(0) == 1:
        return "utf-16"
    if start.startswith(b"{") and _goes_over_lines(start):
        return "pretty"
    return "lines"


def _is_array(start: bytes) -> bool:
    """Tell an array from a line of a log such as `[2024-03-01] exported`."""
    after = start[1:].lstrip()
    return not after or after[0] in _AFTER_BRACKET


def _goes_over_lines(start: bytes) -> bool:
    first, separator, rest = start.partition(b"\n")
    if not separator or not rest.strip() or is_json(first):
        return False
    if first.strip() == b"{":
        return not rest.lstrip().startswith(b"{")
    text = start.decode("utf-8", "replace")
    try:
        end = json.JSONDecoder(strict=False).raw_decode(text)[1]
    except (ValueError, RecursionError):
        return False  # a broken line among others
    return end > text.index("\n")  # else it is a line with more on it, or with a NaN


def is_json(line: bytes) -> bool:
    """Tell whether a line is JSON as a whole."""
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
    with opened(file) as source:
        head = source.peek(HEAD)[:HEAD]
    refuse_other_kinds(file, head)
    refuse_wrong_shape(file, head)


def refuse_other_kinds(file: Path, head: bytes) -> None:
    """Raise LivesegmentsError when what begins so is no text of events, but an archive, a table, a page."""
    other = next((what for mark, what in _OTHERS.items() if head.startswith(mark)), None)
    if other is None and head[_TAR_AT:].startswith(_TAR_MARK):
        other = "a tar archive"
    if other is not None:
        raise LivesegmentsError(f"{file}: required JSON, one event per line, found {other}")
