"""What people see: messages and progress on stderr, tables; data goes to stdout and nothing else does."""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any

__all__ = ["counted", "many_lines", "print_line", "say", "table"]

_PROGRESS_SECONDS = 0.5
_AT_ONCE = 1 << 16


def say(text: str, *, quiet: bool = False) -> None:
    """Tell people something on stderr."""
    if not quiet:
        print(text, file=sys.stderr, flush=True)  # noqa: T201


def print_line(line: bytes) -> None:
    """Write one record to stdout."""
    sys.stdout.buffer.write(line + b"\n")


@contextmanager
def many_lines() -> Iterator[IO[bytes]]:
    """Open stdout for many records: in large parts where no terminal shows them, even with PYTHONUNBUFFERED.

    All is written when it ends, also by an error.
    """
    stdout = sys.stdout.buffer
    if not isinstance(stdout, io.FileIO) or stdout.isatty():
        yield stdout
        return
    whole = io.BufferedWriter(stdout, _AT_ONCE)
    try:
        yield whole
    finally:
        whole.detach()


def counted(lines: Iterable[bytes], what: str, *, quiet: bool = False) -> Iterator[bytes]:
    """Pass lines on and show how many there were and how fast while stderr is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield from lines
        return
    start = shown = time.monotonic()
    for count, line in enumerate(lines, 1):
        yield line
        if not count % 1_000 and time.monotonic() - shown > _PROGRESS_SECONDS:
            shown = time.monotonic()
            print(f"\r{count:,} {what}, {count / (shown - start):,.0f}/s ", end="", file=sys.stderr, flush=True)  # noqa: T201
    print("\r\x1b[2K", end="", file=sys.stderr, flush=True)  # noqa: T201


def table(title: str, columns: list[str], rows: Iterable[Iterable[Any]]) -> None:
    """Print a table on stdout; the first column is left-aligned, numbers are right-aligned."""
    from rich.console import Console  # 60 ms: only where a table is shown
    from rich.table import Table

    found = Table()
    for index, column in enumerate(columns):
        found.add_column(column, justify="left" if index == 0 else "right", overflow="fold")
    for row in rows:
        found.add_row(*(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row))
    console = Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else 120)
    console.print(title, style="bold", markup=False, highlight=False, soft_wrap=True)  # may be wider than the table
    console.print(found)
