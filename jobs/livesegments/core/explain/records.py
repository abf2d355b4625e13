"""What `explain` tells: the records behind `livesegments explain --json`; names are public."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from livesegments.core.conditions import as_it_counts
from livesegments.core.ingest import Counts

__all__ = [
    "BadLine",
    "Distance",
    "ExplainedClause",
    "ExplainedCondition",
    "ExplainedFeature",
    "ExplainedSegment",
    "Explanation",
    "FeatureDistance",
    "Inheritance",
    "InheritedEvent",
    "NextChange",
]


ChangeFields = dict[str, Any]
"""A record of `segment_changes`, of whatever type, as plain data."""


class FeatureDistance(msgspec.Struct, frozen=True, kw_only=True):
    """The same distance in the one feature that the side has, all else staying as it is: `o / 2 >= 3` needs 4 more `o`.

    The fields are those of `Distance`. Beyond the target is the next number but for what doubles round.
    """

    feature: str
    value: float
    target: float  # a whole number where the feature counts
    needs: float
    direction: Literal["more", "less", "any"]
    beyond: bool


class Distance(msgspec.Struct, frozen=True, kw_only=True):
    """How far a comparison of numbers is from flipping: `value` would have to go to `target`, or beyond it."""

    side: str  # the side of the comparison that would move, as written
    value: float
    target: float  # where the clause flips; a whole number where the side counts
    needs: float  # target - value
    direction: Literal["more", "less", "any"]
    beyond: bool  # the target itself does not flip the clause, the next number in this direction does
    in_feature: FeatureDistance | None = None  # null where the side has several features, or a function of one


class ExplainedClause(msgspec.Struct, frozen=True, kw_only=True):
    """One clause of a condition; `clause`, `holds` and `values` are as in `because` of a change."""

    clause: str
    holds: bool | None
    values: dict[str, Any]
    distance: Distance | None  # null where the clause compares no numbers, or a value is missing
    flips_at: str | None  # when time alone gives another answer, memberships that it names staying as they are
    flips_in_ms: int | None
    flips_to: bool | None  # that answer; null is also the answer when a value is missing then
    unless: str | None = None  # the events that would keep an `unfollowed` from growing by then
    negated: bool = False  # stands below an odd number of `!`: where it does not hold, it counts as met

    @property
    def as_it_counts(self) -> ExplainedClause:
        """Give the clause as it counts for the condition: one that is negated with its `!`, and its answers turned."""
        clause, holds = as_it_counts(self.clause, self.holds, self.negated)
        flips_to = as_it_counts(self.clause, self.flips_to, self.negated)[1]
        return msgspec.structs.replace(self, clause=clause, holds=holds, flips_to=flips_to, negated=False)


class ExplainedCondition(msgspec.Struct, frozen=True, kw_only=True):
    """A condition as written, whether it holds, and its clauses."""

    condition: str
    holds: bool | None
    clauses: list[ExplainedClause]


class ExplainedSegment(msgspec.Struct, frozen=True, kw_only=True):
    """One segment as this user stands to it."""

    segment: str
    title: str
    description: str
    response: str
    tags: list[str]
    kind: Literal["dynamic", "static"]
    member: bool
    since: str | None
    when: ExplainedCondition | None  # null for a list of members
    exit_when: ExplainedCondition | None
    dwell_left_ms: int | None  # null where the user is out or there is no `min_dwell`
    cooldown_left_ms: int | None  # null where the user never left or there is no `cooldown`
    decided: bool  # a static segment that was decided, or a list of members


class ExplainedFeature(msgspec.Struct, frozen=True, kw_only=True):
    """One feature: its value, what it is in words, and when time alone gives it another value."""

    feature: str
    kind: str
    meaning: str
    window: str | None
    value: Any
    in_panes: bool
    limit: str | None  # which limit was hit and what that means
    continuous: bool  # changes with every moment
    changes_at: str | None  # the first moment with another value
    changes_in_ms: int | None


class NextChange(msgspec.Struct, frozen=True, kw_only=True):
    """The first moment at which this user changes if nothing happens, with all changes of that moment."""

    at: str
    in_ms: int
    changes: list[ChangeFields]


class BadLine(msgspec.Struct, frozen=True, kw_only=True):
    """Why a line of this user was not applied."""

    reason: str
    message: str


class InheritedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event that a user has from a visitor."""

    at: str
    message_id: str
    type: str
    event: str | None


class Inheritance(msgspec.Struct, frozen=True, kw_only=True):
    """What a user has from a visitor who turned out to be the user; `at` is when that was."""

    visitor: str
    at: str
    events: list[InheritedEvent]  # by time


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """All that there is to tell about one user at one time."""

    user_id: str
    state: Literal[
        "active", "erased", "merged", "empty"
    ]  # empty: no event was applied, or all was erased and forgotten
    at: str | None  # null where the input has no event at all
    first_event_at: str | None
    erased_at: str | None
    forgotten_at: str | None  # when what an erase left is dropped
    sequence: int
    profile: dict[str, Any] | None  # the document as on `profiles`, at its own `updated_at`
    features: list[ExplainedFeature]
    segments: list[ExplainedSegment]
    next_change: NextChange | None
    looked_until: str | None  # how far ahead `next_change` was looked for
    changes: list[ChangeFields]  # the last ones, oldest first
    counts: Counts  # of this user's lines
    bad_lines: list[BadLine]  # the last ones, oldest first
    merged_into: str | UnsetType = UNSET  # the user that this visitor turned out to be
    inherited: list[Inheritance] | UnsetType = UNSET  # where the definition has `identity:`
