"""The first pass of a bounded run: learn from the whole input what the second pass segments with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from livesegments.core.definition import Definition, IdentitySpec
from livesegments.core.events import Event, Reading
from livesegments.core.identity import Handover, Identity, Move, Resolved
from livesegments.core.ingest import event_of, handed_over, owner_of, reading_of
from livesegments.models.learning import ModelLearner, ModelRow
from livesegments.models.sample import SHARE_MAX, is_sampled
from livesegments.models.visitor_move import VisitorMove

__all__ = ["learn_models", "learn_with"]


def learn_models(
    definition: Definition,
    lines: Iterable[bytes],
    until_ms: int | None = None,
    reading: Reading | None = None,
    per_mille: int = SHARE_MAX,
    *,
    judged: bool = True,
    unread: bool = True,
) -> Iterator[ModelRow]:
    """Learn from events in the order of their lines, and give each version of each model when it is made.

    Models learn from `per_mille` of a thousand users. Where predictions are not `judged`, the versions are the same
    and no record tells how good they are. Without `unread`, predictions that no feature reads are not learned. Lines
    that are no events are skipped. Where the definition has `identity:`, models do not learn from visitors, unless it
    says `visitors_learn`.
    """
    return learn_with(ModelLearner(definition, judged=judged, unread=unread), lines, until_ms, reading, per_mille)


def learn_with(
    learner: ModelLearner,
    lines: Iterable[bytes],
    until_ms: int | None = None,
    reading: Reading | None = None,
    per_mille: int = SHARE_MAX,
) -> Iterator[ModelRow]:
    """Do the same as `learn_models` with the caller's own learner, which can be asked afterwards what it learned."""
    definition = learner.engine.definition
    if reading is None:
        reading = reading_of(definition)
    owners = None if definition.identity is None else _Owners(definition, definition.identity, until_ms, per_mille)
    for line in lines:
        event = event_of(line, reading)
        if event is None:
            continue
        if owners is not None:
            for move in owners.take(event, line.rstrip(b"\r\n")):
                yield from learner.move(_visitor_move(move, reading))
            is_wanted = owners.is_wanted
        else:
            is_wanted = per_mille >= SHARE_MAX or is_sampled(event.user_id, per_mille)
        if is_wanted:
            yield from learner.feed(event, until_ms)
    yield from learner.finish()


class _Owners:
    """Finds the user of each event, and tells whether models learn from that user."""

    def __init__(self, definition: Definition, spec: IdentitySpec, until_ms: int | None, per_mille: int) -> None:
        self.is_wanted = False  # the event last taken
        self._identity = Identity(definition, until_ms)
        self._visitors_learn = spec.visitors_learn
        self._per_mille = per_mille

    def take(self, event: Event, line: bytes) -> list[Move]:
        """Give an event its owner; gives the moves before it that concern the sample."""
        resolved = self._identity.take(event, line)
        event.user_id = resolved.user_id
        self.is_wanted = self._wants(resolved)
        return [move for move in resolved.moves if self._wants(owner_of(move))]

    def _wants(self, resolved: Resolved) -> bool:
        return (self._visitors_learn or not resolved.is_visitor) and is_sampled(resolved.user_id, self._per_mille)


def _visitor_move(move: Move, reading: Reading) -> VisitorMove:
    if not isinstance(move, Handover):
        return VisitorMove(move.visitor, move.into, move.time_ms, None)
    return VisitorMove(move.user_id, move.visitor, move.time_ms, handed_over(move, reading))
