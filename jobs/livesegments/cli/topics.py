"""`livesegments topics`: makes the Kafka topics that the job reads and writes, and checks what is in them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livesegments.cli import FAILED
from livesegments.cli.console import print_line, say, table
from livesegments.cli.options import Json
from livesegments.core.errors import EdgeError
from livesegments.core.times import duration_ms

if TYPE_CHECKING:
    from livesegments.kafka import KafkaSettings
    from livesegments.kafka.create import TopicState
    from livesegments.kafka.gaps import GapsTold

__all__ = ["Bootstrap", "app", "check", "create", "kafka_settings", "read_duration"]

app = typer.Typer(
    help="Make the Kafka topics that the job reads and writes, and check what is in them.", no_args_is_help=True
)

Bootstrap = Annotated[
    str | None,
    typer.Option("--bootstrap", help="Brokers, as host:port,host:port; without it KAFKA_BOOTSTRAP, localhost:9092."),
]


@app.callback()
def topics() -> None:
    """Make the Kafka topics that the job reads and writes, and check what is in them."""


@app.command()
def create(
    bootstrap: Bootstrap = None,
    partitions: Annotated[
        int | None, typer.Option("--partitions", min=1, max=10_000, help="Of each topic keyed by user; without it 4.")
    ] = None,
    replication: Annotated[
        int | None,
        typer.Option(
            "--replication", "--replication-factor", min=1, max=100, help="Copies; without it what the brokers say."
        ),
    ] = None,
    min_in_sync: Annotated[
        int | None,
        typer.Option(
            "--min-in-sync", min=1, max=100, help="Copies that must have a record; without it what the brokers say."
        ),
    ] = None,
    retention: Annotated[
        str | None,
        typer.Option("--retention", help="Such as 90d, by event time: older events are deleted. Without it none are."),
    ] = None,
    relay: Annotated[
        list[str] | None,
        typer.Option("--relay", help="Also the topic that this relay needs: kinesis or webhook. Repeatable."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make the topics that do not exist; say of the others how they differ, and leave them alone.

    EVENTS_TOPIC, CHANGES_TOPIC, PROFILES_TOPIC, DEAD_LETTERS_TOPIC and MODELS_TOPIC give them other names, and
    KINESIS_POSITIONS_TOPIC and UNDELIVERED_TOPIC those of the relays.
    """
    import msgspec

    from livesegments.kafka.create import TopicOptions, create_topics
    from livesegments.kafka.topics import RELAY_TOPICS

    relays = tuple(dict.fromkeys(relay or ()))
    for name in relays:
        if name not in RELAY_TOPICS:
            raise EdgeError(f"--relay: expected {' or '.join(RELAY_TOPICS)}, found {name!r}")
    retention_ms = None if retention is None else read_duration(retention, "--retention")
    options = TopicOptions(
        partitions=partitions,
        replication=replication,
        min_in_sync=min_in_sync,
        retention_ms=retention_ms,
        relays=relays,
    )
    states = create_topics(kafka_settings(bootstrap), options)
    if as_json:
        print_line(msgspec.json.encode(states))
    else:
        _show(states)


def _show(states: list[TopicState]) -> None:
    rows = [(state.topic, state.partitions, state.replication, state.state) for state in states]
    table("Topics", ["topic", "partitions", "copies", "state"], rows)
    for state in states:
        if state.differences:
            say(f"{state.topic}: {'; '.join(state.differences)}")
    risks = {(state.replication, state.min_in_sync, state.risk): state.brokers for state in states if state.risk}
    for (copies, least, risk), brokers in risks.items():
        say(f"copies: {copies} on {brokers} brokers, of which {least} must have a record: {risk}")


@app.command()
def check(
    bootstrap: Bootstrap = None,
    replayed: Annotated[
        Path | None,
        typer.Option("--replayed", help="What `replay` wrote of the same events: gives the missing changes from it."),
    ] = None,
    send_again: Annotated[
        bool, typer.Option("--send-again", help="Also add these to the topic of changes, all or none.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Look for changes that are missing: each user's are numbered 1, 2, 3 ..., and profiles tell the newest.

    The missing ids go to stdout, with --replayed the missing changes. Ends with 1 if one was missing.
    """
    import msgspec

    from livesegments.kafka import gaps

    if send_again and replayed is None:
        raise EdgeError("--send-again: required --replayed FILE with the changes to send, found none")
    settings = kafka_settings(bootstrap)
    told = gaps.find_gaps(settings)
    records = _missing_of(replayed, told) if replayed is not None else []
    if send_again and records:
        gaps.send_again(settings, records)
    if as_json:
        print_line(msgspec.json.encode(told))
    else:
        for line in [name.encode() for name in told.missing] if replayed is None else records:
            print_line(line)
    counts = f"{len(told.missing):,} missing, {told.repeated:,} there again, {len(told.late):,} behind a later one"
    say(f"{told.changes:,} changes of {told.users:,} users: {counts}")
    if told.unreadable:
        say(f"{told.unreadable:,} records could not be read")
    if replayed is not None:
        what = "sent again" if send_again else "in it"
        say(f"{replayed}: {len(records):,} of {len(told.missing):,} missing changes {what}")
    if told.missing:
        raise typer.Exit(FAILED)


def _missing_of(replayed: Path, told: GapsTold) -> list[bytes]:
    from livesegments.kafka.gaps import missing_records

    try:
        with replayed.open("rb") as lines:
            return list(missing_records(told, lines))
    except (OSError, ValueError) as error:
        raise EdgeError(f"--replayed: required changes that `replay` wrote, found {replayed}: {error}") from error


def kafka_settings(bootstrap: str | None) -> KafkaSettings:
    """Read how Kafka is reached from the environment; `--bootstrap` comes first."""
    import os

    from livesegments.kafka import read_settings

    return read_settings(os.environ, bootstrap)


def read_duration(text: str, option: str) -> int:
    """Read a duration such as 30s or 90d; gives milliseconds."""
    try:
        return duration_ms(text)
    except ValueError as error:
        raise EdgeError(f"{option}: {error}") from None
