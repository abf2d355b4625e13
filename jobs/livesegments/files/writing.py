"""Files that appear whole or not at all; what is no file of its own, such as a pipe, is written as it stands."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from livesegments.core.errors import EdgeError

__all__ = ["is_stream", "written_whole"]

_BUFFER = 1 << 20
_STREAMS = ("/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/")  # also where they lead to a file


def is_stream(path: Path) -> bool:
    """Tell whether a path is no file that can be renamed: a pipe, a terminal, /dev/null, /dev/stdout."""
    place = os.path.abspath(path)
    return place.startswith(_STREAMS) or (path.exists() and not path.is_file())


@contextmanager
def written_whole(path: Path) -> Iterator[IO[bytes]]:
    """Open a file to write that takes its name only when it is complete; until then what stood there stays.

    A link is followed. Raises EdgeError when it cannot be opened.
    """
    if is_stream(path):
        with _opened(path, path) as stream:
            yield stream
        return
    target = Path(os.path.realpath(path))
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        with _opened(partial, path, _BUFFER) as file:
            yield file
        _take_name(partial, target)
    finally:
        partial.unlink(missing_ok=True)


def _opened(file: Path, told: Path, buffering: int = -1) -> IO[bytes]:
    try:
        return file.open("wb", buffering)
    except OSError as error:
        raise EdgeError(f"{told}: required a file that can be written, found: {error.strerror}") from None


def _take_name(partial: Path, target: Path) -> None:
    if target.exists():
        shutil.copymode(target, partial)
    try:
        partial.replace(target)
    except OSError:  # a file that is mounted on its own, as into a container, keeps its place
        shutil.copyfile(partial, target)
