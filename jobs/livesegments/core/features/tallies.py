"""Features over the values of events: distinct, top, share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from livesegments.core.cells import Part, Tallied, TallyWindow, Window, key_of, value_of
from livesegments.core.cells.cell import Bind
from livesegments.core.cells.tallies import MARK, OTHERS
from livesegments.core.features.feature import ProfileView, States
from livesegments.core.features.windowed import Windowed
from livesegments.core.selection import Selection

__all__ = ["Distinct", "Share", "Tally", "Top"]


class Tally(Windowed):
    """Reads counts by value and their total; at most `distinct` values, new ones count in the total only."""

    def __init__(
        self,
        name: str,
        selection: Selection,
        window: Window | None,
        samples: int,
        distinct: int,
        only: str | None = None,
    ) -> None:
        cell: Tallied | Part | TallyWindow
        if window is not None:
            cell = TallyWindow(selection, window, samples, distinct, only)
        else:
            cell = Tallied(selection, distinct) if only is None else Part(selection, only)
        super().__init__(name, (cell,), window)
        self.cell = cell
        self.distinct = distinct
        self.only = only

    def counts(self, states: States, now_ms: int) -> tuple[dict[str, int], int]:
        """Give the counts by key that are inside at now, and the total over all items."""
        state, cell = states[0], self.cell
        if state is None:
            return {}, 0
        if isinstance(cell, TallyWindow):
            return cell.counts(state, now_ms)
        if isinstance(cell, Part):
            return {cell.value_key: state[0]} if state[0] else {}, state[1]
        return cell.known(state), sum(state.values())

    def known(self, states: States, now_ms: int) -> dict[str, int]:
        """Give the counts by key that are inside at now."""
        state, cell = states[0], self.cell
        return cell.known(state) if isinstance(cell, Tallied) and state is not None else self.counts(states, now_ms)[0]


class Distinct(Tally):
    """How many different values."""

    def nears(self, states: Sequence[str], value: str) -> str:
        return "False" if self.only_leaves else "True"

    def value(self, states: States, now_ms: int, profile: ProfileView) -> int:
        return len(self.known(states, now_ms))


class Top(Tally):
    """The n most frequent values, ties by code point."""

    is_numeric = False

    def __init__(
        self, name: str, selection: Selection, window: Window | None, samples: int, distinct: int, n: int
    ) -> None:
        super().__init__(name, selection, window, samples, distinct)
        self.n = n

    def value(self, states: States, now_ms: int, profile: ProfileView) -> list[Any] | None:
        counts = self.known(states, now_ms)
        if not counts:
            return None
        if len(counts) > 2 * self.n:  # leave out what is rarer than the n-th: numbers are quickly put in order
            least = sorted(counts.values())[-self.n]
            counts = {key: count for key, count in counts.items() if count >= least}
        ranked = sorted((-count, key.removeprefix(MARK), key) for key, count in counts.items())
        return [value_of(key) for _, _, key in ranked[: self.n]]


class Share(Tally):
    """The share of the most frequent value, or of the one named by `equals`, over all items."""

    def inline(self, states: Sequence[str], bind: Bind) -> str | None:
        if not isinstance(self.cell, Tallied):
            return None
        share = "max(counts.values()) / sum(counts.values())"
        slow = f"{bind(self.value, 'value')}((counts,), now_ms, profile)"
        return f"None if (counts := {states[0]}) is None else {share} if {OTHERS!r} not in counts else {slow}"

    def __init__(
        self, name: str, selection: Selection, window: Window | None, samples: int, distinct: int, equals: Any
    ) -> None:
        only = None if equals is None else key_of(equals)
        super().__init__(name, selection, window, samples, distinct, only)

    def value(self, states: States, now_ms: int, profile: ProfileView) -> float | None:
        counts, total = self.counts(states, now_ms)
        if not total:
            return None
        return (max(counts.values(), default=0) if self.only is None else counts.get(self.only, 0)) / total
