"""When a job takes over from another one: each shard looks at all of its users once, at that time. Live runs only."""

from __future__ import annotations

from typing import Any

from livesegments.core.times import NEVER
from livesegments.flink.due_times import DueTimes
from livesegments.flink.engines import Takeover

__all__ = ["Comparing"]

_AT = "compared at"


class Comparing:
    """Registers each shard for the time of the takeover, once for each such time; its state says for which."""

    def __init__(self, takeover: Takeover | None, shard_state: Any, due: DueTimes) -> None:
        self._at_ms = NEVER if takeover is None else takeover.quiet_until_ms
        self._state = shard_state
        self._due = due
        self._armed: set[str] = set()

    def arm(self, shard: str) -> None:
        """See to it that the shard in force is registered."""
        if self._at_ms == NEVER or shard in self._armed:
            return
        self._armed.add(shard)
        text = str(self._at_ms).encode()
        if self._state.get(_AT) != text:
            self._state.put(_AT, text)
            self._due.register_everybody(self._at_ms)
