"""The first pass of a bounded run: learn from the whole input what the second pass segments with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from livesegments.core.definition import Definition
from livesegments.core.events import Reading
from livesegments.core.ingest import event_of, reading_of
from livesegments.models.learning import ModelLearner, ModelRow
from livesegments.models.sample import SHARE_MAX, is_sampled

__all__ = ["learn_models", "learn_with"]


def learn_models(
    definition: Definition,
    lines: Iterable[bytes],
    until_ms: int | None = None,
    reading: Reading | None = None,
    per_mille: int = SHARE_MAX,
) -> Iterator[ModelRow]:
    """Give all versions that come of the lines in arrival order, by so many in a thousand users.

    What is no event is passed over.
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
    if reading is None:
        reading = reading_of(learner.engine.definition)
    for line in lines:
        event = event_of(line, reading)
        if event is not None and (per_mille >= SHARE_MAX or is_sampled(event.user_id, per_mille)):
            yield from learner.feed(event, until_ms)
    yield from learner.finish()
