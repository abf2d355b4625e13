"""`livesegments relay`: small processes at the edges that run until they are stopped."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from livesegments.cli.console import print_line, say
from livesegments.cli.options import Json, Quiet
from livesegments.cli.running_line import RunningLine
from livesegments.cli.topics import Bootstrap, kafka_settings, read_duration

__all__ = ["app", "kinesis", "webhook"]

app = typer.Typer(help="Bring events from Kinesis into Kafka, and changes to a URL.", no_args_is_help=True)


@app.callback()
def relay() -> None:
    """Bring events from Kinesis into Kafka, and changes to a URL. Ctrl-C stops a relay; it goes on where it was."""


@app.command()
def kinesis(
    stream: Annotated[str, typer.Option("--stream", help="The stream's name.")],
    region: Annotated[str | None, typer.Option("--region", help="Without it AWS_DEFAULT_REGION.")] = None,
    endpoint: Annotated[
        str | None, typer.Option("--endpoint", help="URL of a Kinesis that is not Amazon's, such as one for tests.")
    ] = None,
    bootstrap: Bootstrap = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Send all records of a Kinesis stream to the events' topic, keyed by user; nothing is lost, nothing sent twice."""
    from livesegments.relay.kinesis import KinesisCounts, KinesisOptions, relay_kinesis
    from livesegments.relay.stopping import stopped_by_signals

    counts = KinesisCounts()
    line = RunningLine(quiet=quiet)

    def told() -> str:
        return (
            f"{counts.sent:,} events in {counts.transactions:,} transactions, {counts.shards_open} shards open, "
            f"{counts.behind_ms / 1_000:,.0f} s behind"
        )

    try:
        with stopped_by_signals() as stop:
            options = KinesisOptions(stream=stream, region=region, endpoint=endpoint)
            relay_kinesis(kafka_settings(bootstrap), options, counts, stop, line.say, lambda: line.show(told))
    finally:
        line.clear()
        odd = {
            "without a user that can be read": counts.without_user,
            "without a time that can be read": counts.without_time,
            "too large for Kafka, now dead letters": counts.too_large,
            "reads throttled": counts.throttled,
            "iterators expired": counts.expired_iterators,
            "reads without an answer": counts.unreachable,
        }
        _summary(counts, bool(counts.stream), told(), odd, as_json=as_json, quiet=quiet)


@app.command()
def webhook(
    url: Annotated[str, typer.Option("--url", help="Where changes are posted to.")],
    segment: Annotated[list[str] | None, typer.Option("--segment", help="Only this segment's. Repeatable.")] = None,
    secret: Annotated[
        str | None,
        typer.Option(
            "--secret",
            envvar="LIVESEGMENTS_WEBHOOK_SECRET",
            show_envvar=True,
            help="Signs each request, such as whsec_...; a command line is seen by other users, the variable is not.",
        ),
    ] = None,
    give_up: Annotated[
        str, typer.Option("--give-up", help="How long one change is tried before it goes to the undelivered ones.")
    ] = "24h",
    timeout: Annotated[str, typer.Option("--timeout", help="How long an answer may take.")] = "15s",
    concurrency: Annotated[
        int, typer.Option("--concurrency", min=1, max=1_000, help="Requests at the same time, of different users.")
    ] = 32,
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="A first start begins with the oldest change, not with the next.")
    ] = False,
    group: Annotated[
        str | None, typer.Option("--group", help="Under which name Kafka keeps how far it is; else one for each URL.")
    ] = None,
    bootstrap: Bootstrap = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Post each committed change to a URL, as Standard Webhooks say; at least once, each user's in order."""
    from livesegments.relay.webhook import WebhookCounts, WebhookOptions, relay_webhook

    options = WebhookOptions(
        url=url,
        segments=tuple(segment or ()),
        secret=secret,
        give_up_seconds=read_duration(give_up, "--give-up") / 1_000,
        timeout_seconds=read_duration(timeout, "--timeout") / 1_000,
        concurrency=concurrency,
        from_beginning=from_beginning,
        group=group,
    )
    counts = WebhookCounts()
    line = RunningLine(quiet=quiet)

    def told() -> str:
        return f"{counts.delivered:,} changes delivered in {counts.attempts:,} attempts, {counts.pending:,} pending"

    try:
        relay_webhook(kafka_settings(bootstrap), options, counts, line.say, lambda: line.show(told))
    finally:
        line.clear()
        odd = {
            "refused": counts.refused,
            "given up": counts.given_up,
            "unreadable": counts.unreadable,
            "of other segments": counts.not_wanted,
        }
        _summary(counts, bool(counts.topic), told(), odd, as_json=as_json, quiet=quiet)


def _summary(
    counts: msgspec.Struct, began: bool, told: str, odd: dict[str, int], *, as_json: bool, quiet: bool
) -> None:
    if began and as_json:
        print_line(msgspec.json.encode(counts))
    elif began:
        say("; ".join([told, *(f"{count:,} {what}" for what, count in odd.items() if count)]), quiet=quiet)
