"""Pictures for people: PNG or SVG by matplotlib, which is an extra."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from livesegments.core.errors import EdgeError, LivesegmentsError

__all__ = ["check_picture", "new_figure", "save_figure"]

_KINDS = (".png", ".svg")


def check_picture(path: Path | None, option: str) -> None:
    """Raise EdgeError for a picture that cannot be written, LivesegmentsError without matplotlib; before any work."""
    if path is None:
        return
    if path.suffix not in _KINDS:
        raise EdgeError(f"{option} {path}: required a name that ends in {' or '.join(_KINDS)}, found {path.suffix!r}")
    if not path.parent.is_dir():
        raise EdgeError(f"{option} {path}: required an existing folder, found none at {path.parent}")
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        message = "required matplotlib, found none; install it with: uv sync --extra plots"
        raise LivesegmentsError(f"{option}: {message}, or pip install 'livesegments[plots]'") from None


def new_figure(width: float, height: float) -> Any:
    """Give an empty figure, in inches, that needs no display."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def save_figure(figure: Any, path: Path) -> None:
    """Write a figure in the format of the file's name."""
    figure.savefig(path, dpi=150)
