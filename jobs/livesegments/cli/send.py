"""`livesegments send`: events from files, or from stdin, to Kafka."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livesegments.cli import FAILED
from livesegments.cli.console import counted, print_line, say
from livesegments.cli.options import Json, Quiet
from livesegments.cli.topics import Bootstrap, kafka_settings

if TYPE_CHECKING:
    from livesegments.kafka.send import SendCounts

__all__ = ["send"]

_NUMBERS_MAX = 10


def send(
    events: Annotated[
        Path, typer.Argument(metavar="FILE", help="A .jsonl or .jsonl.gz file, a folder of them, or - for stdin.")
    ],
    bootstrap: Bootstrap = None,
    topic: Annotated[str | None, typer.Option("--topic", help="Without it EVENTS_TOPIC, events.v1.")] = None,
    rate: Annotated[float | None, typer.Option("--rate", min=0.001, help="At most so many events per second.")] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Send events to Kafka, each keyed by its user and stamped with its own time.

    Lines that are no valid events are sent too: the job makes dead letters of them. Batches are taken apart. After a
    crash of the broker a few events may be there twice, with the same messageId: the job drops such copies.
    """
    import msgspec

    from livesegments.cli.inputs import lines_of_stdin, read_lines
    from livesegments.files.converting import taken_apart
    from livesegments.kafka.send import SendCounts, send_lines
    from livesegments.kafka.topics import EVENTS

    lines = taken_apart(lines_of_stdin() if str(events) == "-" else read_lines(events))
    settings = kafka_settings(bootstrap)
    counts = SendCounts()
    try:
        send_lines(
            settings, topic or settings.topic(EVENTS), counted(lines, "events", quiet=quiet or as_json), counts, rate
        )
    finally:
        if counts.topic and as_json:
            print_line(msgspec.json.encode(counts))
        elif counts.topic:
            say(_summary(counts), quiet=quiet)
    if counts.too_large:
        shown = ", ".join(map(str, counts.too_large[:_NUMBERS_MAX]))
        more = ", ..." if len(counts.too_large) > _NUMBERS_MAX else ""
        say(f"not sent, as Kafka takes 1 MiB at most: {len(counts.too_large):,} lines, number {shown}{more}")
        raise typer.Exit(FAILED)


def _summary(counts: SendCounts) -> str:
    seconds = max(counts.seconds, 0.001)
    text = (
        f"{counts.sent:,} events to {counts.topic} ({counts.partitions} partitions) in {seconds:.1f} s, "
        f"{counts.sent / seconds:,.0f}/s"
    )
    if counts.without_user:
        text += f"; {counts.without_user:,} without a user that can be read"
    if counts.without_time:
        text += f"; {counts.without_time:,} without a time that can be read"
    return text
