"""Following the lines of a folder that another process, such as Flink, is still writing."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO

import msgspec

__all__ = ["LineFollower", "Lines"]

_CHUNK = 8 << 20
_HEAD = 4_096


class Lines(msgspec.Struct, frozen=True):
    """Complete lines of one file, the mark that tells it apart, and the position in bytes after the last of them."""

    mark: str
    lines: list[bytes]
    position: int


class LineFollower:
    """Gives the complete lines that were added to a folder's files since the last look.

    A file in progress is hidden and is renamed when it is finished, so a file is told apart by its inode; and by a hash
    of its first line, because the file system gives the inode of a file that was deleted to another one. `positions`
    is where to go on in each file, by its mark: `INODE-HASH`, or `INODE` alone in stores of before. `on_other` is told
    of a file that has the inode of another one that was read; it is read from its beginning.
    """

    def __init__(
        self,
        folder: Path,
        positions: Mapping[str, int] | None = None,
        on_other: Callable[[Path], None] = lambda _: None,
    ) -> None:
        self._folder = folder
        self._on_other = on_other
        self._read: dict[str, int] = dict(positions or {})
        self._inodes = {mark.partition("-")[0] for mark in self._read}
        self._marks: dict[int, tuple[tuple[int, ...], str]] = {}  # by inode: as it was when its mark was looked at

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
                known = self._known_mark(status)
                if known is None:
                    with file.open("rb") as opened:
                        status = os.fstat(opened.fileno())
                        known = self._mark_of(file, opened, status)
            except FileNotFoundError:
                continue
            behind += max(0, status.st_size - self._read.get(known or "", 0))
        return behind

    def _files(self) -> list[Path]:
        return sorted(self._folder.iterdir()) if self._folder.is_dir() else []

    def _new_lines(self, file: Path) -> Lines | None:
        try:
            status = file.stat()
            known = self._known_mark(status)
            if known is not None and status.st_size <= self._read[known]:
                return None
            with file.open("rb") as opened:
                status = os.fstat(opened.fileno())
                mark = self._mark_of(file, opened, status)
                if mark is None:
                    return None
                start, size = self._read[mark], status.st_size
                opened.seek(start)
                content = opened.read(max(0, min(size - start, _CHUNK)))
                while b"\n" not in content and len(content) < size - start:  # a line longer than a piece
                    content += opened.read(_CHUNK)
        except FileNotFoundError:  # renamed in between: seen at the next look
            return None
        end = content.rfind(b"\n") + 1
        if not end:
            return None
        self._read[mark] = start + end
        return Lines(mark, content[:end].splitlines(), start + end)

    def _known_mark(self, status: os.stat_result) -> str | None:
        """Give the mark of a file that is as it was when that was looked at."""
        known = self._marks.get(status.st_ino)
        return known[1] if known is not None and known[0] == _state_of(status) else None

    def _mark_of(self, file: Path, opened: IO[bytes], status: os.stat_result) -> str | None:
        """Give the mark of an open file, and note where to go on in it; None for one without a whole first line."""
        line, end, _ = opened.read(_HEAD).partition(b"\n")
        if not end and len(line) < _HEAD:
            return None
        inode = str(status.st_ino)
        mark = f"{inode}-{hashlib.sha256(line).hexdigest()[:16]}"
        if mark not in self._read:
            before = self._read.get(inode)  # a store that knows no hashes
            is_other = inode in self._inodes and (before is None or before > status.st_size)
            self._read[mark] = 0 if is_other or before is None else before
            self._read.pop(inode, None)
            self._inodes.add(inode)
            if is_other:
                self._on_other(file)
        self._marks[status.st_ino] = (_state_of(status), mark)
        return mark


def _state_of(status: os.stat_result) -> tuple[int, ...]:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns
