"""`livesegments schema`: JSON Schema of every record and the AsyncAPI document of the topics."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livesegments.cli.console import print_line, say
from livesegments.cli.options import Config, Quiet, definition_in_force
from livesegments.core.errors import EdgeError

__all__ = ["schema"]


def schema(
    what: Annotated[
        str | None,
        typer.Argument(help="`definition`: the schema of the definition file, for editors; without it all topics."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write one JSON Schema per record and asyncapi.json to this folder.")
    ] = None,
    config: Config = None,
    quiet: Quiet = False,
) -> None:
    """Describe all records and topics: the AsyncAPI document on stdout, or all files below --out.

    The definition decides what a profile holds. `schema definition` prints the JSON Schema of the definition file, with
    which editors complete and check it.
    """
    if what is not None:
        _print_definition_schema(what, out)
        return
    from livesegments.schemas import schema_files

    files = schema_files(definition_in_force(config, quiet=quiet))
    if out is None:
        print_line(files["asyncapi.json"].rstrip().encode())
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (out / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise EdgeError(f"{out}: required a folder that can be written, found: {error.strerror}") from None
    say(f"{len(files)} files in {out}", quiet=quiet)


def _print_definition_schema(what: str, out: Path | None) -> None:
    import json

    from livesegments.schemas import definition_schema

    if what != "definition" or out is not None:
        found = f"{what!r}{'' if out is None else ' with --out'}"
        raise EdgeError(f"schema: expected `schema definition`, which prints to stdout, or no word, found {found}")
    print_line(json.dumps(definition_schema(), indent=2).encode())
