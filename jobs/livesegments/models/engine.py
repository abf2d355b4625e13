"""The engine of a definition: one that decides clusters and predictions too, or a plain one where it has none."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from livesegments.core.definition import Definition
from livesegments.core.inference import Decider
from livesegments.core.program import Program
from livesegments.core.step import Engine

if TYPE_CHECKING:
    from livesegments.models.book import ModelBook

__all__ = ["decider_of", "engine_with_models"]


def engine_with_models(definition: Definition, book: ModelBook | None, *, unread: bool = True) -> Engine:
    """Give the engine that also decides clusters and predictions, with the models of a book that may grow.

    `book` may be None where the definition has no models; the engine is a plain one then. Without `unread`, nothing is
    kept of users for predictions that no feature reads, and those say nothing.
    """
    return Engine(definition, decider_of(definition, book, unread=unread))


def decider_of(
    definition: Definition, book: ModelBook | None, *, unread: bool = True
) -> Callable[[Program], Decider] | None:
    """Give what makes the decider of an engine, None where the definition has no models; see `engine_with_models`."""
    if not definition.has_models:
        return None
    from livesegments.models.deciding import ModelDecider  # loads numpy: definitions without models do without

    assert book is not None
    return lambda program: ModelDecider(program, book, unread=unread)
