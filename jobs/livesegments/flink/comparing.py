"""When a job takes over from another one: each shard looks at all of its users once, at that time. Live runs only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from livesegments.core.errors import LivesegmentsError
from livesegments.core.times import NEVER
from livesegments.flink.due_times import EVERYBODY, DueTimes
from livesegments.flink.engines import Takeover

__all__ = ["Comparing"]

_AT = "compared at"  # in the shard's state: the time, and whether it is over
_OVER = b" over"


class Comparing:
    """Registers each shard for the time of the takeover, once for each such time; its state says for which."""

    def __init__(
        self, takeover: Takeover | None, shard_state: Any, due: DueTimes, users: Callable[[str], list[str]]
    ) -> None:
        self._at_ms = None if takeover is None else takeover.quiet_until_ms
        self._state = shard_state
        self._due = due
        self._users = users
        self._armed: set[str] = set()

    def arm(self, shard: str) -> None:
        """See to it that the shard in force is registered.

        Raises LivesegmentsError where its users were to be compared, and the job was started as if they had been.
        """
        if shard in self._armed:
            return
        self._armed.add(shard)
        kept = self._state.get(_AT)
        if self._at_ms is None:
            if kept is not None and not kept.endswith(_OVER):
                raise LivesegmentsError(
                    "the state is that of a job that was quiet, and users are not compared yet: required --quiet-until "
                    "TIME with --baseline, or --quiet-until never, found neither"
                )
            return
        text = str(self._at_ms).encode()
        if kept is None or kept.removesuffix(_OVER) != text:
            self._state.put(_AT, text)
            if self._at_ms != NEVER:
                self._due.register_everybody(self._at_ms)

    def take(self, shard: str, second: int) -> tuple[list[str], bool]:
        """Give the users of the shard in force who are registered for a second, or all of its users and True."""
        users = self._due.take(shard, second)
        if EVERYBODY not in users:
            return users, False
        if self._at_ms is not None and self._at_ms <= second * 1_000:
            self._state.put(_AT, str(self._at_ms).encode() + _OVER)
        return self._users(shard), True
