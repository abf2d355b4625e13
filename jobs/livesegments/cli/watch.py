"""`livesegments watch`: follows the segment changes in Kafka."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from livesegments.cli import FAILED
from livesegments.cli.change_lines import change_line
from livesegments.cli.console import print_line, say
from livesegments.cli.options import Json, Quiet
from livesegments.cli.topics import Bootstrap, kafka_settings, read_duration

__all__ = ["watch"]


def watch(
    bootstrap: Bootstrap = None,
    topic: Annotated[str | None, typer.Option("--topic", help="Without it CHANGES_TOPIC, segment-changes.v1.")] = None,
    user: Annotated[list[str] | None, typer.Option("--user", help="Only this user's. Repeatable.")] = None,
    segment: Annotated[list[str] | None, typer.Option("--segment", help="Only this segment's. Repeatable.")] = None,
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="Begin with the oldest change, not with the next one.")
    ] = False,
    count: Annotated[int | None, typer.Option("--count", min=1, help="End after so many changes.")] = None,
    timeout: Annotated[
        str | None, typer.Option("--timeout", help="End after so long, such as 30s; with fewer than --count, exit 1.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Follow segment changes as they are committed: one line each, until Ctrl-C."""
    import msgspec

    from livesegments.kafka.topics import CHANGES
    from livesegments.kafka.watch import Filter, follow

    settings = kafka_settings(bootstrap)
    name = topic or settings.topic(CHANGES)
    seconds = None if timeout is None else read_duration(timeout, "--timeout") / 1_000
    wanted = Filter(frozenset(user or ()), frozenset(segment or ()))
    values = follow(
        settings,
        name,
        from_beginning=from_beginning,
        seconds=seconds,
        on_ready=lambda number: say(f"following {name} ({number} partitions) at {settings.bootstrap}", quiet=quiet),
    )
    shown = unreadable = 0
    try:
        for value in values:
            if value is None:
                sys.stdout.flush()
                continue
            try:
                record = msgspec.json.decode(value, type=dict)
                if not wanted.wants(record):
                    continue
                told = value if as_json else change_line(record).encode()
            except (msgspec.MsgspecError, ValueError, RecursionError, AttributeError, KeyError, TypeError):
                unreadable += 1
                continue
            shown += 1  # before Ctrl-C can come between
            print_line(told)
            if shown == count:
                break
    except KeyboardInterrupt:
        pass  # how following usually ends
    finally:
        values.close()
        sys.stdout.flush()
    others = f"; {_told(unreadable, 'record')} of another kind" if unreadable else ""
    say(_told(shown, "change") + others, quiet=quiet)
    if count is not None and shown < count:
        raise typer.Exit(FAILED)


def _told(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
