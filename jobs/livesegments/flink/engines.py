"""The engine of a shard: the plain one, one that decides with models, one that takes over from another run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from livesegments.core.definition import Definition
from livesegments.core.errors import EdgeError
from livesegments.core.step import Engine
from livesegments.core.takeover import TakingOver, standings_of
from livesegments.files import EventLines

if TYPE_CHECKING:
    from livesegments.models.book import ModelBook

__all__ = ["Takeover", "engine_of", "takeover_of"]

CHANGES = "segment-changes"


class Takeover(msgspec.Struct, frozen=True, kw_only=True):
    """From which run's folder a job takes over, and at which time (ms): before it nothing is emitted."""

    quiet_until_ms: int
    baseline: str


def takeover_of(quiet_until_ms: int | None, baseline: Path | None, *, is_on_files: bool) -> Takeover | None:
    """Give what was asked for, None where nothing was; raises EdgeError where one of the two is missing."""
    if quiet_until_ms is None and baseline is None:
        return None
    if quiet_until_ms is None or baseline is None:
        found = "--baseline" if quiet_until_ms is None else "--quiet-until"
        raise EdgeError(f"run: required --quiet-until TIME and --baseline DIR together, found {found} alone")
    if not is_on_files:
        raise EdgeError("run: --quiet-until is for runs on files: required --events and --out, found --edges")
    if not (baseline / CHANGES).is_dir():
        raise EdgeError(f"--baseline {baseline}: required the folder of a run, found no {CHANGES} in it")
    return Takeover(quiet_until_ms=quiet_until_ms, baseline=str(baseline.resolve()))


def engine_of(definition: Definition, book: ModelBook | None, takeover: Takeover | None) -> Engine:
    """Give the engine of a definition; `book` has its models, None where it has none."""
    decider = None
    if book is not None:
        from livesegments.models.deciding import ModelDecider  # loads numpy: other jobs start without

        def decider(program):  # type: ignore[no-untyped-def]
            return ModelDecider(program, book)

    if takeover is None:
        return Engine(definition, decider)
    folder = Path(takeover.baseline) / CHANGES
    records = (line for line in EventLines(folder) if line.strip()) if any(folder.iterdir()) else ()
    standings = standings_of(records, takeover.quiet_until_ms)
    return TakingOver(definition, decider, takeover.quiet_until_ms, standings)
