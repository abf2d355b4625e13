"""The options that several commands share, and how their texts are read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from livesegments.cli.console import say
from livesegments.core.errors import EdgeError
from livesegments.core.times import TIME_MAX_MS, TIME_MIN_MS, parse_time

if TYPE_CHECKING:
    from livesegments.core.definition import Definition

__all__ = [
    "Config",
    "Json",
    "LearnFrom",
    "LearnedModels",
    "Parallelism",
    "Quiet",
    "RunMode",
    "Set",
    "Until",
    "check_source",
    "definition_in_force",
    "read_settings",
    "read_time",
]

Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        help="The definition: a file, or a folder of files; else ./segments.yaml, else shop.yaml.",
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", help="KEY=VALUE: fills ${KEY} in a DDL file; a dotted KEY is an option. Repeatable."),
]
Until = Annotated[
    str | None, typer.Option("--until", help="Advance every user to this time at the end; later events are ignored.")
]
Parallelism = Annotated[
    int | None, typer.Option("--parallelism", "-p", min=1, help="Subtasks of the job; 1, or what the cluster says.")
]
RunMode = Annotated[
    Literal["thread", "process"] | None,
    typer.Option("--mode", help="Where Python runs; thread, or what the cluster says."),
]
LearnFrom = Annotated[
    Path | None, typer.Option("--events", help="Learn from these events: a .jsonl or .jsonl.gz file, or a folder.")
]
LearnedModels = Annotated[
    Path | None, typer.Option("--models", help="Models that were learned: a file, or the folder of a run.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No messages but errors.")]
Json = Annotated[bool, typer.Option("--json", help="For machines: JSON on stdout.")]


def check_source(command: str, events: Path | None, models: Path | None) -> None:
    """Raise EdgeError unless just one is given: what to learn from, or what was learned."""
    if (events is None) == (models is None):
        found = "neither" if events is None else "both"
        raise EdgeError(f"{command}: required --events PATH or --models FILE, found {found}")


def read_settings(texts: list[str] | None) -> dict[str, str]:
    """Read `--set KEY=VALUE` options; raises EdgeError for one without `=`."""
    settings = {}
    for text in texts or ():
        key, separator, value = text.partition("=")
        if not separator or not key:
            raise EdgeError(f"--set: expected KEY=VALUE, found {text!r}")
        settings[key] = value
    return settings


def read_time(text: str | None, option: str) -> int | None:
    """Read a time in RFC 3339, or a date, which is its midnight in UTC; gives milliseconds."""
    if text is None:
        return None
    try:
        if len(text) == 10:
            time_ms = int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000
        else:
            time_ms = parse_time(text)
    except ValueError:
        raise EdgeError(
            f"{option}: expected a time such as 2024-12-31T00:00:00Z or 2024-12-31, found {text!r}"
        ) from None
    if not TIME_MIN_MS <= time_ms < TIME_MAX_MS:
        raise EdgeError(f"{option}: expected a time between 1970 and 2100, found {text!r}")
    return time_ms


def definition_in_force(
    config: Path | None, *, quiet: bool = False, option: str | None = "--config FILE"
) -> Definition:
    """Load the definition in force and say which one it is; `option` is how its path is given."""
    from livesegments.core.definition import find_definition, load_definition  # loads lark and YAML

    definition = load_definition(config, option)
    if config is None:
        say(f"definition: {find_definition(None)}", quiet=quiet)
    for warning in definition.warnings:
        say(f"warning: {warning}", quiet=quiet)
    return definition
