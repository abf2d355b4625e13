"""What a preview tells, as records; counts of a sample are scaled to all users."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from livesegments.core.conditions import as_it_counts
from livesegments.preview.sample import Interval

__all__ = ["DecidingClause", "Difference", "Differing", "Overlap", "Preview", "PreviewedSegment", "Sampled", "Step"]

State = Literal["new", "gone", "changed", "unchanged"]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A step of time: members at its end, who entered and left in it, and whose membership an erase ended."""

    start: str
    members: int
    entered: int
    left: int
    erased: int


class Overlap(msgspec.Struct, frozen=True, kw_only=True):
    """Another segment at the end: users in both, and their share of the users in either (Jaccard)."""

    segment: str
    both: int
    jaccard: float


class Sampled(msgspec.Struct, frozen=True, kw_only=True):
    """A number of users and the interval in which the true one lies with 95 %."""

    users: int
    interval: Interval


class PreviewedSegment(msgspec.Struct, frozen=True, kw_only=True):
    """One segment under one definition.

    Shares are from 0 to 1. `median_stay_ms` is that of the stays that ended, within half a percent. `returned` are the
    users who came back within seven days of leaving, `returns` how often. `clauses` tells for each clause, as it
    counts for the condition, how many entries it decided; those that several clauses decided count for each.
    """

    members: Sampled
    share: float
    entered: int
    left: int
    erased: int
    entered_per_day: float
    median_stay_ms: float | None
    stays_ended: int
    returns: int
    returned: int
    causes: dict[str, float]
    clauses: dict[str, int]
    over_time: list[Step]
    overlaps: list[Overlap]


class DecidingClause(msgspec.Struct, frozen=True, kw_only=True):
    """A clause that keeps a user out of a segment, whether it holds, and its values, as in `because` of a change.

    `part` is the condition's key.
    """

    part: Literal["when", "exit_when"]
    clause: str
    holds: bool | None
    values: dict[str, Any]
    negated: bool = False  # stands below an odd number of `!`: where it does not hold, it counts as met

    @property
    def as_it_counts(self) -> tuple[str, bool | None]:
        """Give text and answer as they count for the condition: with the `!`, and turned, where it is negated."""
        return as_it_counts(self.clause, self.holds, self.negated)


class Differing(msgspec.Struct, frozen=True, kw_only=True):
    """A user who is a member under one definition only, and what of the other one decides that."""

    user_id: str
    only_in: Literal["old", "new"]
    since: str
    decided_by: list[DecidingClause]
    note: str = ""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A segment of one or both definitions."""

    segment: str
    title: str
    condition: str
    state: State
    new: PreviewedSegment | None
    old: PreviewedSegment | None = None
    only_old: Sampled | None = None
    only_new: Sampled | None = None
    both: Sampled | None = None
    users: list[Differing] = []


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """A definition held against events, or two of them.

    `differ_unchanged` names segments whose definition is the same in both and that differ all the same: there must be
    none.
    """

    definition: str
    against: str | None
    start: str | None
    end: str | None
    days: float
    events: str
    share: float
    users: Sampled
    segments: list[Difference]
    unchanged: list[str]
    differ_unchanged: list[str]
    flows: list[tuple[str, str, int]]
