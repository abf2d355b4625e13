"""Where an embedded run writes: an output folder of its own."""

from __future__ import annotations

from pathlib import Path

from livesegments.core.errors import EdgeError

__all__ = ["prepare_output"]


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
