"""One user explained at one time, on a copy of the profile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from livesegments.core.changes import Change
from livesegments.core.conditions import Node, compile_condition
from livesegments.core.explain.distances import distance
from livesegments.core.explain.future import Future
from livesegments.core.explain.limits import limit_words
from livesegments.core.explain.outlook import HORIZON_MS, next_change
from livesegments.core.explain.records import (
    BadLine,
    ExplainedClause,
    ExplainedCondition,
    ExplainedFeature,
    ExplainedSegment,
    Explanation,
    Inheritance,
)
from livesegments.core.explain.words import meaning, window_words, written_features
from livesegments.core.ingest import Counts
from livesegments.core.profile import Profile
from livesegments.core.program import CompiledClause, CompiledSegment
from livesegments.core.step import Engine
from livesegments.core.times import format_time

__all__ = ["explain"]


def explain(
    engine: Engine,
    profile: Profile,
    now_ms: int | None,
    *,
    changes: Sequence[Change] = (),
    counts: Counts | None = None,
    bad_lines: Sequence[BadLine] = (),
    inherited: Sequence[Inheritance] = (),
    horizon_ms: int = HORIZON_MS,
) -> Explanation:
    """Explain a profile that was advanced to now; the others tell how it came about.

    The profile stays as it is.
    """
    copy = engine.restore(profile.user_id, engine.snapshot(profile))
    active = now_ms is not None and not copy.empty
    document = engine.document(copy, now_ms)
    future = None
    if now_ms is not None and not copy.empty:
        engine.values(copy, now_ms)
        future = Future(engine.program, copy, now_ms, now_ms + horizon_ms)
    return Explanation(
        user_id=profile.user_id,
        state="active" if active else _state_without_events(copy),
        at=_time(now_ms),
        first_event_at=None if copy.empty else format_time(copy.first_ms),
        erased_at=format_time(copy.bar_ms) if copy.erased else None,
        forgotten_at=format_time(copy.due_ms) if copy.gone else None,
        sequence=copy.sequence,
        profile=None if document is None else msgspec.json.decode(document),
        features=[] if future is None else _features(future),
        segments=[] if future is None else _segments(future),
        next_change=None if future is None else next_change(engine, copy, future.now_ms, future.until_ms),
        looked_until=None if future is None else format_time(future.until_ms),
        changes=[msgspec.to_builtins(change.record) for change in changes],
        counts=counts or Counts(),
        bad_lines=list(bad_lines),
        merged_into=copy.merged_into or msgspec.UNSET,
        inherited=msgspec.UNSET if engine.definition.identity is None else list(inherited),
    )


def _state_without_events(profile: Profile) -> Literal["erased", "merged", "empty"]:
    if profile.merged_into is not None:
        return "merged"
    return "erased" if profile.erased else "empty"


def _time(time_ms: int | None) -> str | None:
    return None if time_ms is None else format_time(time_ms)


def _features(future: Future) -> list[ExplainedFeature]:
    written = written_features(future.program.definition)
    return [_feature(future, slot, written[name]) for name, slot in sorted(_feature_slots(future).items())]


def _feature_slots(future: Future) -> dict[str, int]:
    return {feature.name: slot for slot, feature in enumerate(future.program.features)}


def _feature(future: Future, slot: int, written: dict[str, Any]) -> ExplainedFeature:
    feature, states = future.program.features[slot], future.program.states_of(future.profile, slot)
    spec = future.program.definition.features[feature.name]
    changes_ms = future.feature_change(slot)
    return ExplainedFeature(
        feature=feature.name,
        kind=spec.kind,
        meaning=meaning(spec.kind, written),
        window=window_words(spec),
        value=future.profile.values[slot],
        in_panes=feature.in_panes(states),
        limit=limit_words(feature, states, future.program.kept_of(future.profile, slot), future.now_ms),
        continuous=feature.timed and changes_ms == future.now_ms + 1,
        changes_at=_time(changes_ms),
        changes_in_ms=None if changes_ms is None else changes_ms - future.now_ms,
    )


def _segments(future: Future) -> list[ExplainedSegment]:
    return [_segment(future, segment) for segment in sorted(future.program.segments, key=lambda one: one.spec.name)]


def _segment(future: Future, segment: CompiledSegment) -> ExplainedSegment:
    spec, profile = segment.spec, future.profile
    entered_ms = profile.members.get(spec.name)
    left_ms = profile.left.get(spec.name)
    return ExplainedSegment(
        segment=spec.name,
        title=spec.title,
        description=spec.description,
        response=spec.response,
        tags=list(spec.tags),
        kind="static" if spec.static else "dynamic",
        member=entered_ms is not None,
        since=_time(entered_ms),
        when=_condition(future, spec.when, segment.when_clauses),
        exit_when=_condition(future, spec.exit_when, segment.exit_clauses),
        dwell_left_ms=_left(entered_ms, spec.min_dwell_ms, future.now_ms),
        cooldown_left_ms=_left(left_ms, spec.cooldown_ms, future.now_ms),
        decided=spec.static
        and (entered_ms is not None or spec.members is not None or segment.fingerprint in profile.decided),
    )


def _condition(future: Future, node: Node | None, clauses: tuple[CompiledClause, ...]) -> ExplainedCondition | None:
    if node is None:
        return None
    return ExplainedCondition(
        condition=node.span.text,
        holds=compile_condition(node, future.program.slots)(future.profile.values),
        clauses=[_clause(future, clause) for clause in clauses],
    )


def _left(start_ms: int | None, length_ms: int, now_ms: int) -> int | None:
    return None if start_ms is None or not length_ms else max(0, start_ms + length_ms - now_ms)


def _clause(future: Future, clause: CompiledClause) -> ExplainedClause:
    values = future.profile.values
    flips_ms, flips_to = future.clause_flip(clause) or (None, None)
    return ExplainedClause(
        clause=clause.text,
        holds=clause.holds(values),
        values={name: values[slot] for name, slot in clause.names},
        distance=distance(future.program, clause, values),
        flips_at=_time(flips_ms),
        flips_in_ms=None if flips_ms is None else flips_ms - future.now_ms,
        flips_to=flips_to,
        unless=None if flips_ms is None else future.stopped_by(clause, flips_ms),
        negated=clause.negated,
    )
