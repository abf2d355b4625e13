"""The data sets that `livesegments import` knows, and the one function that writes them as events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

import msgspec

from livesegments.core.errors import EdgeError
from livesegments.shop.cdnow import cdnow_events
from livesegments.shop.complete_journey import complete_journey_events
from livesegments.shop.lines import ImportCounts, write_lines
from livesegments.shop.online_retail import online_retail_events

__all__ = ["DATASETS", "Dataset", "import_dataset"]


Events = Callable[[ImportCounts, str | Path | None], Iterator[bytes]]


class Dataset(msgspec.Struct, frozen=True, kw_only=True):
    """One data set: how people call it, what makes events of it, and the source that people may or must bring."""

    name: str
    title: str
    events: Events
    source: Literal["file", "folder"] = "file"
    needs_source: bool = False


DATASETS: dict[str, Dataset] = {
    dataset.name: dataset
    for dataset in [
        Dataset(name="cdnow", title="69,659 real purchases of 23,570 customers, 1997-1998", events=cdnow_events),
        Dataset(
            name="complete-journey",
            title="155,848 grocery baskets of 2,469 households, with demographics and campaigns, 2017",
            events=complete_journey_events,
            source="folder",
        ),
        Dataset(
            name="online-retail",
            title="invoices of a British gift shop, 2010-2011, from your own CSV",
            events=online_retail_events,
            needs_source=True,
        ),
    ]
}


def import_dataset(name: str, out: str | Path, source: str | Path | None = None) -> ImportCounts:
    """Write the data set as events to `out`, one per line in time order (gzip if it ends in `.gz`).

    `source` is the user's own file, or folder of parquet files, for the data sets that need one. Raises
    EdgeError for an unknown name, a missing file or package, a file with other columns, and one that gives no event.
    """
    dataset = DATASETS.get(name)
    if dataset is None:
        near = get_close_matches(name, DATASETS, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise EdgeError(f"unknown data set {name!r}: required one of {', '.join(DATASETS)}{hint}")
    if dataset.needs_source and source is None:
        raise EdgeError(f"{name}: required your own file; run: livesegments import {name} FILE.csv --out FILE")
    if source is not None and not (Path(source).is_file() if dataset.source == "file" else Path(source).is_dir()):
        raise EdgeError(f"{name}: there is no {dataset.source} {source}")
    counts = ImportCounts()
    write_lines(out, _some(name, dataset.events(counts, source), counts))
    return counts


def _some(name: str, lines: Iterator[bytes], counts: ImportCounts) -> Iterator[bytes]:
    """Give the lines; raises EdgeError with an example when there is none though there were rows."""
    yield from lines
    if counts.rows_read and not counts.events_written:
        reason, rows = counts.skipped.most_common(1)[0] if counts.skipped else ("no events", counts.rows_read)
        example = counts.examples.get(reason)
        found = f", such as {example!r}" if example else ""
        raise EdgeError(f"{name}: nothing could be read of {counts.rows_read:,} rows; {rows:,}: {reason}{found}")
