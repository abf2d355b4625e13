"""The commands and their order in `--help`."""

from __future__ import annotations

from typing import Annotated

import typer

from livesegments import __version__
from livesegments.cli import (
    check,
    clusters,
    compare,
    convert,
    demo,
    explain,
    generate,
    imports,
    models,
    preview,
    relay,
    replay,
    run,
    schema,
    send,
    serve,
    testing,
    topics,
    watch,
)

__all__ = ["app"]

app = typer.Typer(
    name="livesegments",
    help="Live customer profiles and segments as a stream job on Apache Flink.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(demo.demo)
app.command()(run.run)
app.command()(replay.replay)
app.command()(explain.explain)
app.command()(check.check)
app.command()(preview.preview)
app.command("test")(testing.run_tests)
app.command()(compare.compare)
app.command()(generate.generate)
app.command("import")(imports.import_events)
app.command()(convert.convert)
app.add_typer(topics.app, name="topics")
app.command()(send.send)
app.command()(watch.watch)
app.add_typer(relay.app, name="relay")
app.command()(serve.serve)
app.command()(clusters.clusters)
app.command()(models.models)
app.command()(schema.schema)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def livesegments(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Live customer profiles and segments as a stream job on Apache Flink."""
