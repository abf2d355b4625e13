"""Who is due when: MapState<second, user ids> below a shard, and one timer per second. Live runs only."""

from __future__ import annotations

from typing import Any

import msgspec

from livesegments.core.times import NEVER
from livesegments.flink.newcomers import Newcomers
from livesegments.flink.store import Entry

__all__ = ["EVERYBODY", "NO_WATERMARK", "SECONDS_MAX", "DueTimes", "second_after"]

EVERYBODY = ""
"""What stands among the users of a second where all of the shard are to be looked at."""

NO_WATERMARK = -(2**63)
SECONDS_MAX = 200_000
"""Seconds of shards that began empty, of which is known who is due then."""
_decoder = msgspec.msgpack.Decoder(list[str])
_encoder = msgspec.msgpack.Encoder()


def second_after(time_ms: int) -> int:
    """Give the first full second at or after a time."""
    return -(-time_ms // 1_000)


class DueTimes:
    """Collects registrations during a call and writes them at its end, one write per second that is touched."""

    def __init__(self, state: Any, seconds_max: int = SECONDS_MAX) -> None:
        self._state = state
        self._added: dict[int, list[str]] = {}
        self._seconds = Newcomers(state, seconds_max)

    def register(self, entry: Entry, due_ms: int) -> None:
        """Register a user for a time, unless it is NEVER or there is an earlier registration.

        A later one stays behind: `entry.due_second` tells the one that counts.
        """
        if due_ms == NEVER:
            return
        second = second_after(due_ms)
        if not entry.due_second or second < entry.due_second:
            entry.due_second = second
            self._added.setdefault(second, []).append(entry.profile.user_id)

    def register_everybody(self, due_ms: int) -> None:
        """Have all users of the shard looked at, at a time."""
        self._added.setdefault(second_after(due_ms), []).append(EVERYBODY)

    def flush(self, shard: str, timers: Any) -> None:
        """Write what was added, all of the shard in force, and register its timers."""
        for second, users in self._added.items():
            stored = self._stored(shard, second)
            if stored is None:
                timers.register_event_time_timer(second * 1_000)
            else:
                users = _decoder.decode(stored) + users
            content = _encoder.encode(users)
            self._state.put(second, content)
            self._seconds.add(shard, {second: content})
        self._added.clear()

    def take(self, shard: str, second: int) -> list[str]:
        """Give the users of the shard in force who are registered for a second, and forget them."""
        stored = self._stored(shard, second)
        if stored is None:
            return []
        self._state.remove(second)
        self._seconds.remove(shard, second)
        return _decoder.decode(stored)

    def _stored(self, shard: str, second: int) -> bytes | None:
        known = self._seconds.known(shard)
        found: bytes | None = self._state.get(second) if known is None else known.get(second)
        return found
