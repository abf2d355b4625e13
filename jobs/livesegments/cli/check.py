"""`livesegments check`: validate a definition file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livesegments.cli.console import say
from livesegments.cli.options import Quiet, definition_in_force

__all__ = ["check"]


def check(
    config: Annotated[
        Path | None,
        typer.Argument(help="The definition file; without it ./segments.yaml, else the packaged shop.yaml."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Check a definition file: every error at once, with line, path and near names."""
    definition = definition_in_force(config, quiet=quiet)
    parts = [
        f"{len(section):,} {name}"
        for name, section in (
            ("features", definition.features),
            ("segments", definition.segments),
            ("clusters", definition.clusters),
            ("predictions", definition.predictions),
        )
        if section or name in ("features", "segments")
    ]
    say(f"{definition.file}: {', '.join(parts)}", quiet=quiet)
