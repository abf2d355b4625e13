"""Who is due when: MapState<second, user ids> below a shard, and one timer per second. Live runs only."""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = ["NO_WATERMARK", "DueTimes", "second_after"]

NO_WATERMARK = -(2**63)
_decoder = msgspec.msgpack.Decoder(list[str])
_encoder = msgspec.msgpack.Encoder()


def second_after(time_ms: int) -> int:
    """Give the first full second at or after a time."""
    return -(-time_ms // 1_000)


class DueTimes:
    """Collects registrations during a call and writes them at its end, one write per second that is touched."""

    def __init__(self, state: Any) -> None:
        self._state = state
        self._added: dict[int, list[str]] = {}

    def add(self, second: int, user_id: str) -> None:
        """Register a user; older registrations of the same user must be told apart by the caller."""
        self._added.setdefault(second, []).append(user_id)

    def flush(self, timers: Any) -> None:
        """Write what was added and register its timers."""
        for second, users in self._added.items():
            stored = self._state.get(second)
            if stored is None:
                timers.register_event_time_timer(second * 1_000)
            else:
                users = _decoder.decode(stored) + users
            self._state.put(second, _encoder.encode(users))
        self._added.clear()

    def take(self, second: int) -> list[str]:
        """Give the users registered for a second, and forget them."""
        stored = self._state.get(second)
        if stored is None:
            return []
        self._state.remove(second)
        return _decoder.decode(stored)
