"""`livesegments demo`: a small shop's events through the embedded job."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livesegments.cli.change_lines import change_line
from livesegments.cli.console import print_line, say
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

if TYPE_CHECKING:
    from livesegments.cli.demo_page import DemoPage

__all__ = ["demo"]

SEED = 1


def demo(
    users: Annotated[int, typer.Option("--users", min=1, help="How many users the shop has.")] = 300,
    days: Annotated[int, typer.Option("--days", min=1, help="How many days it runs.")] = 60,
    changes: Annotated[bool, typer.Option("--changes", help="Print every change, in the order of time.")] = False,
    serve: Annotated[bool, typer.Option("--serve", help="Open a live page on it, until Ctrl-C.")] = False,
    config: Config = None,
    until: Until = None,
    parallelism: Parallelism = None,
    mode: RunMode = None,
    settings: Set = None,
    quiet: Quiet = False,
) -> None:
    """Make a small shop's events, run the job embedded, and show segments and the newest changes as they happen."""
    from livesegments.cli.demo_clusters import newest_models
    from livesegments.cli.demo_screen import DemoScreen, make_console
    from livesegments.cli.demo_tally import DemoTally
    from livesegments.cli.inputs import read_lines
    from livesegments.cli.verdict import say_misspelt
    from livesegments.flink.embedded import run_embedded
    from livesegments.flink.job import make_job
    from livesegments.shop.generator import write
    from livesegments.survey.names import count_names

    definition = definition_in_force(config, quiet=quiet)
    tally = DemoTally(sorted(definition.clusters), keep_all=changes)
    console = make_console()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="livesegments-demo-")))
        events, out = folder / "events.jsonl", folder / "out"
        job = make_job(
            definition,
            events=events,
            out=out,
            until_ms=read_time(until, "--until"),
            parallelism=parallelism or 0,
            mode=mode,
            settings=read_settings(settings),
        )
        count = write(events, users, days, SEED, carts=True)
        say(f"{count:,} events of {users:,} users over {days} days, seed {SEED}", quiet=quiet)
        page = _page(stack, out, events, config) if serve else None
        with DemoScreen(definition, tally, console) as screen:

            def show(line: bytes) -> None:
                tally.add(line)
                screen.update()

            summary = run_embedded(job, lambda text: say(text, quiet=quiet), show)
        for record in tally.all():
            print_line(change_line(record).encode())
        screen.finish(f"{users:,} users after {days} days", newest_models(out / "segment-models"))
        if summary.counts is not None:
            say(f"{summary.counts}; {summary.counts.changes:,} changes", quiet=quiet)
        if not quiet:
            say_misspelt(count_names(read_lines(events)), definition, Path("EVENTS"))
        if page is not None:
            say("the page stays until Ctrl-C")
            page.wait()


def _page(stack: ExitStack, out: Path, events: Path, config: Path | None) -> DemoPage:
    from livesegments.cli.demo_page import page_on  # its server is an extra

    return stack.enter_context(page_on(out, events, config, say))
