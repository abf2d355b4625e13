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
    out: Annotated[
        Path | None, typer.Option("--out", help="Write one JSON Schema per record and asyncapi.json to this folder.")
    ] = None,
    config: Config = None,
    quiet: Quiet = False,
) -> None:
    """Describe all records and topics: the AsyncAPI document on stdout, or all files below --out.

    The definition decides what a profile holds.
    """
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
