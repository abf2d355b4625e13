"""The clock side of a profile: values at the moment looked at, how long they hold, and what comes due when.

All of it can be computed from the rest of the profile at any time, and only `due_ms` is stored. So nothing that a user
sees may depend on it: `move_to` drops what is not true at an earlier moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from livesegments.core.times import NEVER

__all__ = ["NO_TIME", "STALE", "UNKNOWN", "Clock"]

NO_TIME: Final = -1
UNKNOWN: Final = -2  # the place of a value that nothing was decided with
STALE: Final = object()  # a value that an event touched and that was not asked for since

Kept = tuple[int, list[Any], list[int], int, "list[int] | None"]


class Clock:
    """What was computed of a profile at one moment, and when it must be looked at again: a part of each `Profile`.

    `values` are those of features, then of segments (is the user a member), by slot. From `places_at` on follow the
    places of values among what they are compared with, as last decided: in one list, so that an event finds all that it
    touches in one place.
    """

    __slots__ = ("at_ms", "due_ms", "dues", "look_ms", "member_mask", "places_at", "valid_ms", "values")

    def begin(self, values: list[Any], features: int, places_at: int, member_mask: int = 0) -> None:
        """Begin with values of which `features` are those of features; nothing was looked at yet."""
        self.at_ms = NO_TIME  # the latest moment that was evaluated; a timer may look ahead of the user's next event
        self.values = values
        self.member_mask = member_mask  # the mask of the segments that the user is in
        self.places_at = places_at
        self.valid_ms = [NO_TIME] * features  # until when the value of a windowed feature holds without an event
        self.due_ms = NEVER  # nothing changes before this time unless an event comes
        self.dues: list[int] | None = None  # the same for each trigger; None where only due_ms is known
        self.look_ms = NEVER  # when models decide next if no event comes

    def move_to(self, now_ms: int) -> bool:
        """Go to a moment; gives True where that is back in time, and all that depends on time is dropped."""
        is_back = now_ms < self.at_ms
        if is_back:
            self.valid_ms = [NO_TIME] * len(self.valid_ms)
            self.forget_places()
            self.dues = None
        self.at_ms = now_ms
        return is_back

    def forget_places(self) -> None:
        """Have what reads any value decided again at the next event that touches it: time has decided in between."""
        self.values[self.places_at :] = [UNKNOWN] * (len(self.values) - self.places_at)

    def forget(self, slots: Iterable[int], places: Iterable[int]) -> None:
        """Have the values of some features read and decided with anew; `places` are theirs, as far as they have one."""
        for slot in slots:
            self.values[slot] = STALE
        for place in places:
            self.values[place] = UNKNOWN

    def look_ahead(self) -> Kept:
        """Begin a look ahead that leaves no trace; gives what `put_back` takes."""
        kept = self.at_ms, self.values, self.valid_ms, self.due_ms, self.dues
        self.values, self.valid_ms = list(self.values), list(self.valid_ms)
        self.dues = None if self.dues is None else list(self.dues)
        return kept

    def put_back(self, kept: Kept) -> None:
        """End a look ahead."""
        self.at_ms, self.values, self.valid_ms, self.due_ms, self.dues = kept

    def settle(self) -> None:
        """Take the next due time from those of the triggers, once what was due has been evaluated."""
        if self.dues is not None:
            self.due_ms = min(min(self.dues, default=NEVER), self.look_ms)
