"""Following the lines of a folder that another process, such as Flink, is still writing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

__all__ = ["LineFollower", "Lines"]

_CHUNK = 8 << 20


class Lines(msgspec.Struct, frozen=True):
    """Complete lines of one file, told apart by its inode, and the position in bytes after the last of them."""

    inode: int
    lines: list[bytes]
    position: int


class LineFollower:
    """Gives the complete lines that were added to a folder's files since the last look.

    A file in progress is hidden and is renamed when it is finished, so files are told apart by their inode.
    `positions` is where to go on in each file, by inode.
    """

    def __init__(self, folder: Path, positions: Mapping[int, int] | None = None) -> None:
        self._folder = folder
        self._read: dict[int, int] = dict(positions or {})

    def poll(self) -> list[bytes]:
        """Give the new lines of all files, file by file."""
        return [line for found in self.chunks() for line in found.lines]

    def chunks(self) -> Iterator[Lines]:
        """Give the new lines of all files in pieces of some megabytes."""
        for file in self._files():
            while (found := self._new_lines(file)) is not None:
                yield found

    def behind_bytes(self) -> int:
        """Give how much is there that was not given yet."""
        behind = 0
        for file in self._files():
            try:
                status = file.stat()
            except FileNotFoundError:
                continue
            behind += max(0, status.st_size - self._read.get(status.st_ino, 0))
        return behind

    def _files(self) -> list[Path]:
        return sorted(self._folder.iterdir()) if self._folder.is_dir() else []

    def _new_lines(self, file: Path) -> Lines | None:
        try:
            number, size = file.stat().st_ino, file.stat().st_size
            start = self._read.get(number, 0)
            if size <= start:
                return None
            with file.open("rb") as opened:
                opened.seek(start)
                content = opened.read(min(size - start, _CHUNK))
                while b"\n" not in content and len(content) < size - start:  # a line longer than a piece
                    content += opened.read(_CHUNK)
        except FileNotFoundError:  # renamed in between: seen at the next look
            return None
        end = content.rfind(b"\n") + 1
        if not end:
            return None
        self._read[number] = start + end
        return Lines(number, content[:end].splitlines(), start + end)
