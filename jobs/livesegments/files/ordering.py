"""Putting lines into time order, however many: sorted runs on disk, merged; equal times stay as they came."""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from typing import IO

from livesegments.core.errors import BadEvent
from livesegments.core.events import decode

__all__ = ["in_time_order"]

RUN_BYTES = 256 << 20
_Row = tuple[int, int, bytes]


def in_time_order(lines: Iterable[bytes], run_bytes: int = RUN_BYTES) -> Iterator[bytes]:
    """Give the lines in the order of their events' times; holds at most `run_bytes` in memory.

    A line whose time cannot be read stays behind the line before it.
    """
    with ExitStack() as stack:
        runs: list[IO[bytes]] = []
        rows: list[_Row] = []
        size = time_ms = 0
        for number, line in enumerate(lines):
            with suppress(BadEvent):
                time_ms = decode(line).time_ms
            rows.append((time_ms, number, line))
            size += len(line) + 100
            if size > run_bytes:
                runs.append(_written(rows, stack.enter_context(tempfile.TemporaryFile(prefix="livesegments-"))))
                rows, size = [], 0
        rows.sort()
        for _, _, line in heapq.merge(*map(_read, runs), rows):
            yield line


def _written(rows: list[_Row], run: IO[bytes]) -> IO[bytes]:
    rows.sort()
    run.writelines(b"%d %d %s\n" % row for row in rows)
    run.seek(0)
    return run


def _read(run: IO[bytes]) -> Iterator[_Row]:
    for row in run:
        time, number, line = row[:-1].split(b" ", 2)
        yield int(time), int(number), line
