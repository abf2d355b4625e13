"""Files that commands read and write, with errors that say what to do."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from livesegments.core.errors import EdgeError
from livesegments.files.lines import EventLines
from livesegments.files.opening import utf8
from livesegments.files.shapes import HEAD, refuse_wrong_shape

__all__ = ["lines_of_stdin", "open_output", "read_lines"]


def read_lines(path: Path) -> EventLines:
    """Give the lines of a file, or of a folder's files in path order; unpacked, without a byte order mark.

    Raises EdgeError at the call when there is nothing to read, LivesegmentsError when a file does not hold one event
    per line; while reading, EdgeError for a file that is cut off.
    """
    return EventLines(path)


def lines_of_stdin() -> Iterator[bytes]:
    """Give the lines of stdin; raises LivesegmentsError when it does not hold one event per line."""
    source = utf8(cast("io.BufferedReader", sys.stdin.buffer))
    refuse_wrong_shape("-", source.peek(HEAD)[:HEAD])
    yield from source


@contextmanager
def open_output(path: Path | None) -> Iterator[IO[bytes] | None]:
    """Open a file to write, or give None for none; raises EdgeError when it cannot be written."""
    if path is None:
        yield None
        return
    try:
        output = path.open("wb")
    except OSError as error:
        raise EdgeError(f"{path}: required a file that can be written, found: {error.strerror}") from None
    with output:
        yield output
