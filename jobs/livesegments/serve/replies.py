"""What the server answers with, one type each: the source of the answers and of their schemas."""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = [
    "ChangeList",
    "Health",
    "Member",
    "MemberList",
    "Merged",
    "Problem",
    "SegmentHistory",
    "SegmentList",
    "SegmentReply",
    "SegmentStep",
    "UserSegments",
]


class Problem(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An error as application/problem+json (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""


class Merged(Problem, kw_only=True):
    """A visitor who became a user: ask for that one."""

    merged_into: str = ""


class UserSegments(msgspec.Struct, frozen=True):
    """The segments that a user is in, by name."""

    user_id: str
    segments: list[str]
    updated_at: str | None


class ChangeList(msgspec.Struct, frozen=True):
    """Changes as the job wrote them, newest first; `before` continues with older ones, null at the end."""

    changes: list[msgspec.Raw]
    before: int | None


class SegmentReply(msgspec.Struct, frozen=True, kw_only=True):
    """One segment. `share` is of all users; `today` is the day of the newest change, in the definition's timezone.

    `condition` and the texts are null for a segment that the definition does not have.
    """

    name: str
    title: str | None
    description: str | None
    condition: str | None
    exit_condition: str | None
    response: str | None
    tags: list[str]
    members: int
    share: float | None
    entered_today: int
    left_today: int


class SegmentList(msgspec.Struct, frozen=True, kw_only=True):
    """All segments by name, those of the definition and those that changes named."""

    segments: list[SegmentReply]
    users: int
    today: str | None


class Member(msgspec.Struct, frozen=True):
    """A member; since when is null where the store never read the change."""

    user_id: str
    since: str | None


class MemberList(msgspec.Struct, frozen=True):
    """Members by user id; `after` continues, null at the end."""

    members: list[Member]
    after: str | None


class SegmentStep(msgspec.Struct, frozen=True):
    """One step of a history: members at its end, and who entered and left in it; `ended` were erased or merged."""

    time: str
    members: int
    entered: int
    left: int
    ended: int


class SegmentHistory(msgspec.Struct, frozen=True):
    """A segment over time, oldest first."""

    segment: str
    step_seconds: int
    steps: list[SegmentStep]


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """Alive, and how far behind.

    `lag_offsets` counts committed records that the store has not (bytes, when a folder is followed), null before the
    first look; `lag_seconds` is how long ago the store last had all. `newest_change_at` is event time.
    """

    status: str
    following: str
    lag_offsets: int | None
    lag_seconds: float
    newest_change_at: str | None
    newest_change_age_seconds: float | None
    problem: str | None


Reply = Any
