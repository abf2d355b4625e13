"""What the oracle hands back: changes, counts, and features and members on request."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class OracleChange:
    """One change of one user; `segment` is empty when the whole profile was erased or merged.

    `other` is the visitor that a user inherits from, or the user that a visitor is merged into; `ended` are the
    segments that end with a merged visitor.
    """

    user: str
    sequence: int
    segment: str
    change: str  # "entered" | "exited" | "erased" | "merged"
    time_ms: int
    cause: str  # "event" | "time" | "erase" | "identity"
    message_id: str | None
    other: str | None = None
    ended: tuple[str, ...] = ()


@dataclass
class Counts:
    """Where every event that came in has gone; blank lines are no events."""

    events: int = 0
    applied: int = 0
    duplicates: int = 0
    ignored: int = 0
    dead_letters: dict[str, int] = field(default_factory=dict)

    def add_dead_letter(self, reason: str) -> None:
        self.dead_letters[reason] = self.dead_letters.get(reason, 0) + 1

    def balanced(self) -> bool:
        return self.events == self.applied + self.duplicates + self.ignored + sum(self.dead_letters.values())


@dataclass
class Result:
    """The whole outcome; `outcomes` says for every line, in order, what became of it (None for a blank line)."""

    changes: dict[str, list[OracleChange]]
    counts: Counts
    outcomes: list[str | None]
    until_ms: int | None
    read_features: Callable[[str, int], dict[str, Any]]
    read_members: Callable[[str], set[str]]

    def features(self, user: str, now_ms: int) -> dict[str, Any]:
        """Give every feature of the user at `now_ms`, over all events applied by the end of the input."""
        return self.read_features(user, now_ms)

    def members(self, user: str) -> set[str]:
        """Give the names of the segments the user is in at the end."""
        return self.read_members(user)
