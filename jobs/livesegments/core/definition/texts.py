"""Files of text that a user writes: read, or told as a problem of that file."""

from __future__ import annotations

from pathlib import Path

from livesegments.core.definition.document import near
from livesegments.core.errors import DefinitionError, Problem

__all__ = ["near_file", "read_text"]


def near_file(path: Path) -> str:
    """Give `; did you mean "x"?` where a file of nearly this name lies in the same folder, else nothing."""
    try:
        return near(path.name, sorted(file.name for file in path.parent.iterdir() if not file.name.startswith(".")))
    except OSError:
        return ""


def read_text(file: Path, what: str, option: str | None = None) -> str:
    """Read a file in UTF-8; `what` is what it should be, `option` how another one is given.

    Raises DefinitionError where there is none, and where it cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        more = "" if option is None else f", or give one with {option}"
        message = f"expected a {what}, found none{near_file(file) or '; look at the path'}{more}"
    except (OSError, UnicodeDecodeError) as error:
        message = f"expected a {what} in UTF-8, found: {error}"
    raise DefinitionError([Problem(file=str(file), line=1, path="", message=message)])
