"""The folder of a run as a source: JSON lines that are still being written, or are all there."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from livesegments.core.errors import EdgeError
from livesegments.files.follow import LineFollower
from livesegments.serve.rows import Row, Table
from livesegments.serve.sources import Batch

__all__ = ["FolderSource"]

FOLDERS: dict[str, Table] = {
    "segment-changes": "changes",
    "profiles": "profiles",
    "dead-letters": "dead_letters",
    "segment-models": "models",
}
_WAIT_SECONDS = 0.2
_ROWS_MAX = 2_000


class FolderSource:
    """Follows what `livesegments run --out DIR` writes."""

    def __init__(self, folder: Path, say: Callable[[str], None] = lambda _: None) -> None:
        self._folder = folder
        self._say = say
        self._followers: dict[str, LineFollower] = {}
        self._waiting: list[Batch] = []

    @property
    def title(self) -> str:
        """Give the folder."""
        return str(self._folder)

    def open(self, positions: Mapping[str, int]) -> None:
        """Begin after the positions; raises EdgeError without a folder."""
        if not self._folder.is_dir():
            raise EdgeError(f"--out {self._folder}: required the folder of a run, found none; see livesegments run")
        self._waiting = []
        for name in FOLDERS:
            known = {
                source.removeprefix(f"{name}/"): position
                for source, position in positions.items()
                if source.startswith(f"{name}/")
            }
            self._followers[name] = LineFollower(self._folder / name, known, self._say_other)

    def poll(self) -> Batch:
        """Give the next lines, some thousands at most."""
        if not self._waiting:
            self._waiting = self._look()
        if not self._waiting:
            time.sleep(_WAIT_SECONDS)
            return Batch([], {})
        return self._waiting.pop(0)

    def behind(self) -> int:
        """Give the bytes that were not given yet."""
        waiting = sum(len(row.value or b"") for batch in self._waiting for row in batch.rows)
        return waiting + sum(follower.behind_bytes() for follower in self._followers.values())

    def close(self) -> None:
        """Nothing is held open."""

    def _say_other(self, file: Path) -> None:
        self._say(
            f"{file}: another file than the one that was read before, read from its beginning. If the folder was made "
            "anew, --from-beginning makes the store anew too, without what the folder of before left in it"
        )

    def _look(self) -> list[Batch]:
        """Give the lines that are new in one folder, cut into batches; positions come with the last of each piece."""
        for name, follower in self._followers.items():
            for found in follower.chunks():
                rows = [Row(FOLDERS[name], None, line) for line in found.lines if line]
                return _cut(rows, {f"{name}/{found.mark}": found.position}, found.lines)
        return []


def _cut(rows: list[Row], end: dict[str, int], lines: list[bytes]) -> list[Batch]:
    """Cut rows into batches, each with the position after its last line."""
    if len(rows) != len(lines) or len(rows) <= _ROWS_MAX:
        return [Batch(rows, end)]
    [(source, position)] = end.items()
    batches: list[Batch] = []
    for start in range(len(rows), 0, -_ROWS_MAX):
        part = rows[max(0, start - _ROWS_MAX) : start]
        batches.insert(0, Batch(part, {source: position}))
        position -= sum(len(row.value or b"") + 1 for row in part)
    return batches
