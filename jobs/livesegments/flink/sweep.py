"""After a start with an edited definition, every user of a shard is looked at once, an equal share at each tick."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["Sweep"]

_SWEPT = "swept"


class Sweep:
    """Whom a shard has still to look at; its state says for which definition that is over."""

    def __init__(self, shard_state: Any, digest: str, users: Callable[[str], list[str]]) -> None:
        self._state = shard_state
        self._digest = digest.encode()
        self._users = users
        self._left: dict[str, list[str]] = {}
        self._over: set[str] = set()

    def take(self, shard: str, ticks_left: int) -> list[str]:
        """Give the users of the shard in force whose turn it is; so many ticks will follow."""
        if shard in self._over:
            return []
        left = self._left.get(shard)
        if left is None:
            left = [] if self._state.get(_SWEPT) == self._digest else self._users(shard)
            self._left[shard] = left
        share = -(-len(left) // (ticks_left + 1))
        taken = [left.pop() for _ in range(share)]
        if not left:
            self._state.put(_SWEPT, self._digest)
            self._over.add(shard)
            del self._left[shard]
        return taken
