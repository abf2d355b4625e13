"""`livesegments generate`: synthetic shop events with a known truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livesegments.cli.console import say
from livesegments.cli.options import Quiet

__all__ = ["generate"]


def generate(
    users: Annotated[int, typer.Option("--users", min=1, help="How many users.")],
    days: Annotated[int, typer.Option("--days", min=1, help="How many days.")],
    out: Annotated[Path, typer.Option("--out", help="The events as .jsonl or .jsonl.gz.")],
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same bytes.")] = 1,
    truth: Annotated[Path | None, typer.Option("--truth", help="Write each user's true story to this file.")] = None,
    price_shift_day: Annotated[int | None, typer.Option(help="Prices change on this day.")] = None,
    emerging_day: Annotated[int | None, typer.Option(help="A new group of users emerges on this day.")] = None,
    visitors: Annotated[
        bool, typer.Option("--visitors", help="Users begin as visitors with cookies, log in and out, share devices.")
    ] = False,
    carts: Annotated[
        bool, typer.Option("--carts", help="Carts with ids, checkouts, some left behind; birthdays, sign-up dates.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Generate a shop's events: stories, noise, late and duplicate delivery, all from one seed."""
    from livesegments.cli.outputs import refuse_overwriting
    from livesegments.shop.generator import write  # loads numpy

    refuse_overwriting({"--out": out, "--truth": truth})
    count = write(
        out,
        users,
        days,
        seed,
        truth=truth,
        price_shift_day=price_shift_day,
        emerging_day=emerging_day,
        visitors=visitors,
        carts=carts,
    )
    say(f"{out}: {count:,} events of {users:,} users", quiet=quiet)
