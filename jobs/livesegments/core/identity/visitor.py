"""One anonymous id: who it is linked to, and what is kept of the visitor while it is linked to nobody."""

from __future__ import annotations

from bisect import insort_right
from typing import Any, NamedTuple

from livesegments.core.definition.limits import Limits
from livesegments.core.events import Event
from livesegments.core.profile import NO_TIME
from livesegments.core.seen import SeenIds, hash_of
from livesegments.core.step import BAR_KEPT_MS

__all__ = ["Kept", "Visitor"]


class Kept(NamedTuple):
    """One event of a visitor; `item` is whatever the caller wants back for it."""

    time_ms: int
    message_key: bytes
    item: Any


def _time_of(kept: Kept) -> int:
    return kept.time_ms


class Visitor:
    """What is known of one anonymous id.

    Clock, bar and message ids are those of the visitor's profile, so that what is kept is what the profile took.
    """

    __slots__ = ("bar_ms", "barred_ms", "clock_ms", "is_active", "kept", "linked_ms", "seen", "used_ms", "user")

    def __init__(self) -> None:
        self.user: str | None = None
        self.linked_ms = NO_TIME
        self.used_ms = NO_TIME
        self.barred_ms = NO_TIME  # after an erase: up to when events link no more
        self.bar_ms = NO_TIME
        self.begin()

    def begin(self) -> None:
        """Know nothing of the visitor but the bar of an erase."""
        self.clock_ms = NO_TIME
        self.is_active = False  # the visitor's profile has an event
        self.seen = SeenIds()
        self.kept: list[Kept] = []

    def keep(self, event: Event, item: Any, limits: Limits, events: int) -> None:
        """Keep an event if the visitor's profile takes it; the oldest beyond so many `events` goes."""
        time_ms, key = event.time_ms, hash_of(event.message_id)
        is_late = time_ms < self.clock_ms - limits.lateness_ms
        if time_ms <= self.bar_ms or is_late or self._has_seen(key, time_ms, limits):
            return
        clock_ms = self.clock_ms = max(self.clock_ms, time_ms)
        self.is_active = True
        if self.bar_ms != NO_TIME and clock_ms >= self.bar_ms + BAR_KEPT_MS:
            self.bar_ms = NO_TIME
        self.seen.add(key, clock_ms, clock_ms - limits.ids_kept_ms, limits.message_ids)
        if any(kept.message_key == key for kept in self.kept):
            return
        insort_right(self.kept, Kept(time_ms, key, item), key=_time_of)
        if len(self.kept) > events:
            del self.kept[0]

    def erase(self, event: Event, limits: Limits) -> bool:
        """Forget the visitor and set the bar; False for an erase that was applied before, which does nothing."""
        time_ms, key = event.time_ms, hash_of(event.message_id)
        if self._has_seen(key, time_ms, limits):
            return False
        bar_ms = max(self.bar_ms, self.clock_ms, time_ms)
        self.begin()
        self.bar_ms = self.clock_ms = bar_ms
        self.seen.add(key, bar_ms, NO_TIME, limits.message_ids)
        return True

    def _has_seen(self, key: bytes, time_ms: int, limits: Limits) -> bool:
        return self.seen.has(key, max(self.clock_ms, time_ms), limits.ids_kept_ms)
