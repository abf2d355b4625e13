"""The lines of the files that a path stands for, and where the line read last stands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from livesegments.files.listing import list_files
from livesegments.files.opening import opened, readable
from livesegments.files.shapes import HEAD, check_shape, refuse_wrong_shape

__all__ = ["EventLines"]


class EventLines:
    """Lines of one path, to be read any number of times; `place` says where the one read last stands.

    Raises EdgeError at the call when there is nothing to read and LivesegmentsError when a file does not hold one
    event per line; while reading, EdgeError for a file that is cut off.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.listing = list_files(path)
        for file in self.listing.files:
            readable(file)
            check_shape(file)
        self.file = self.listing.files[0]
        self.number = 0

    @property
    def place(self) -> str:
        """Give `file:line` of the line read last."""
        return f"{self.file}:{self.number}"

    def __iter__(self) -> Iterator[bytes]:
        """Give the lines of all files in order, each with its end where it has one."""
        for file in self.listing.files:
            self.file, self.number = file, 0
            with opened(file) as source:
                if not file.is_file():
                    refuse_wrong_shape(file, source.peek(HEAD)[:HEAD])
                for self.number, line in enumerate(source, 1):
                    yield line
