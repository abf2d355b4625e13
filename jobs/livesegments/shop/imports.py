"""The data sets that `livesegments import` knows, and the one function that writes them as events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from pathlib import Path

import msgspec

from livesegments.core.errors import LivesegmentsError
from livesegments.shop.cdnow import cdnow_events
from livesegments.shop.lines import ImportCounts, write_lines

__all__ = ["DATASETS", "Dataset", "import_dataset"]


class Dataset(msgspec.Struct, frozen=True, kw_only=True):
    """One data set: how people call it, whether they bring the file, and what makes events of it."""

    name: str
    title: str
    events: Callable[[ImportCounts, str | Path | None], Iterator[bytes]]
    needs_file: bool = False


DATASETS: dict[str, Dataset] = {
    dataset.name: dataset
    for dataset in [
        Dataset(name="cdnow", title="69,659 real purchases of 23,570 customers, 1997-1998", events=cdnow_events),
    ]
}


def import_dataset(name: str, out: str | Path, source: str | Path | None = None) -> ImportCounts:
    """Write the data set as events to `out`, one per line in time order (gzip if it ends in `.gz`).

    `source` is the user's own file, for the data sets that need one. Raises LivesegmentsError for an unknown name, a
    missing file or package, and a file with other columns.
    """
    dataset = DATASETS.get(name)
    if dataset is None:
        near = get_close_matches(name, DATASETS, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise LivesegmentsError(f"unknown data set {name!r}: required one of {', '.join(DATASETS)}{hint}")
    if dataset.needs_file and source is None:
        raise LivesegmentsError(f"{name}: required your own file; run: livesegments import {name} FILE.csv --out FILE")
    if source is not None and not Path(source).is_file():
        raise LivesegmentsError(f"{name}: there is no file {source}")
    counts = ImportCounts()
    write_lines(out, dataset.events(counts, source))
    return counts
