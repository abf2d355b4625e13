"""What all sources of events share: counts, and output files that appear whole or not at all."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from livesegments.core.errors import EdgeError
from livesegments.files.writing import written_whole

__all__ = ["LINE_BYTES_MAX", "ImportCounts", "order_line", "write_lines"]

LINE_BYTES_MAX = 32 * 1024
"""The largest event that the contract accepts."""


class ImportCounts:
    """What an importer read, wrote and left out; `skipped` counts source rows, `notes` the rest."""

    __slots__ = ("events_by_name", "examples", "notes", "rows_read", "skipped")

    def __init__(self) -> None:
        self.rows_read = 0
        self.events_by_name: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()
        self.notes: Counter[str] = Counter()
        self.examples: dict[str, str] = {}

    def skip(self, reason: str, found: str = "") -> None:
        """Count a row that is left out; the first one of each reason is kept as an example."""
        self.skipped[reason] += 1
        self.examples.setdefault(reason, found)

    @property
    def events_written(self) -> int:
        """The number of events of all names."""
        return sum(self.events_by_name.values())

    def __str__(self) -> str:
        """Give the counts for people."""
        left_out = [f"{count:,} {reason}" for reason, count in sorted((self.skipped + self.notes).items())]
        what = f"{self.events_written:,} events from {self.rows_read:,} rows"
        return f"{what} ({', '.join(left_out)})" if left_out else what


def order_line(head: str, products: list[str], counts: ImportCounts) -> bytes:
    """Close an order's line: `head` stands open inside its properties, each product is JSON.

    Keeps as many products as fit into the largest event, the first ones; the rest is counted and told in the event.
    """
    size = len(head.encode()) + 64
    kept = 0
    for product in products:
        size += len(product.encode()) + 1
        if size > LINE_BYTES_MAX:
            break
        kept += 1
    left_out = len(products) - kept
    if left_out:
        counts.notes["products left out of orders over 32 KiB"] += left_out
        head += f',"products_left_out":{left_out}'
    return f'{head},"products":[{",".join(products[:kept])}]}}}}'.encode()


def write_lines(path: str | Path, lines: Iterable[bytes]) -> int:
    """Write one event per line, gzip if the name ends in `.gz`, and return how many.

    The file takes its name only when it is complete, so an interrupted run leaves nothing that looks finished.
    """
    target = Path(path)
    if target.is_dir():
        raise EdgeError(f"{target}: is a folder; name a file, such as {target / 'events.jsonl'}")
    if not target.parent.is_dir():
        raise EdgeError(f"{target}: the folder {target.parent} does not exist; make it first")
    written = 0
    with written_whole(target) as file, _packed(file, compressed=target.suffix == ".gz") as output:
        for line in lines:
            output.write(line + b"\n")
            written += 1
    return written


@contextmanager
def _packed(file: IO[bytes], *, compressed: bool) -> Iterator[IO[bytes]]:
    if not compressed:
        yield file
        return
    # Neither a file name nor a time in the header: the same events are the same bytes.
    with gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=file, mtime=0) as packed:
        yield cast("IO[bytes]", packed)
