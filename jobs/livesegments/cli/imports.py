"""`livesegments import`: real data as events."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livesegments.cli.console import say
from livesegments.cli.options import Quiet

__all__ = ["import_events"]


def import_events(
    dataset: Annotated[str, typer.Argument(help="cdnow, complete-journey or online-retail.")],
    source: Annotated[
        Path | None, typer.Argument(help="Your own file or folder, where the data set needs one.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="The events as .jsonl or .jsonl.gz.")] = Path("events.jsonl"),
    quiet: Quiet = False,
) -> None:
    """Import real data as events: cdnow and complete-journey are fetched on demand, online-retail is your CSV."""
    from livesegments.cli.outputs import refuse_overwriting
    from livesegments.shop.imports import import_dataset

    refuse_overwriting({"--out": out}, events=source if source is not None and source.is_file() else None)
    counts = import_dataset(dataset, out, source)
    say(f"{out}: {counts}", quiet=quiet)
