"""Files of text that a user writes: read, or told as a problem of that file."""

from __future__ import annotations

from pathlib import Path

from livesegments.core.definition.document import near
from livesegments.core.errors import DefinitionError, EdgeError, Problem

__all__ = ["read_ddl", "read_text", "what_is_there"]

_NAMES_MAX = 5


def what_is_there(path: Path) -> str:
    """Give what is there instead of a path at which nothing is, behind a semicolon; nothing where that is not known.

    That is `did you mean "x"?` where a name in the same folder is near, else what the folder has; and where there is no
    such folder, the first part of the path that does not exist.
    """
    missing = path
    try:
        while not missing.parent.exists() and missing.parent != missing:
            missing = missing.parent
        folder = missing.parent
        if folder.is_file():
            return f"; {folder} is a file, and no folder"
        if missing.is_symlink():
            return f"; {missing} is a link to nothing"
        names = sorted(file.name for file in folder.iterdir() if not file.name.startswith("."))
    except OSError:
        return ""
    hint = near(missing.name, names)
    if missing != path:
        return f"; {missing} does not exist{hint}"
    return hint or f"; {'this folder' if folder == Path() else f'the folder {folder} exists, and'} has {_told(names)}"


def _told(names: list[str]) -> str:
    if not names:
        return "nothing in it"
    more = f" and {len(names) - _NAMES_MAX:,} more" if len(names) > _NAMES_MAX else ""
    return f"{', '.join(names[:_NAMES_MAX])}{more}"


def read_text(file: Path, what: str, option: str | None = None) -> str:
    """Read a file in UTF-8; `what` is what it should be, `option` how another one is given.

    Raises DefinitionError where there is none, and where it cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        message = f"expected a {what}, found none{what_is_there(file)}"
        if option is not None:
            message += f"{'' if message.endswith('?') else '.'} Or give one with {option}"
    except (OSError, UnicodeDecodeError) as error:
        message = f"expected a {what} in UTF-8, found: {error}"
    raise DefinitionError([Problem(file=str(file), line=1, path="", message=message)])


def read_ddl(file: Path) -> str:
    """Read a DDL file of edges in UTF-8; raises EdgeError where there is none, and where it cannot be read."""
    try:
        return file.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        message = f"required a DDL file, found nothing there{what_is_there(file)}"
        message += "" if message.endswith("?") else "."
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        message = f"required a DDL file in UTF-8, found: {reason}."
    raise EdgeError(f"{file}: {message} Give one with --edges FILE")
