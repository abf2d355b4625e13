"""Files that commands write: none of them is one that the command reads, or writes already."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from livesegments.core.errors import EdgeError
from livesegments.files.writing import is_stream, written_whole

if TYPE_CHECKING:
    from livesegments.core.definition import Definition

__all__ = ["files_of", "open_output", "refuse_overwriting"]

_HIDDEN = (".", "_")
_PICTURES = (".png", ".svg")  # these and what is hidden are no events
_DEFINITIONS = (".yaml", ".yml")


def files_of(config: Path | None, definition: Definition) -> list[Path]:
    """Give what a definition was read from: its file, or its folder, and its lists of members."""
    from livesegments.core.definition import find_definition

    place = find_definition(config)
    beside = place if place.is_dir() else place.parent
    return [place, *(beside / name for name in definition.members)]


def refuse_overwriting(
    outputs: Mapping[str, Path | None],
    *,
    events: Path | None = None,
    definition: Iterable[Path | None] = (),
    models: Path | None = None,
    edges: Path | None = None,
) -> None:
    """Raise EdgeError for an output, by its option, that is or lies in what is read, or that is another output.

    To be called before an output is opened.
    """
    read = [("the events", events), ("the models", models), ("the edges", edges)]
    read += [("the definition", file) for file in definition]
    seen: dict[str, Path] = {}
    for option, output in outputs.items():
        if output is None or is_stream(output):
            continue
        for what, path in read:
            if path is not None:
                _refuse(f"{option} {output}", output, what, path)
        for other, path in seen.items():
            if _same(output, path):
                raise EdgeError(f"{option} {output}: required another file than that of {other}")
        seen[option] = output


@contextmanager
def open_output(path: Path | None) -> Iterator[IO[bytes] | None]:
    """Open a file that appears when it is complete, or give None for none; raises EdgeError when it cannot be."""
    if path is None:
        yield None
        return
    with written_whole(path) as output:
        yield output


def _refuse(told: str, output: Path, what: str, path: Path) -> None:
    if not path.is_dir():
        if _same(output, path):
            raise EdgeError(f"{told}: required another file than {path}, which is read for {what}")
        return
    place = Path(os.path.realpath(output))
    folder = Path(os.path.realpath(path))
    if not place.is_relative_to(folder):
        return
    if _is_read(what, place.relative_to(folder)):
        raise EdgeError(f"{told}: required a path outside the folder {path}, which is read for {what}")


def _is_read(what: str, below: Path) -> bool:
    """Tell whether a file below a folder would be read with what is there."""
    if what == "the definition":
        return below.suffix in _DEFINITIONS
    hidden = below.suffix in _PICTURES or any(part.startswith(_HIDDEN) for part in below.parts)
    return what != "the events" or not hidden


def _same(one: Path, other: Path) -> bool:
    if one.exists() and other.exists():
        return one.samefile(other)
    return os.path.realpath(one) == os.path.realpath(other)
