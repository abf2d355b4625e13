"""What of accepted events could not be read and was passed over, counted by event name and path."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

__all__ = ["PLACEHOLDER_USERS", "SKIPPED_MAX", "Skip", "Skipped"]

SKIPPED_MAX = 100
_NAME_LENGTH_MAX = 100

# What broken producers send where they know no user. Each is taken as a user unless `limits.refuse_users` names it.
PLACEHOLDER_USERS = frozenset(
    (
        *("undefined", "null", "nil", "none", "None", "NULL", "NaN", "nan", "[object Object]", "{}", "0", "-1"),
        *("anonymous", "Anonymous", "anon", "guest", "Guest", "unknown", "Unknown", "not_authenticated", "n/a", "N/A"),
        *("true", "false", "00000000-0000-0000-0000-000000000000", " "),
    )
)


class Named(Protocol):
    """What tells of an event: its type, and for track its name."""

    @property
    def type(self) -> str: ...

    @property
    def event(self) -> str | None: ...


class Skip(NamedTuple):
    """In so many events of a name, what stands at a path was skipped."""

    name: str
    path: str
    events: int


class Skipped:
    """Counts events by (name, path); the `SKIPPED_MAX` most frequent pairs are kept.

    `decode` and numeric features fill it. An event counts once for a path, however many features read it. When all
    places are taken, a new pair takes that of the rarest and goes on from its count (Metwally et al. 2005,
    Space-Saving): counts are then upper bounds, and a pair with more than 1/`SKIPPED_MAX` of all counts is never lost.
    """

    __slots__ = ("_event", "_told", "counts", "total", "users")

    def __init__(self) -> None:
        self.counts: dict[tuple[str, str], int] = {}
        self.total = 0
        self.users: dict[str, int] = {}  # events by user id, where the id is one of PLACEHOLDER_USERS
        self._event: Named | None = None
        self._told: set[str] = set()

    def __bool__(self) -> bool:
        """Tell whether anything was counted."""
        return bool(self.counts or self.users)

    def note(self, event: Named, path: str) -> None:
        """Count that what stands at a path of this event, such as `properties.revenue`, is skipped."""
        if event is not self._event:
            self._event = event
            self._told.clear()
        if path not in self._told:
            self._told.add(path)
            name = event.event if event.type == "track" and event.event else event.type
            self.add(name, path, 1)

    def note_user(self, user_id: str) -> None:
        """Count an event whose user id is one of PLACEHOLDER_USERS."""
        self.users[user_id] = self.users.get(user_id, 0) + 1

    def add(self, name: str, path: str, events: int) -> None:
        """Add a number of events to a name and path."""
        key = name[:_NAME_LENGTH_MAX], path[:_NAME_LENGTH_MAX]
        counts = self.counts
        if key not in counts and len(counts) >= SKIPPED_MAX:
            rarest = min(counts, key=lambda kept: (counts[kept], kept))
            counts[key] = counts.pop(rarest)
        counts[key] = counts.get(key, 0) + events
        self.total += events

    def merge(self, skips: Iterable[Skip], users: Iterable[tuple[str, int]] = ()) -> None:
        """Add what another one counted: its `most()`, and the items of its `users`."""
        for skip in skips:
            self.add(*skip)
        for user_id, events in users:
            self.users[user_id] = self.users.get(user_id, 0) + events

    def clear(self) -> None:
        """Begin again at zero."""
        self.counts.clear()
        self.users.clear()
        self.total = 0

    def most(self) -> list[Skip]:
        """Give what was counted, the most frequent first, then by name and path."""
        ranked = sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))
        return [Skip(name, path, events) for (name, path), events in ranked]
