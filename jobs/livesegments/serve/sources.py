"""Where rows come from: what a source of the store is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from livesegments.serve.rows import Row

__all__ = ["Batch", "Source"]


class Batch(msgspec.Struct, frozen=True):
    """Rows in their order, and where to go on after them by source."""

    rows: list[Row]
    positions: dict[str, int]


class Source(Protocol):
    """Something to follow; all raise EdgeError when it does not answer. One thread uses it at a time."""

    @property
    def title(self) -> str:
        """Give its name, for people."""

    def open(self, positions: Mapping[str, int]) -> None:
        """Begin after the positions, at the beginning of what has none."""

    def poll(self) -> Batch:
        """Give what is there, waiting at most a fraction of a second for it."""

    def behind(self) -> int:
        """Give how much is there that was not given yet: offsets of topics, bytes of files."""

    def close(self) -> None:
        """Let go of it; it can be opened again."""
