"""Input files: one file is read where it lies; a folder, which Flink reads in any order, becomes one file."""

from __future__ import annotations

import gzip
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from livesegments.core.errors import EdgeError

__all__ = ["event_files", "is_gzip", "prepare_output", "stage_events"]

_CHUNK = 1 << 20


def is_gzip(path: Path) -> bool:
    """Tell by the name whether a file is compressed."""
    return path.suffix == ".gz"


def event_files(path: Path) -> list[Path]:
    """Give the files that a path stands for, in file-name order; hidden ones are left out.

    Raises EdgeError when there is nothing to read.
    """
    if path.is_dir():
        found = sorted(
            (file for file in path.iterdir() if file.is_file() and not file.name.startswith((".", "_"))),
            key=lambda file: file.name,
        )
        if not found:
            raise EdgeError(f"{path}: required a folder with .jsonl or .jsonl.gz files, found none in it")
        return found
    if not path.exists():
        raise EdgeError(f"{path}: required a file or a folder of events, found nothing there")
    return [path]


def stage_events(path: Path, folder: Path) -> Path:
    """Give one file that holds the events of a path in order, below a temporary folder.

    One file is linked to under a name that Flink does not skip or misread; several are copied into one.
    """
    files = event_files(path)
    for file in files:
        _check_readable(file)
    if len(files) == 1 and files[0].stat().st_size:
        link = folder / ("events.jsonl.gz" if is_gzip(files[0]) else "events.jsonl")
        link.symlink_to(files[0].resolve())
        return link
    target = folder / "events.jsonl"
    with target.open("wb") as output:
        for file in files:
            _append(file, output)
    return target


def _check_readable(file: Path) -> None:
    try:
        with file.open("rb") as opened:
            start = opened.read(2)
    except OSError as error:
        raise EdgeError(f"{file}: required a file that can be read, found: {error.strerror}") from None
    if is_gzip(file) and start and start != b"\x1f\x8b":
        raise EdgeError(f"{file}: required gzip, as the name says, found something else")
    if not is_gzip(file) and start == b"\x1f\x8b":
        raise EdgeError(f"{file}: required JSON lines, found gzip; name it {file.name}.gz")


def _append(file: Path, output: IO[bytes]) -> None:
    """Copy a file, and end its last line."""
    start = output.tell()
    try:
        with _opened(file) as source:
            shutil.copyfileobj(source, output, _CHUNK)
    except (OSError, EOFError, zlib.error) as error:
        raise EdgeError(f"{file}: required a complete file, found: {error}") from None
    if output.tell() > start:
        output.write(b"\n")  # a blank line is no event


@contextmanager
def _opened(file: Path) -> Iterator[IO[bytes]]:
    if is_gzip(file):
        with gzip.open(file, "rb") as packed:
            yield cast("IO[bytes]", packed)
    else:
        with file.open("rb") as plain:
            yield plain


def prepare_output(path: Path) -> None:
    """Make the output folder; raises EdgeError when it holds something."""
    if path.exists() and not path.is_dir():
        raise EdgeError(f"{path}: required a folder for the output, found a file; give another with --out DIR")
    if path.is_dir() and any(path.iterdir()):
        raise EdgeError(f"{path}: required an empty output folder, found files in it; give another with --out DIR")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EdgeError(f"{path}: required a folder that can be written, found: {error.strerror}") from None
