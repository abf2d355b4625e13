"""`livesegments serve`: profiles over HTTP, and a live page."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livesegments.cli.console import say
from livesegments.cli.options import Config, Quiet, Set, definition_in_force, read_settings
from livesegments.cli.topics import Bootstrap, read_duration
from livesegments.core.errors import EdgeError

if TYPE_CHECKING:
    from livesegments.serve.sources import Source

__all__ = ["serve"]


def serve(
    out: Annotated[Path | None, typer.Option("--out", help="The folder of a run; without it Kafka.")] = None,
    edges: Annotated[
        Path | None, typer.Option("--edges", help="The job's DDL file: which topics of which brokers it writes.")
    ] = None,
    settings: Set = None,
    bootstrap: Bootstrap = None,
    store: Annotated[
        Path | None, typer.Option("--store", help="An SQLite file that is gone on from; without it a temporary one.")
    ] = None,
    from_beginning: Annotated[bool, typer.Option("--from-beginning", help="Make the store anew.")] = False,
    keep: Annotated[
        str | None,
        typer.Option("--keep", help="How long changes are kept, such as 90d; without it as long as their user."),
    ] = None,
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="0 takes a free one.")] = 8088,
    token: Annotated[
        str | None,
        typer.Option("--token", envvar="LIVESEGMENTS_TOKEN", help="What requests must carry; needed on other hosts."),
    ] = None,
    streams: Annotated[int, typer.Option("--streams", min=1, max=10_000, help="Most open streams at a time.")] = 1_000,
    events: Annotated[
        Path | None, typer.Option("--events", help="The run's events: the page then explains users by them.")
    ] = None,
    config: Config = None,
    quiet: Quiet = False,
) -> None:
    """Serve profiles, segments and changes over HTTP, and a live page; follows Kafka, or the folder of a run."""
    if sum(one is not None for one in (out, edges, bootstrap)) > 1:
        raise EdgeError("serve: required one of --out DIR, --edges FILE and --bootstrap, found several")
    from livesegments.cli.outputs import refuse_overwriting
    from livesegments.serve.options import ServeOptions, check_address

    one_file = events if events is not None and events.is_file() else None
    refuse_overwriting({"--store": store}, events=one_file, definition=[config], edges=edges)
    options = ServeOptions(
        definition=definition_in_force(config, quiet=quiet),
        source=_source(out, edges, read_settings(settings), bootstrap, quiet=quiet),
        store=store,
        anew=from_beginning,
        keep_ms=None if keep is None else read_duration(keep, "--keep"),
        host=host,
        port=port,
        token=token or None,
        streams_max=streams,
        events=events,
        say=lambda text: say(text, quiet=quiet),
    )
    check_address(options)
    try:
        from livesegments.serve.server import serve as run_server
    except ImportError as error:
        raise EdgeError(f"serve: required the extra `serve` (pip install 'livesegments[serve]'): {error}") from None
    run_server(options)


def _source(
    out: Path | None, edges: Path | None, variables: dict[str, str], bootstrap: str | None, *, quiet: bool
) -> Source:
    if out is not None:
        from livesegments.serve.folder_source import FolderSource

        return FolderSource(out, lambda text: say(text, quiet=quiet))
    from livesegments.kafka import read_settings as read_kafka_settings
    from livesegments.kafka.edge_topics import edge_settings
    from livesegments.serve.kafka_source import KafkaSource

    environment = {**os.environ, **variables}
    if edges is not None:
        return KafkaSource(edge_settings(edges, environment))
    return KafkaSource(read_kafka_settings(environment, bootstrap))
