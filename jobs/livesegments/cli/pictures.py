"""Pictures for people: PNG or SVG by matplotlib, which is an extra."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from livesegments.core.errors import EdgeError, LivesegmentsError

__all__ = ["check_picture", "save_rows"]

Told = TypeVar("Told")
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


def save_rows(draw: Callable[[Any, Told], None], told: Sequence[Told], path: Path, *, width: float) -> None:
    """Draw each in a row of its own, into a file of the format of its name; the width is in inches."""
    from matplotlib.figure import Figure  # needs no display

    figure = Figure(figsize=(width, 4.5 * len(told)), layout="constrained")
    for row, one in zip(figure.subfigures(len(told), 1, squeeze=False)[:, 0], told, strict=True):
        draw(row, one)
    figure.savefig(path, dpi=150)
