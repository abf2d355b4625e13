"""Which files a path stands for: one file, or all below a folder as exporters lay them out."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import msgspec

from livesegments.core.definition.texts import what_is_there
from livesegments.core.errors import EdgeError
from livesegments.files.opening import opened

__all__ = ["Listing", "event_files", "list_files"]

_HIDDEN = (".", "_")  # .DS_Store, _SUCCESS, _temporary
_NAMES = frozenset({"", ".json", ".jsonl", ".ndjson", ".log", ".txt"})  # after .gz and the like, in lower case
_PACKED = (".gz", ".gzip", ".zst", ".bz2", ".xz")
_OF_EVENTS = frozenset({"type", "event", "userId", "anonymousId", "messageId", "batch", "user_id", "anonymous_id"})
_HEAD, _LINES = 1 << 16, 20
_ADDRESS = re.compile(r"[a-z][a-z0-9]+:/")  # Path makes s3:/ of s3://


class Listing(msgspec.Struct, frozen=True):
    """The files to read, in path order, and those of the folder that hold no events."""

    files: tuple[Path, ...]
    left_out: tuple[Path, ...] = ()

    def __str__(self) -> str:
        """Name what was left out, for people; empty when nothing was."""
        if not self.left_out:
            return ""
        shown = ", ".join(str(file) for file in self.left_out[:5])
        more = f" and {len(self.left_out) - 5:,} more" if len(self.left_out) > 5 else ""
        return f"left out, as there are no events in it: {shown}{more}"


def event_files(path: Path) -> list[Path]:
    """Give the files of events that a path stands for, in path order; errors as `list_files`."""
    return list(list_files(path).files)


def list_files(path: Path, *, any_shape: bool = False) -> Listing:
    """Give the files that a path stands for: the path, or what lies below the folder, in the order of whole paths.

    What begins with `.` or `_` is hidden, also a folder; links are followed. Files that hold no events, such as
    README.md or manifest.json, are left out and named, unless `any_shape` says that events of any shape are read.
    Raises EdgeError when there is nothing to read.
    """
    if not path.is_dir():
        if not path.exists():
            raise EdgeError(f"{path}: required a file or a folder of events, found nothing there{_hint(path)}")
        return Listing((path,))
    found = _below(path)
    if not found:
        raise EdgeError(f"{path}: required a folder with .jsonl or .jsonl.gz files, found none in it")
    if any_shape:
        return Listing(tuple(found))
    without = [file for file in found if not _may_hold_events(file)]
    if len(without) == len(found):  # another product's events: what reads them says so
        return Listing(tuple(found))
    return Listing(tuple(file for file in found if file not in set(without)), tuple(without))


def _hint(path: Path) -> str:
    text = str(path)
    if text == "-":
        return "; standard input is /dev/stdin"
    if _ADDRESS.match(text):
        return "; only files of this machine are read: copy it here first, or read it through an edge"
    return "; give the folder instead of a pattern" if "*" in text else what_is_there(path)


def _below(folder: Path) -> list[Path]:
    found: list[tuple[str, Path]] = []
    met = set()
    for parent, folders, names in os.walk(folder, followlinks=True):
        place = os.path.realpath(parent)
        if place in met:  # a link back to a folder above it, or a second one to the same folder
            folders.clear()
            continue
        met.add(place)
        folders[:] = sorted(name for name in folders if not name.startswith(_HIDDEN))
        for file in (Path(parent) / name for name in names if not name.startswith(_HIDDEN)):
            if file.is_symlink() and not file.exists():
                raise EdgeError(f"{file}: required a file that can be read, found a link to nothing")
            if file.is_file():
                found.append((file.relative_to(folder).as_posix(), file))
    return [file for _, file in sorted(found)]


def _may_hold_events(file: Path) -> bool:
    with opened(file) as source:
        head = source.peek(_HEAD)[:_HEAD].lstrip()
    if not head:
        return True
    if head[:4] in (b"PAR1", b"PK\x03\x04"):
        return False
    if head[:1] not in b"{[":
        return _kind_of(file) in _NAMES
    if head[:1] == b"[":
        return head.rstrip() != b"[]"
    return any(_looks_like_event(value) for value in _objects(head))


def _kind_of(file: Path) -> str:
    name = file.name.lower()
    for ending in _PACKED:
        name = name.removesuffix(ending)
    return Path(name).suffix


def _objects(head: bytes) -> list[Any]:
    """Give the first lines decoded, or the whole text where it is one object; a line that is no JSON counts as one."""
    try:
        return [msgspec.json.decode(head)]
    except (msgspec.MsgspecError, ValueError, RecursionError):
        pass
    lines = head.splitlines()
    return [_object(line) for line in lines[:_LINES] if line.strip()]


def _object(line: bytes) -> Any:
    try:
        return msgspec.json.decode(line)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None  # it may be an event that is cut or wrong: a dead letter, not a file to leave out


def _looks_like_event(value: Any) -> bool:
    return not isinstance(value, dict) or not _OF_EVENTS.isdisjoint(value)
