"""What every feature promises: which events touch it, how its state changes, and its value at a time."""

from __future__ import annotations

from typing import Any, Final, Protocol

from livesegments.core.events import Event
from livesegments.core.features.selection import Selection
from livesegments.core.features.windows import Store, Window, store_for
from livesegments.core.times import NEVER

__all__ = ["SKIPPED", "Feature", "ProfileView", "StoredFeature", "around"]

_FORWARD_MS_MAX = 1 << 47  # some 4,000 years
SKIPPED: Final = object()  # apply() gives this when the event left the feature as it was


class ProfileView(Protocol):
    """What a feature may read of a profile beside its own state."""

    first_ms: int
    clusters: dict[str, Any]
    predictions: dict[str, Any]
    values: list[Any]  # of features and segments at the moment evaluated, by slot


class Feature:
    """One named value of a user's events, traits or models.

    State is None (nothing kept) or plain data that msgpack stores as it is. `value` is a pure function of
    state and time: it may be asked for any time at or after the clock, and changes nothing.
    """

    timed = False  # changes with time alone and continuously: days_since, decayed, rate
    reads_first_ms = False  # depends on the time of the user's first event
    absent: Any = None  # the value while state is None

    def __init__(self, name: str, selections: tuple[Selection, ...] = ()) -> None:
        self.name = name
        self.selections = selections

    def apply(self, state: Any, event: Event, selection: int, clock_ms: int) -> Any:
        """Give the new state after an event that `selections[selection]` accepts, or SKIPPED; may reuse the old."""
        return SKIPPED

    def value(self, state: Any, now_ms: int, profile: ProfileView) -> Any:
        """Give the value at now: None, bool, int, float, str or a list of those."""
        return self.absent

    def boundary(self, state: Any, after_ms: int) -> int:
        """Give the first time later than `after_ms` at which the value may jump without an event, or NEVER."""
        return NEVER

    def crossing(
        self, state: Any, now_ms: int, value: float, other: float, profile: ProfileView
    ) -> tuple[int, int] | None:
        """Give two times between which a timed value, now `value`, crosses `other`; None if it never will."""
        return None

    def in_panes(self, state: Any) -> bool:
        """Tell whether the window holds more than `limits.samples` events and counts in panes."""
        return False

    @property
    def windowed(self) -> bool:
        """Tell whether the value may jump without an event."""
        return False


def around(time_ms: float, now_ms: int) -> tuple[int, int] | None:
    """Give a span around a computed time that is wider than any error of doubles; None for one beyond any calendar."""
    away_ms = time_ms - now_ms
    if not -2 < away_ms < _FORWARD_MS_MAX:
        return None
    error_ms = 2 + int(away_ms * 1e-9)
    return int(time_ms) - error_ms, int(time_ms) + error_ms


class StoredFeature(Feature):
    """A feature over one selection that keeps additive entries in a store, with or without a window."""

    def __init__(self, name: str, selection: Selection, window: Window | None, samples: int) -> None:
        super().__init__(name, (selection,))
        self.window = window
        self.selection = selection
        self.store = self._store(window, samples)
        self.is_windowed = window is not None

    def _store(self, window: Window | None, samples: int) -> Store:
        return store_for(window, samples)

    def boundary(self, state: Any, after_ms: int) -> int:
        return self.store.boundary(state, after_ms)

    def in_panes(self, state: Any) -> bool:
        return self.store.in_panes(state)

    def inside(self, state: Any, now_ms: int) -> list[list[Any]] | None:
        """Give the columns that are inside at now, or None when there are no entries."""
        if state is None:
            return None
        columns = self.store.inside(state, now_ms)
        return columns if columns[0] else None

    @property
    def windowed(self) -> bool:
        return self.is_windowed
