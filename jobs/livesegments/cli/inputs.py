"""Files that commands read and write, with errors that say what to do."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from livesegments.core.errors import EdgeError
from livesegments.flink.staging import event_files, is_gzip

__all__ = ["open_output", "read_lines"]


def read_lines(path: Path) -> Iterator[bytes]:
    """Give the lines of a file, a .gz file, or of a folder's files in file-name order.

    Raises EdgeError at the call when there is nothing to read, and while reading when a file is broken.
    """
    files = event_files(path)
    for file in files:
        try:
            file.open("rb").close()
        except OSError as error:
            raise EdgeError(f"{file}: required a file that can be read, found: {error.strerror}") from None
    return _lines(files)


def _lines(files: list[Path]) -> Iterator[bytes]:
    for file in files:
        try:
            with gzip.open(file, "rb") if is_gzip(file) else file.open("rb") as source:
                yield from cast("IO[bytes]", source)
        except (OSError, EOFError, zlib.error) as error:
            raise EdgeError(f"{file}: required a complete file, found: {error}") from None


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
