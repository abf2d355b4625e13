"""Which keys a shard has in a map state, known where it began empty: what is new there need not be looked for."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

__all__ = ["Newcomers"]


class Newcomers:
    """All keys of the shards that began empty; of other shards nothing is known. Beyond `keys_max` all is forgotten.

    Looking for a key that a state on RocksDB does not have costs as much as five events. A key takes about 100 bytes.
    """

    def __init__(self, state: Any, keys_max: int) -> None:
        self._state = state
        self._left = keys_max
        self._shards: dict[str, set[Any] | None] = {}

    def may_have(self, shard: str, key: Any) -> bool:
        """Tell whether the state of the shard in force may hold a key."""
        if shard not in self._shards:
            is_empty = self._left > 0 and next(iter(self._state.keys()), None) is None
            self._shards[shard] = set() if is_empty else None
        known = self._shards[shard]
        return known is None or key in known

    def add(self, shard: str, keys: Collection[Any]) -> None:
        """Take notice of keys that are put into the state."""
        known = self._shards.get(shard)
        if known is None:
            return
        before = len(known)
        known.update(keys)
        self._left -= len(known) - before
        if self._left <= 0:
            self._shards = dict.fromkeys(self._shards)

    def remove(self, shard: str, key: Any) -> None:
        """Take notice of a key that is removed from the state."""
        known = self._shards.get(shard)
        if known is not None and key in known:
            known.remove(key)
            self._left += 1
