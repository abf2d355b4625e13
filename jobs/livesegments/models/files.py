"""Models in files: JSON lines of `segment_models` records, one file or the folder that a run wrote."""

from __future__ import annotations

from pathlib import Path

import msgspec

from livesegments.core.errors import EdgeError
from livesegments.models.book import ModelBook

__all__ = ["read_models"]


def read_models(path: Path) -> ModelBook:
    """Read all records into a book; raises EdgeError with file and line for what is none."""
    if not path.exists():
        raise EdgeError(f"{path}: required a file of models, or the folder segment-models of a run, found nothing")
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    book = ModelBook()
    for file in files:
        with file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                try:
                    book.add(line.rstrip(b"\r\n"))
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    raise EdgeError(f"{file}:{number}: required a record of segment_models, found: {error}") from None
    if not book.records():
        raise EdgeError(f"{path}: required at least one model, found none")
    return book
