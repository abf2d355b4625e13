"""`livesegments compare`: who is in which segment, in two runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livesegments.cli.console import print_line, say, table
from livesegments.cli.options import Json

__all__ = ["compare"]


def compare(
    first: Annotated[Path, typer.Argument(help="The folder of a run.")],
    second: Annotated[Path, typer.Argument(help="The folder of another run.")],
    json: Json = False,
) -> None:
    """Compare two runs by the profiles that they wrote: each segment's members in both, and in only one of them."""
    import msgspec

    from livesegments.preview.comparing import compare_runs

    told = compare_runs(first, second)
    if json:
        print_line(msgspec.json.encode(told))
        return
    say(f"{first}: {told.users_first:,} users; {second}: {told.users_second:,} users")
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
