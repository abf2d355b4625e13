"""The engine of a command that replays: with the models of a file, or with those learned from the events first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livesegments.cli.console import counted, say
from livesegments.cli.inputs import read_lines

if TYPE_CHECKING:
    from livesegments.core.definition import Definition
    from livesegments.core.events import Reading
    from livesegments.core.step import Engine

__all__ = ["Models", "engine_for", "reading_now"]

Models = Annotated[
    Path | None,
    typer.Option(
        "--models",
        help="Models to use: a file of segment_models records, or the folder of a run. Without it they are learned "
        "from the events first. `run --edges` begins with them; there, `topic` is the models topic of Kafka.",
    ),
]


def reading_now(definition: Definition, events: Path, until_ms: int | None, *, quiet: bool) -> Reading:
    """Give how a command reads events that were made before it started; later ones than `latest_now` are refused."""
    from livesegments.cli.latest import latest_now
    from livesegments.core.ingest import reading_of

    return reading_of(definition, latest_now(events, until_ms, quiet=quiet))


def engine_for(
    definition: Definition,
    events: Path,
    models: Path | None,
    until_ms: int | None,
    reading: Reading,
    *,
    documents: bool = True,
    quiet: bool,
) -> Engine:
    """Give an engine with all models that it will need; reads the events once where they are to be learned.

    What this reading of them passes over is not counted in `reading`: the replay that follows counts it. Where no
    `documents` of users are shown, predictions that no feature reads are neither learned nor answered. Raises
    EdgeError for a models file that is none.
    """
    from livesegments.models.engine import engine_with_models

    book = None
    if not definition.has_models:
        if models is not None:
            say(f"--models {models}: not read, the definition has no clusters and no predictions", quiet=quiet)
    elif models is not None:
        from livesegments.models.files import read_models  # loads numpy: only where there are models

        book = read_models(models)
    else:
        from livesegments.models.book import ModelBook
        from livesegments.models.passes import learn_models  # loads River: only where something is learned

        lines = counted(read_lines(events), "events learned", quiet=quiet)
        rows = learn_models(definition, lines, until_ms, reading.uncounted(), judged=False, unread=documents)
        book = ModelBook(row.payload for row in rows)
        say(f"first pass: {len(book.records())} model versions learned", quiet=quiet)
    return engine_with_models(definition, book, unread=documents)
