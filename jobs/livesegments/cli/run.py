"""`livesegments run`, which is also the job on a cluster: on files, or between the tables of an edges file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livesegments.cli.console import say
from livesegments.cli.engines import Models
from livesegments.cli.latest import latest_now
from livesegments.cli.options import (
    Config,
    Parallelism,
    Quiet,
    RunMode,
    Set,
    Until,
    definition_in_force,
    read_settings,
    read_time,
)
from livesegments.cli.outputs import refuse_overwriting
from livesegments.core.times import NEVER

if TYPE_CHECKING:
    from livesegments.core.definition import Definition
    from livesegments.flink.progress import Summary

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
    quiet_until: Annotated[
        str | None,
        typer.Option(
            "--quiet-until", help="Emit nothing before this time, then what differs from --baseline; `never`: nothing."
        ),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", help="What to take over from: the folder of a run, or the DDL file of a job."),
    ] = None,
    parallelism: Parallelism = None,
    mode: RunMode = None,
    settings: Set = None,
    quiet: Quiet = False,
) -> None:
    """Run the Flink job: on files until their end, or on other edges until stopped.

    Where the definition has clusters or predictions, a run over files learns them in a first pass, one on other edges
    as the events come; --models gives them. With --quiet-until a new definition takes over from another job: it builds
    its state from all events, and tells only what differs then, and what comes later. jobs/segment_users.py is the same
    command for `flink run`.
    """
    from livesegments.flink.job import make_job
    from livesegments.flink.launch import launch

    refuse_overwriting({"--out": out}, events=events)
    definition = definition_in_force(config, quiet=quiet)
    until_ms = read_time(until, "--until")
    job = make_job(
        definition,
        events=events,
        out=out,
        edges=edges,
        state=state,
        models=models,
        until_ms=until_ms,
        latest_ms=latest_now(events if edges is None else None, until_ms, quiet=quiet),
        parallelism=parallelism or 0,
        mode=mode,
        settings=read_settings(settings),
        quiet_until_ms=NEVER if quiet_until == "never" else read_time(quiet_until, "--quiet-until"),
        baseline=baseline,
        say=lambda text: say(text, quiet=quiet),
    )
    summary = launch(job, lambda text: say(text, quiet=quiet))
    if summary is not None:
        _conclude(summary, events if edges is None else None, definition, _letters(out), quiet=quiet)


def _conclude(summary: Summary, ours: Path | None, definition: Definition, letters: str, *, quiet: bool) -> None:
    """Say what came of a run; `ours` are its events, None where an edge of the user's reads them, of any shape."""
    from livesegments.cli.inputs import read_lines
    from livesegments.cli.verdict import conclude, say_misspelt, say_skipped
    from livesegments.survey.names import count_names

    if summary.counts is not None:
        say(f"{summary.counts}; {summary.counts.changes:,} changes", quiet=quiet)
        say_skipped(summary.skipped, quiet=quiet)
    rate = summary.events_per_second
    if rate is not None:
        say(f"{summary.seconds:.1f} s, of it {summary.busy_seconds:.1f} s of work: {rate:,.0f} events/s", quiet=quiet)
    if ours is not None and not quiet and (ours.is_file() or ours.is_dir()):
        say_misspelt(count_names(read_lines(ours)), definition, ours)
    if summary.counts is not None:
        conclude(ours, summary.counts, letters, quiet=quiet)


def _letters(out: Path | None) -> str:
    return f"{out / 'dead-letters' if out else 'The table dead_letters'} has each event with its reason"
