"""`livesegments run`: the Flink job, embedded on files or between the tables of an edges file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from livesegments.cli.console import say
from livesegments.cli.engines import Models
from livesegments.cli.options import Config, Quiet, Set, Until, definition_in_force, read_settings, read_time
from livesegments.core.errors import EdgeError

__all__ = ["run"]


def run(
    events: Annotated[
        Path | None, typer.Option("--events", help="A .jsonl or .jsonl.gz file, or a folder of them.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="An empty or new folder for the results.")] = None,
    edges: Annotated[Path | None, typer.Option("--edges", help="A DDL file; without it files.sql.")] = None,
    state: Annotated[
        Path | None,
        typer.Option("--state", help="With --edges: a folder to keep checkpoints in, and to go on from what is there."),
    ] = None,
    models: Models = None,
    config: Config = None,
    until: Until = None,
    parallelism: Annotated[int, typer.Option("--parallelism", "-p", min=1, help="Subtasks of the job.")] = 1,
    mode: Annotated[Literal["thread", "process"], typer.Option("--mode", help="Where Python runs.")] = "thread",
    settings: Set = None,
    quiet: Quiet = False,
) -> None:
    """Run the Flink job: on files until their end, or on other edges until stopped.

    Where the definition has clusters or predictions, a run over files learns them in a first pass, one on other edges
    as the events come; --models gives them.
    """
    from livesegments.cli.verdict import conclude, count_names, say_misspelt
    from livesegments.flink.embedded import RunOptions
    from livesegments.flink.embedded import run as run_embedded

    if edges is None and (events is None or out is None):
        raise EdgeError("run: required --events PATH and --out DIR, or --edges FILE; see livesegments run --help")
    definition = definition_in_force(config, quiet=quiet)
    options = RunOptions(
        definition=definition,
        events=events,
        out=out,
        edges=edges,
        state=state,
        models=models,
        until_ms=read_time(until, "--until"),
        parallelism=parallelism,
        mode=mode,
        settings=read_settings(settings),
        say=lambda text: say(text, quiet=quiet),
    )
    summary = run_embedded(options)
    if summary.counts is not None:
        say(f"{summary.counts}; {summary.counts.changes:,} changes", quiet=quiet)
    rate = summary.events_per_second
    if rate is not None:
        say(f"{summary.seconds:.1f} s, of it {summary.busy_seconds:.1f} s of work: {rate:,.0f} events/s", quiet=quiet)
    ours = events if edges is None else None  # an edge of the user's may read events of any shape
    if ours is not None and not quiet and (ours.is_file() or ours.is_dir()):
        say_misspelt(count_names(ours), definition, ours, quiet=quiet)
    if summary.counts is not None:
        conclude(ours, summary.counts, _letters(out), quiet=quiet)


def _letters(out: Path | None) -> str:
    return f"{out / 'dead-letters' if out else 'The table dead_letters'} has each event with its reason"
