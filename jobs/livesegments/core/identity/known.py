"""Known users: the ids that came as `userId`. As a visitor, such an id keeps nothing and hands nothing over."""

from __future__ import annotations

from livesegments.core.profile import NO_TIME
from livesegments.core.step import BAR_KEPT_MS

__all__ = ["KnownUsers"]


class KnownUsers:
    """Ids that came as `userId`; one that was erased stays as long as the bar of the erase."""

    def __init__(self) -> None:
        self._erased_ms: dict[str, int] = {}

    def has(self, user_id: str, now_ms: int) -> bool:
        """Tell whether an id is a known user's; an erased one whose bar is over is forgotten."""
        erased_ms = self._erased_ms.get(user_id)
        if erased_ms is None:
            return False
        if erased_ms != NO_TIME and now_ms >= erased_ms + BAR_KEPT_MS:
            del self._erased_ms[user_id]
            return False
        return True

    def add(self, user_id: str, time_ms: int) -> bool:
        """Take in that an id came as `userId`; True where that is new. An erased user is back with a later event."""
        erased_ms = self._erased_ms.get(user_id)
        if erased_ms is None or (erased_ms != NO_TIME and time_ms > erased_ms):
            self._erased_ms[user_id] = NO_TIME
        return erased_ms is None

    def erase(self, user_id: str, time_ms: int) -> None:
        """Take in that a user was erased."""
        self._erased_ms[user_id] = max(time_ms, self._erased_ms.get(user_id, NO_TIME))
