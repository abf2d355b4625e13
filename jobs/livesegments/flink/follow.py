"""Following the lines of a folder that Flink is still writing."""

from __future__ import annotations

from pathlib import Path

__all__ = ["LineFollower"]


class LineFollower:
    """Gives the complete lines that were added to a folder's files since the last look.

    A file in progress is hidden and is renamed when it is finished, so files are told apart by their inode.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[int, int] = {}

    def poll(self) -> list[bytes]:
        """Give the new lines of all files, file by file."""
        if not self._folder.is_dir():
            return []
        lines: list[bytes] = []
        for file in sorted(self._folder.iterdir()):
            lines += self._new_lines(file)
        return lines

    def _new_lines(self, file: Path) -> list[bytes]:
        try:
            number, size = file.stat().st_ino, file.stat().st_size
            start = self._read.get(number, 0)
            if size <= start:
                return []
            with file.open("rb") as opened:
                opened.seek(start)
                content = opened.read(size - start)
        except FileNotFoundError:  # renamed in between: seen at the next look
            return []
        end = content.rfind(b"\n") + 1
        self._read[number] = start + end
        return content[:end].splitlines()
