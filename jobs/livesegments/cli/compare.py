"""`livesegments compare`: who is in which segment, in two runs or jobs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livesegments.cli.console import print_line, say, table
from livesegments.cli.options import Json, Set, read_settings
from livesegments.core.errors import EdgeError

if TYPE_CHECKING:
    from livesegments.preview.comparing import Members

__all__ = ["compare"]


def compare(
    first: Annotated[Path | None, typer.Argument(help="The folder of a run.")] = None,
    second: Annotated[Path | None, typer.Argument(help="The folder of another run.")] = None,
    edges: Annotated[
        list[Path] | None,
        typer.Option("--edges", help="In place of a folder: the DDL file of a job between topics. Repeatable."),
    ] = None,
    settings: Set = None,
    json: Json = False,
) -> None:
    """Compare two runs or jobs by their profiles: each segment's members in both, and in only one of them.

    With --edges twice, two jobs: their profiles are read from Kafka, up to the end of each topic at that moment.
    """
    import msgspec

    from livesegments.preview.comparing import compare_members, members_of_run

    folders = [folder for folder in (first, second) if folder is not None]
    files = edges or []
    if len(folders) + len(files) != 2:
        found = f"{len(folders)} and {len(files)}"
        raise EdgeError(f"compare: required two in all of folders of runs and --edges FILE, found {found}")
    variables = {**os.environ, **read_settings(settings)}
    both = [members_of_run(folder) for folder in folders] + [_members_of_topic(file, variables) for file in files]
    told = compare_members(*both)
    if json:
        print_line(msgspec.json.encode(told))
        return
    names = [str(one) for one in (*folders, *files)]
    say(f"{names[0]}: {told.users_first:,} users; {names[1]}: {told.users_second:,} users")
    rows = [
        (
            one.segment,
            one.first,
            one.second,
            one.both,
            one.first - one.both,
            one.second - one.both,
            ", ".join([*one.only_first, *one.only_second][:3]) or "-",
        )
        for one in told.segments
    ]
    columns = ["segment", "first", "second", "both", "only first", "only second", "such as"]
    table("Members", columns, rows)


def _members_of_topic(file: Path, variables: dict[str, str]) -> Members:
    from livesegments.kafka.edge_topics import edge_settings
    from livesegments.kafka.stored import stored_rows
    from livesegments.kafka.topics import PROFILES
    from livesegments.preview.comparing import Members

    kafka = edge_settings(file, variables, (PROFILES,))
    topic = kafka.topic(PROFILES)
    found = Members()
    for user_id, document in stored_rows(kafka, topic):
        if document is None:
            found.forget(user_id)
        else:
            found.add(document, topic)
    return found
