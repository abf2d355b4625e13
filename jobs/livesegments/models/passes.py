"""The first pass of a bounded run: learn from the whole input what the second pass segments with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from livesegments.core.definition import Definition
from livesegments.core.errors import BadEvent
from livesegments.core.events import Reading, decode
from livesegments.core.ingest import reading_of
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
    if reading is None:
        reading = reading_of(learner.engine.definition)
    for line in lines:
        line = line.rstrip(b"\r\n")
        if not line or line.isspace():
            continue
        try:
            event = decode(line, reading=reading)
        except BadEvent:
            continue
        yield from learner.feed(event, until_ms)
    yield from learner.finish()
