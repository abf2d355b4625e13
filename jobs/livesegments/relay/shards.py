"""Which shards of a stream may be read now: children after their parents, so that each user's order stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from livesegments.relay.kinesis_api import ListedShard

__all__ = ["ReadShard", "Shards"]


class ReadShard(msgspec.Struct):
    """One shard that is being read: up to where, and when it is next due (seconds of a clock that never goes back)."""

    name: str
    sequence_number: str | None = None
    iterator: str | None = None
    due: float = 0.0
    failures: int = 0
    behind_ms: int = 0


class Shards:
    """The shards that Kinesis lists and how far each was read.

    >>> shards = Shards({})
    >>> shards.replace([ListedShard("a", ()), ListedShard("b", ("a",)), ListedShard("c", ("a", "gone"))])
    >>> [shard.name for shard in shards.open()]
    ['a']
    >>> shards.finish("a")
    >>> [shard.name for shard in shards.open()]
    ['b', 'c']
    """

    def __init__(self, positions: Mapping[str, tuple[str | None, bool]]) -> None:
        self._listed: dict[str, ListedShard] = {}
        self._read = {name: ReadShard(name, sequence_number) for name, (sequence_number, _) in positions.items()}
        self._finished = {name for name, (_, finished) in positions.items() if finished}

    def replace(self, shards: Iterable[ListedShard]) -> None:
        """Take the shards that there are now."""
        self._listed = {shard.name: shard for shard in shards}

    def open(self) -> list[ReadShard]:
        """Give the shards to be read, by name: not finished, and no parent that Kinesis still has is unfinished."""
        names = sorted(name for name, shard in self._listed.items() if self._may_be_read(shard))
        return [self._read.setdefault(name, ReadShard(name)) for name in names]

    def finish(self, name: str) -> None:
        """Mark a shard as read to its end."""
        self._finished.add(name)

    def expired(self) -> list[str]:
        """Give the shards that are gone from Kinesis before they were read to their end: records were lost there."""
        return sorted(name for name in self._read if name not in self._listed and name not in self._finished)

    def _may_be_read(self, shard: ListedShard) -> bool:
        waits = any(parent in self._listed and parent not in self._finished for parent in shard.parents)
        return shard.name not in self._finished and not waits
