"""The first pass of a bounded run: learn from the whole input what the second pass segments with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from livesegments.core.definition import Definition, IdentitySpec
from livesegments.core.events import Reading
from livesegments.core.identity import Ending, Resolved
from livesegments.core.ingest import Ingest
from livesegments.core.replay import Profiles
from livesegments.models.learning import ModelLearner, ModelRow
from livesegments.models.sample import SHARE_MAX, is_sampled, sampled

__all__ = ["learn_models", "learn_with", "wanted"]


def learn_models(
    definition: Definition,
    lines: Iterable[bytes],
    until_ms: int | None = None,
    reading: Reading | None = None,
    per_mille: int = SHARE_MAX,
) -> Iterator[ModelRow]:
    """Give all versions that come of the lines in arrival order; what is no event is passed over.

    They are learned of the sample of so many in a thousand users. Where the definition has `identity:`, visitors are
    no users unless it says so.
    """
    return learn_with(ModelLearner(definition), lines, until_ms, reading, per_mille)


def learn_with(
    learner: ModelLearner,
    lines: Iterable[bytes],
    until_ms: int | None = None,
    reading: Reading | None = None,
    per_mille: int = SHARE_MAX,
) -> Iterator[ModelRow]:
    """Do the same with a learner that is of use afterwards."""
    profiles = Profiles(learner.engine)
    identity = learner.engine.definition.identity
    wants = None if identity is None else wanted(identity, per_mille)
    ingest = Ingest(learner.engine, profiles.__getitem__, until_ms, reading, wants=wants)
    for line in lines if wants is not None else sampled(lines, per_mille, reading):
        taken = ingest.take(line)
        for move in (moved.move for moved in ingest.moved):
            if isinstance(move, Ending) and (lesson := learner.ending(move.visitor, move.time_ms)) is not None:
                yield from learner.learn(lesson)
        if taken is not None and taken.outcome == "applied":
            lesson = learner.lesson(taken.profile, taken.event)
            if lesson is not None:
                yield from learner.learn(lesson)
    yield from learner.finish()


def wanted(identity: IdentitySpec, per_mille: int) -> Callable[[Resolved], bool]:
    """Give what tells whether something is learned of the owner of an event."""

    def wants(resolved: Resolved) -> bool:
        return (identity.visitors_learn or not resolved.is_visitor) and is_sampled(resolved.user_id, per_mille)

    return wants
