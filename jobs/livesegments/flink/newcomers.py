"""What a shard has in a map state, known where it began empty: what is new there need not be looked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["Newcomers"]


class Newcomers:
    """All keys of the shards that began empty, and the values that were given with them.

    Of other shards nothing is known. Beyond `keys_max` all is forgotten. Looking for a key in a state on RocksDB costs
    as much as five events where there is none, and one event where there is. A key takes about 100 bytes.
    """

    def __init__(self, state: Any, keys_max: int) -> None:
        self._state = state
        self._left = keys_max
        self._shards: dict[str, dict[Any, Any] | None] = {}

    def known(self, shard: str) -> dict[Any, Any] | None:
        """Give all that the state of the shard in force holds, not to be changed; None where it is not known."""
        if shard not in self._shards:
            is_empty = self._left > 0 and next(iter(self._state.keys()), None) is None
            self._shards[shard] = {} if is_empty else None
        return self._shards[shard]

    def add(self, shard: str, values: Mapping[Any, Any]) -> None:
        """Take notice of what is put into the state."""
        known = self._shards.get(shard)
        if known is None:
            return
        before = len(known)
        known.update(values)
        self._left -= len(known) - before
        if self._left <= 0:
            self._shards = dict.fromkeys(self._shards)

    def remove(self, shard: str, key: Any) -> None:
        """Take notice of a key that is removed from the state."""
        known = self._shards.get(shard)
        if known is not None and key in known:
            del known[key]
            self._left += 1
