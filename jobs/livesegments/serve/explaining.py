"""One user explained by the events of a run: what `livesegments explain` tells, with the models of the store."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from livesegments.serve.reading import Reader

if TYPE_CHECKING:
    from livesegments.core.definition import Definition
    from livesegments.core.explain import Explanation

__all__ = ["explained"]


def explained(definition: Definition, reader: Reader, events: Path, user_id: str) -> Explanation | None:
    """Replay the user's events and explain the end; None where there are none. Takes seconds for a big file."""
    from livesegments.core.explain import History, explain  # loads models: only where a user is explained
    from livesegments.models.book import ModelBook
    from livesegments.models.engine import engine_with_models

    rows = reader.all("SELECT record FROM models WHERE kind != 'prediction_quality' ORDER BY kind, name, version")
    history = History(engine_with_models(definition, ModelBook(bytes(record) for (record,) in rows)), user_id)
    history.read(_lines(events))
    if not history.counts.events:
        return None
    return explain(history.engine, history.profile, history.now_ms, changes=history.changes, counts=history.counts)


def _lines(path: Path) -> Iterator[bytes]:
    files = sorted(file for file in path.iterdir() if file.is_file()) if path.is_dir() else [path]
    for file in files:
        with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as lines:
            yield from lines
