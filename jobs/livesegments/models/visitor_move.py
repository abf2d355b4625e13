"""What models are told when a visitor turns out to be a user."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from livesegments.core.events import Event

__all__ = ["VisitorMove"]


class VisitorMove(NamedTuple):
    """A visitor's events on their way to a user, or, where `events` is None, the end of a visitor's profile.

    `user_id` is whose profile it is about, `other` the visitor, or whom the visitor has become.
    """

    user_id: str
    other: str
    time_ms: int
    events: Sequence[Event] | None
