"""The first pass of a bounded run: learn from the whole input what the second pass segments with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from livesegments.core.definition import Definition
from livesegments.core.events import Reading
from livesegments.core.ingest import Ingest
from livesegments.core.replay import Profiles
from livesegments.models.learning import ModelLearner, ModelRow

__all__ = ["learn_models", "learn_with"]


def learn_models(
    definition: Definition, lines: Iterable[bytes], until_ms: int | None = None, reading: Reading | None = None
) -> Iterator[ModelRow]:
    """Give all versions that come of the lines in arrival order, by every user; what is no event is passed over."""
    return learn_with(ModelLearner(definition), lines, until_ms, reading)


def learn_with(
    learner: ModelLearner, lines: Iterable[bytes], until_ms: int | None = None, reading: Reading | None = None
) -> Iterator[ModelRow]:
    """Do the same with a learner that is of use afterwards."""
    profiles = Profiles(learner.engine)
    ingest = Ingest(learner.engine, profiles.__getitem__, until_ms, reading)
    for line in lines:
        taken = ingest.take(line)
        if taken is not None and taken.outcome == "applied":
            lesson = learner.lesson(taken.profile, taken.event)
            if lesson is not None:
                yield from learner.learn(lesson)
    yield from learner.finish()
