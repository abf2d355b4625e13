"""One file for Flink: a single file is read where it lies; a folder, which Flink reads in any order, becomes one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import IO

from livesegments.files.listing import list_files
from livesegments.files.opening import GZIP, is_plain, opened, readable
from livesegments.files.shapes import check_shape

__all__ = ["stage_events"]

_CHUNK = 1 << 20


def _silent(_: str) -> None:
    pass


def stage_events(path: Path, folder: Path, *, any_shape: bool = False, say: Callable[[str], None] = _silent) -> Path:
    """Give one file that holds the events of a path in order, below a temporary folder.

    One file that Flink can read as it is is linked to under a name that Flink does not skip or misread; anything else
    is copied into one, in UTF-8. With `any_shape` the files need not hold our events: an edge makes events of them.
    Raises EdgeError when there is nothing to read, LivesegmentsError when a file does not hold one event per line.
    """
    listing = list_files(path, any_shape=any_shape)
    if listing.left_out:
        say(str(listing))
    for file in listing.files:
        readable(file)
        if not any_shape:
            check_shape(file)
    (first, *others) = listing.files
    if not others and first.is_file() and first.stat().st_size and is_plain(first):
        link = folder / ("events.jsonl.gz" if readable(first).startswith(GZIP) else "events.jsonl")
        link.symlink_to(first.resolve())
        return link
    target = folder / "events.jsonl"
    with target.open("wb") as output:
        for file in listing.files:
            _append(file, output)
    return target


def _append(file: Path, output: IO[bytes]) -> None:
    """Copy a file, and end its last line."""
    start = output.tell()
    with opened(file) as source:
        shutil.copyfileobj(source, output, _CHUNK)
    if output.tell() > start:
        output.write(b"\n")  # a blank line is no event
