"""The engine of a shard: the plain one, one that decides with models, one that takes over from another job."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from livesegments.core.definition import Definition
from livesegments.core.standings import unpack
from livesegments.core.step import Engine
from livesegments.core.takeover import TakingOver
from livesegments.models.engine import decider_of, engine_with_models

if TYPE_CHECKING:
    from livesegments.models.book import ModelBook

__all__ = ["Takeover", "engine_of"]


class Takeover(msgspec.Struct, frozen=True, kw_only=True):
    """At which time (ms) a job takes over from another one, and where that left its users, packed.

    Before that time nothing is emitted; NEVER is for a job that only builds its state.
    """

    quiet_until_ms: int
    standings: bytes


def engine_of(definition: Definition, book: ModelBook | None, takeover: Takeover | None) -> Engine:
    """Give the engine of a definition; `book` has its models, None where it has none."""
    if takeover is None:
        return engine_with_models(definition, book)
    decider = decider_of(definition, book)
    return TakingOver(definition, decider, takeover.quiet_until_ms, unpack(takeover.standings))
