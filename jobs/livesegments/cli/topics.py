"""`livesegments topics`: makes the Kafka topics that the job reads and writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from livesegments.cli.console import print_line, say, table
from livesegments.cli.options import Json
from livesegments.core.errors import EdgeError
from livesegments.core.times import duration_ms

if TYPE_CHECKING:
    from livesegments.kafka import KafkaSettings

__all__ = ["Bootstrap", "app", "create", "kafka_settings", "read_duration"]

app = typer.Typer(help="Make the Kafka topics that the job reads and writes.", no_args_is_help=True)

Bootstrap = Annotated[
    str | None,
    typer.Option("--bootstrap", help="Brokers, as host:port,host:port; without it KAFKA_BOOTSTRAP, localhost:9092."),
]


@app.callback()
def topics() -> None:
    """Make the Kafka topics that the job reads and writes."""


@app.command()
def create(
    bootstrap: Bootstrap = None,
    partitions: Annotated[
        int | None, typer.Option("--partitions", min=1, max=10_000, help="Of each topic keyed by user; without it 4.")
    ] = None,
    replication: Annotated[
        int | None, typer.Option("--replication", min=1, max=100, help="Copies; without it what the brokers say.")
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
    options = TopicOptions(partitions=partitions, replication=replication, retention_ms=retention_ms, relays=relays)
    states = create_topics(kafka_settings(bootstrap), options)
    if as_json:
        print_line(msgspec.json.encode(states))
        return
    rows = [(state.topic, state.partitions, state.replication, state.state) for state in states]
    table("Topics", ["topic", "partitions", "copies", "state"], rows)
    for state in states:
        if state.differences:
            say(f"{state.topic}: {'; '.join(state.differences)}")


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
