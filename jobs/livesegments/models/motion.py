"""How the value of a feature changes while its user does nothing: not at all, by one per day, or in some other way."""

from __future__ import annotations

from typing import NamedTuple

from livesegments.core.definition import Definition
from livesegments.core.times import NEVER

__all__ = ["Motion", "motion_of"]

_STILL = ("count", "sum", "mean", "min", "max", "first", "last", "distinct", "share", "ratio", "trait")
_KNOWN = {"kind", "selectors", "where", "of", "n", "equals", "items", "trait", "window"}
_PANES = 2
"""After so many lengths of a window without events it is surely empty: its last pane may be as long as the window."""


class Motion(NamedTuple):
    """From `still_after_ms` after the user's last event on, the value stays the same or grows by one per day."""

    still_after_ms: int
    by_days: bool = False


def motion_of(definition: Definition, name: str) -> Motion:
    """Tell how a feature moves; what is not known to stand still or to count days may move in any way."""
    spec = definition.features[name]
    if spec.names:
        parts = [motion_of(definition, part) for part in spec.names]
        return Motion(NEVER if any(part.by_days for part in parts) else max(part.still_after_ms for part in parts))
    if not set(spec.content) <= _KNOWN:
        return Motion(NEVER)
    if spec.kind == "days_since" and "window" not in spec.content:
        return Motion(0, by_days=True)
    if spec.kind not in _STILL:
        return Motion(NEVER)
    window = spec.content.get("window")
    if window is None:
        return Motion(0)
    return Motion(_PANES * window[0]) if isinstance(window, list) and isinstance(window[0], int) else Motion(NEVER)
