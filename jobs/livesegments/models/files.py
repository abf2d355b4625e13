"""Models in files: JSON lines of `segment_models` records, one file or the folder that a run wrote."""

from __future__ import annotations

from pathlib import Path

import msgspec

from livesegments.core.definition.texts import what_is_there
from livesegments.core.errors import EdgeError
from livesegments.models.book import ModelBook
from livesegments.models.predictions.record import PredictionQuality, quality_in

__all__ = ["read_models", "read_models_and_qualities"]


def read_models(path: Path) -> ModelBook:
    """Read all records into a book; raises EdgeError with file and line for what is none."""
    return read_models_and_qualities(path)[0]


def read_models_and_qualities(path: Path) -> tuple[ModelBook, list[PredictionQuality]]:
    """Read all records, and those of them that tell how good predictions were; raises EdgeError as `read_models`."""
    if not path.exists():
        wanted = "a file of models, or the folder segment-models of a run"
        raise EdgeError(f"{path}: required {wanted}, found nothing there{what_is_there(path)}")
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    book, qualities = ModelBook(), []
    for file in files:
        with file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                try:
                    record = line.rstrip(b"\r\n")
                    book.add(record)
                    if (quality := quality_in(record)) is not None:
                        qualities.append(quality)
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    raise EdgeError(f"{file}:{number}: required a record of segment_models, found: {error}") from None
    if not book.records():
        raise EdgeError(f"{path}: required at least one model, found none")
    return book, qualities
