"""Files of text that a user writes: read, or told as a problem of that file."""

from __future__ import annotations

from pathlib import Path

from livesegments.core.errors import DefinitionError, Problem

__all__ = ["read_text"]


def read_text(file: Path, what: str, option: str | None = None) -> str:
    """Read a file in UTF-8; `what` is what it should be, `option` how another one is given.

    Raises DefinitionError where there is none, and where it cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        more = "" if option is None else f", or give one with {option}"
        message = f"expected a {what}, found none; look at the path{more}"
    except (OSError, UnicodeDecodeError) as error:
        message = f"expected a {what} in UTF-8, found: {error}"
    raise DefinitionError([Problem(file=str(file), line=1, path="", message=message)])
