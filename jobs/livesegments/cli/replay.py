"""`livesegments replay`: the pure core over a file, no Flink."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livesegments.cli.console import counted, many_lines, say
from livesegments.cli.engines import Models, engine_for, reading_now
from livesegments.cli.options import Config, Quiet, Until, definition_in_force, read_time
from livesegments.cli.past_events import readable_again
from livesegments.core.errors import EdgeError

if TYPE_CHECKING:
    from livesegments.core.errors import BadEvent
    from livesegments.core.events import Reading
    from livesegments.core.replay import Replay
    from livesegments.core.step import Engine

__all__ = ["replay"]


def _refuse_events(path: str | None) -> None:
    """Other commands take the events by an option."""
    if path is not None:
        raise EdgeError(f"replay takes its events without an option: livesegments replay {path}")


_EventsAsOption = Annotated[
    str | None,
    typer.Option("--events", hidden=True, is_eager=True, callback=_refuse_events),  # ahead of the missing argument
]


def replay(
    events: Annotated[Path, typer.Argument(help="A .jsonl or .jsonl.gz file, or a folder of them.")],
    config: Config = None,
    until: Until = None,
    models: Models = None,
    profiles: Annotated[Path | None, typer.Option(help="Write each user's profile at the end to this file.")] = None,
    dead_letters: Annotated[Path | None, typer.Option(help="Write bad events with the reason to this file.")] = None,
    quiet: Quiet = False,
    _: _EventsAsOption = None,
) -> None:
    """Replay events through the pure core: changes as JSON lines on stdout.

    Where the definition has clusters or predictions, they are learned in a first pass, or come from --models.
    """
    from livesegments.cli.inputs import read_lines
    from livesegments.cli.outputs import files_of, refuse_overwriting
    from livesegments.cli.verdict import conclude, say_approximate, say_left_out, say_misspelt, say_skipped
    from livesegments.core.memory import look_for_cycles_seldom

    look_for_cycles_seldom()
    until_ms = read_time(until, "--until")
    outputs = {"--profiles": profiles, "--dead-letters": dead_letters}
    lines = read_lines(events)
    say_left_out(lines, quiet=quiet)
    definition = definition_in_force(config, quiet=quiet)
    refuse_overwriting(outputs, events=events, definition=files_of(config, definition), models=models)
    learns = definition.has_models and models is None
    with readable_again(events, learns) as again:
        reading = reading_now(definition, again, until_ms, quiet=quiet)
        engine = engine_for(definition, again, models, until_ms, reading, documents=profiles is not None, quiet=quiet)
        if again is not events:
            lines = read_lines(again)
        run = _written(engine, reading, counted(lines, "events", quiet=quiet), until_ms, profiles, dead_letters)
    say(f"{run.counts}; {run.counts.changes:,} changes", quiet=quiet)
    say_skipped(run.skipped, quiet=quiet)
    say_approximate(run, quiet=quiet)
    if not quiet:
        say_misspelt(run.names, definition, events)
    place = f"{dead_letters} has" if dead_letters else "--dead-letters FILE writes"
    conclude(events, run.counts, f"{place} each event with its reason", quiet=quiet)


def _written(
    engine: Engine,
    reading: Reading,
    lines: Iterator[bytes],
    until_ms: int | None,
    profiles: Path | None,
    dead_letters: Path | None,
) -> Replay:
    """Replay the lines and write what comes of them; gives the replay at its end."""
    from livesegments.cli.outputs import open_output
    from livesegments.core.deadletter import dead_letter
    from livesegments.core.replay import Replay
    from livesegments.survey.names import count_line

    with open_output(dead_letters) as letters, open_output(profiles) as documents, many_lines() as changes:

        def keep(line: bytes, error: BadEvent) -> None:
            count_line(run.names, line)
            if letters is not None:
                letters.write(dead_letter(line, error.reason, error.message) + b"\n")

        run = Replay(engine, until_ms, keep, reading)
        for change in run.run(lines):
            changes.write(change.encode() + b"\n")
        if documents is not None:
            for document in run.documents():
                documents.write(document + b"\n")
    return run
