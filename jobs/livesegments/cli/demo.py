"""`livesegments demo`: a small shop's events through the embedded job."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from livesegments.cli.change_lines import change_line
from livesegments.cli.console import print_line, say, table
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

__all__ = ["demo"]

SEED = 1


def demo(
    users: Annotated[int, typer.Option("--users", min=1, help="How many users the shop has.")] = 300,
    days: Annotated[int, typer.Option("--days", min=1, help="How many days it runs.")] = 60,
    config: Config = None,
    until: Until = None,
    parallelism: Parallelism = None,
    mode: RunMode = None,
    settings: Set = None,
    quiet: Quiet = False,
) -> None:
    """Make a small shop's events, run the job embedded, and show the changes as they happen."""
    from livesegments.cli.verdict import count_names, say_misspelt
    from livesegments.flink.embedded import run_embedded
    from livesegments.flink.job import make_job
    from livesegments.shop.generator import write

    definition = definition_in_force(config, quiet=quiet)
    entered: Counter[str] = Counter()
    left: Counter[str] = Counter()
    groups: dict[str, Counter[str]] = {name: Counter() for name in sorted(definition.clusters)}

    def show(line: bytes) -> None:
        record = msgspec.json.decode(line, type=dict)
        data = record["data"]
        segment = data.get("segment")
        if segment is not None:
            (entered if data["change"] == "entered" else left)[segment] += 1
        elif "clustering" in data:
            groups[data["clustering"]].update({data["before"]: -1, data["after"]: 1})
        print_line(change_line(record).encode())

    with tempfile.TemporaryDirectory(prefix="livesegments-demo-") as name:
        folder = Path(name)
        job = make_job(
            definition,
            events=folder / "events.jsonl",
            out=folder / "out",
            until_ms=read_time(until, "--until"),
            parallelism=parallelism or 0,
            mode=mode,
            settings=read_settings(settings),
        )
        count = write(folder / "events.jsonl", users, days, SEED)
        say(f"{count:,} events of {users:,} users over {days} days, seed {SEED}", quiet=quiet)
        summary = run_embedded(job, lambda text: say(text, quiet=quiet), show)
        names = count_names(folder / "events.jsonl")
    rows = [
        (definition.segments[name].title, entered[name] - left[name], entered[name], left[name])
        for name in sorted(definition.segments)
    ]
    table(f"{users:,} users after {days} days", ["segment", "members", "entered", "left"], rows)
    for name, sizes in groups.items():
        found = [(cluster, size) for cluster, size in sorted(sizes.items(), key=str) if cluster and size]
        table(f"{name}, learned from the stream", ["cluster", "users"], found)
    if summary.counts is not None:
        say(f"{summary.counts}; {summary.counts.changes:,} changes", quiet=quiet)
    say_misspelt(names, definition, Path("EVENTS"), quiet=quiet)
