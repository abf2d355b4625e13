"""Writing changes: each moves the user, counts on, and says why."""

from __future__ import annotations

from typing import Any, Literal

from livesegments.core.changes import Because, Cause, Change, ClusterChange, SegmentChange
from livesegments.core.events import Event
from livesegments.core.features import Cluster
from livesegments.core.inference import Decision, Weight
from livesegments.core.profile import Answer, Membership, Profile
from livesegments.core.program import CompiledClause, CompiledSegment

__all__ = ["BY_MODEL", "enter_or_leave", "erased", "merged", "move"]

BY_MODEL = Cause(kind="model")


def enter_or_leave(
    profile: Profile,
    segment: CompiledSegment | None,
    name: str,
    now_ms: int,
    cause: Cause | Event,
    weights: list[Weight] | None = None,
) -> Change:
    """Move the user in or out; a segment that the definition no longer has is None."""
    before = profile.segments
    entered_ms = profile.members.pop(name, None)
    clauses = () if segment is None else segment.when_clauses if entered_ms is None else segment.exit_clauses
    because = _because(clauses, profile.values)
    if entered_ms is None:
        profile.members[name] = now_ms
        profile.left.pop(name, None)
    elif segment is not None and segment.spec.cooldown_ms:
        profile.left[name] = now_ms
    if segment is not None:
        profile.values[segment.slot] = entered_ms is None
        profile.member_mask &= ~segment.bit
        profile.member_mask |= segment.bit if entered_ms is None else 0
    profile.sequence += 1
    profile.clock_ms = max(profile.clock_ms, now_ms)
    detail = SegmentChange(
        user_id=profile.user_id,
        sequence=profile.sequence,
        segment=name,
        change="entered" if entered_ms is None else "exited",
        segments_before=before,
        segments_after=profile.segments,
        cause=_cause(cause),
        because=because,
        dwell_ms=None if entered_ms is None else now_ms - entered_ms,
        definition=None if segment is None else segment.fingerprint,
        model_version=None if segment is None else _versions(segment, profile),
        weights=weights or [],
    )
    return Change(now_ms, detail)


def move(profile: Profile, decision: Decision, fingerprint: str | None, now_ms: int, cause: Cause | Event) -> Change:
    """Tell that the user came into another cluster; the clustering's fingerprint is None where it is gone."""
    found = decision.move
    assert found is not None
    profile.sequence += 1
    profile.clock_ms = max(profile.clock_ms, now_ms)
    detail = ClusterChange(
        user_id=profile.user_id,
        sequence=profile.sequence,
        clustering=decision.name,
        before=found.before,
        after=found.after,
        distance_before=found.distance_before,
        distance_after=found.distance_after,
        moved=found.moved,
        cause=BY_MODEL if decision.by_model else _cause(cause),
        values=found.values,
        definition=fingerprint,
        model_version=f"{decision.name}/{decision.version}",
    )
    return Change(now_ms, detail)


def erased(profile: Profile, event: Event, bar_ms: int) -> Change:
    """Tell that the user was erased, and which segments ended with that."""
    cause = Cause(kind="erase", message_id=event.message_id, type=event.type)
    return _ended(profile, "erased", bar_ms, cause)


def merged(profile: Profile, into: str, now_ms: int) -> Change:
    """Tell that the visitor is now a user, and which segments ended with that."""
    return _ended(profile, "merged", now_ms, Cause(kind="identity"), into)


def _ended(
    profile: Profile, change: Literal["erased", "merged"], now_ms: int, cause: Cause, into: str | None = None
) -> Change:
    profile.sequence += 1
    detail = SegmentChange(
        user_id=profile.user_id,
        sequence=profile.sequence,
        segment=None,
        change=change,
        segments_before=profile.segments,
        segments_after=[],
        cause=cause,
        because=[],
        dwell_ms=None,
        definition=None,
        model_version=None,
        into=into,
    )
    return Change(now_ms, detail)


def _cause(cause: Cause | Event) -> Cause:
    if isinstance(cause, Cause):
        return cause
    return Cause(kind="event", message_id=cause.message_id, type=cause.type, event=cause.event)


def _versions(segment: CompiledSegment, profile: Profile) -> str | None:
    """Give the versions of the models that a segment reads, such as `engagement/12`."""
    told = []
    for feature in segment.models:
        held: Membership | Answer | None = (
            profile.clusters.get(feature.model)
            if isinstance(feature, Cluster)
            else profile.predictions.get(feature.model)
        )
        if held is not None:
            told.append(f"{feature.model}/{held.version}")
    return ", ".join(told) or None


def _because(clauses: tuple[CompiledClause, ...], values: list[Any]) -> list[Because]:
    return [
        Because(
            clause=clause.text,
            holds=clause.holds(values),
            values={name: values[slot] for name, slot in clause.names},
        )
        for clause in clauses
    ]
