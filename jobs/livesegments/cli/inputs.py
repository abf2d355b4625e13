"""Files that commands read, with errors that say what to do."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from livesegments.files.lines import EventLines
from livesegments.files.opening import utf8
from livesegments.files.shapes import HEAD, refuse_wrong_shape

__all__ = ["lines_of_stdin", "read_lines"]


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
