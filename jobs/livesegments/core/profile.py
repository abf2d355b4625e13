"""The profile: all that is kept about one user."""

from __future__ import annotations

from typing import Any

import msgspec

from livesegments.core.clock import NO_TIME, Clock
from livesegments.core.seen import SeenIds

__all__ = ["ANONYMOUS_IDS_MAX", "NO_TIME", "SILENT", "Answer", "Identities", "Membership", "Profile"]

ANONYMOUS_IDS_MAX = 20
SILENT = -1
"""The sequence of a profile of which nothing was told, as its job is still quiet (takeover.py)."""


class Membership(msgspec.Struct, array_like=True):
    """The cluster that a user is in: its id and name, by which model version, and the inputs' values then."""

    id: int
    name: str
    version: int
    values: Any  # one for each feature of the clustering


class Answer(msgspec.Struct, array_like=True):
    """What a prediction says of a user, and by which model version."""

    value: Any
    version: int


class Identities(msgspec.Struct, array_like=True):
    """What is known of a user's ids, or of a visitor that ended; nothing of one that is a visitor still."""

    is_known: bool = False  # an event with the profile's id as `userId` was applied
    anonymous_ids: list[str] = []  # linked to the user, the newest first
    into: str | None = None  # the user that the visitor turned out to be
    ended_ms: int = NO_TIME

    def add(self, anonymous_id: str) -> None:
        """Put an id first."""
        others = [one for one in self.anonymous_ids if one != anonymous_id]
        self.anonymous_ids = [anonymous_id, *others[: ANONYMOUS_IDS_MAX - 1]]


class Profile(Clock):
    """A user's state in memory; changed only by the step. What can be computed again from the rest is of `Clock`.

    A profile that was made or cleared has no values and no due time until its clock begins (`begin_clock`).

    `cells` are the states of the program's cells. Those of the bits in `frozen` are bytes as they were stored, decoded
    when something first asks for them.
    """

    __slots__ = (
        "applied_ms",
        "bar_ms",
        "cells",
        "clock_ms",
        "clusters",
        "decided",
        "edited",
        "first_ms",
        "frozen",
        "identities",
        "inputs",
        "left",
        "members",
        "predictions",
        "seen",
        "sequence",
        "user_id",
    )

    def __init__(self, user_id: str, cells: list[Any]) -> None:
        self.user_id = user_id
        self.sequence = 0
        self.bar_ms = NO_TIME
        self.clear(cells)

    def clear(self, cells: list[Any]) -> None:
        """Forget everything but the sequence and the bar; the cells are empty ones. Its clock must begin again."""
        self.clock_ms = NO_TIME  # the greatest event time applied, or time of a change emitted
        self.first_ms = NO_TIME
        self.cells = cells
        self.frozen = 0
        self.members: dict[str, int] = {}
        self.left: dict[str, int] = {}
        self.decided: dict[str, int] = {}
        self.seen = SeenIds()
        self.clusters: dict[str, Membership] = {}
        self.predictions: dict[str, Answer] = {}
        self.applied_ms = NO_TIME
        self.inputs: dict[str, Any] = {}
        self.identities: Identities | None = None
        self.edited = False  # the definition is another one than at the last evaluation

    @property
    def empty(self) -> bool:
        """Tell whether no event was ever applied, or none since an erase."""
        return self.first_ms == NO_TIME

    @property
    def erased(self) -> bool:
        """Tell whether the user was erased and has not come back."""
        return self.empty and self.bar_ms != NO_TIME

    @property
    def merged_into(self) -> str | None:
        """Give the user that a visitor turned out to be, None where it is not so or the visitor has come back."""
        return self.identities.into if self.empty and self.identities is not None else None

    @property
    def gone(self) -> bool:
        """Tell whether the user was erased or merged and has not come back."""
        return self.erased or self.merged_into is not None

    @property
    def segments(self) -> list[str]:
        """Give the names of the segments that the user is in, by code point."""
        return sorted(self.members)
