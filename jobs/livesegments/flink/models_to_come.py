"""Models that are still being learned while the job that uses them starts."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

__all__ = ["ModelsToCome"]

_POLL_SECONDS = 0.02


class ModelsToCome(msgspec.Struct, frozen=True):
    """Records of segment_models below a folder: whoever iterates waits until they are there.

    A file appears whole, under its name, when all is learned; another one when nothing will come of it.
    """

    folder: str

    def __iter__(self) -> Iterator[bytes]:
        """Give the records; raises RuntimeError when the learning was given up."""
        while not self._file.exists():
            if self._given_up.exists():
                raise RuntimeError("the models of the first pass do not come")
            time.sleep(_POLL_SECONDS)
        return iter(msgspec.msgpack.decode(self._file.read_bytes(), type=list[bytes]))

    def bring(self, records: list[bytes]) -> None:
        """Let those who wait have the records."""
        hidden = Path(self.folder) / ".models"
        hidden.write_bytes(msgspec.msgpack.encode(records))
        os.replace(hidden, self._file)

    def give_up(self) -> None:
        """Let those who wait fail."""
        self._given_up.touch()

    @property
    def _file(self) -> Path:
        return Path(self.folder) / "models"

    @property
    def _given_up(self) -> Path:
        return Path(self.folder) / "no-models"
