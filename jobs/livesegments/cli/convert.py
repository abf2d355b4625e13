"""`livesegments convert`: events one per line, out of files of other shapes or out of the `events` of an edge."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from livesegments.cli.console import counted, say
from livesegments.cli.options import Quiet, Set, read_settings
from livesegments.core.errors import EdgeError

__all__ = ["convert"]


def convert(
    events: Annotated[
        Path | None,
        typer.Argument(metavar="FILE|FOLDER", help="Lines, arrays, pretty-printed objects or batches; packed too."),
    ] = None,
    edges: Annotated[
        Path | None, typer.Option("--edges", help="A DDL file; its table or view `events` is read to its end.")
    ] = None,
    source: Annotated[
        Path | None, typer.Option("--events", help="With --edges: what ${EVENTS} in the DDL file stands for.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="The events as .jsonl or .jsonl.gz.")] = Path("events.jsonl"),
    by_time: Annotated[bool, typer.Option("--by-time", help="Put all events in the order of their times.")] = False,
    settings: Set = None,
    quiet: Quiet = False,
) -> None:
    """Write events one per line: from files of any shape, or from the `events` of an edge, through Flink's SQL.

    What is no event is written as it is. The file appears when it is complete.
    """
    from livesegments.cli.outputs import refuse_overwriting
    from livesegments.files import in_time_order
    from livesegments.shop.lines import write_lines

    if (events is None) == (edges is None):
        found = "neither" if events is None else "both"
        raise EdgeError(f"convert: required FILE or FOLDER, or --edges FILE, found {found}")
    refuse_overwriting({"--out": out}, events=events or source, edges=edges)
    lines = _of_files(events, quiet=quiet) if events is not None else _of_edge(edges, source, settings, quiet=quiet)
    lines = counted(lines, "events", quiet=quiet)
    count = write_lines(out, in_time_order(lines) if by_time else lines)
    say(f"{out}: {count:,} events", quiet=quiet)


def _of_files(events: Path, *, quiet: bool) -> Iterator[bytes]:
    from livesegments.files import converted, list_files

    listing = list_files(events)
    if listing.left_out:
        say(str(listing), quiet=quiet)
    return converted(events, listing.files)


def _of_edge(edges: Path | None, source: Path | None, settings: list[str] | None, *, quiet: bool) -> Iterator[bytes]:
    from livesegments.flink.extract import edge_events  # loads PyFlink

    assert edges is not None
    return edge_events(edges, source, read_settings(settings), lambda text: say(text, quiet=quiet))
