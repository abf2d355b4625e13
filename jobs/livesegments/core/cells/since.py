"""The cell of `since`: what another cell keeps, of the events later than the newest event of a selector."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from livesegments.core.cells.cell import NO_TIME, Bind, Cell
from livesegments.core.selection import Selector

__all__ = ["Since"]

# State: [newest, state, times, values, folded]. `newest` is the time of the newest event of the selector, `state` what
# the inner cell has of the events since. The newest `samples` of these are remembered, sorted, with what the inner
# cell took of each (nothing where time is all): an event of the selector that comes late leaves only those after it.
# `folded` is the time of the newest event that is remembered no more.
NEWEST, STATE, TIMES, VALUES, FOLDED = range(5)


class Since(Cell):
    """Lets events into the inner cell that are not older than the newest event of `since`, which empties it.

    An event that `since` selects itself is never let in. Of equal times the event that came later is the newer one.
    Where more than `samples` events were let in since, and an event of `since` comes late among the older ones, all of
    them stay.
    """

    def __init__(self, inner: Cell, since: Selector, samples: int) -> None:
        super().__init__(inner.selection, inner.key, since.texts, samples)
        self.inner = inner
        self.since = since
        self.samples = samples
        self.takes = inner.takes
        self.freezes, self.thaws = inner.freezes, inner.thaws
        self.has_values = inner.remembers(lambda _, hint: hint) is not None

    def joined(self, others: Sequence[Cell]) -> Cell:
        inner = self.inner.joined([cell.inner for cell in others if isinstance(cell, Since)])
        return Since(inner, self.since, self.samples)

    def resets(self, event_type: str, name: str | None) -> bool:
        return self.since.matches(event_type, name)

    def fresh(self) -> list[Any]:
        """Give the state before the first event."""
        return [NO_TIME, self.inner.empty, [], [], NO_TIME]

    def lines(self, at: str, bind: Bind) -> list[str]:
        value = self.inner.remembers(bind)
        appended = [] if value is None else [f"        since[3].append({value})"]
        return [
            f"if (since := {at}) is None:",
            f"    since = {at} = {bind(self.fresh, 'fresh')}()",
            "if time_ms >= since[0]:",
            *("    " + line for line in self.inner.lines(f"{at}[1]", bind)),
            f"    if len(times := since[2]) < {self.samples} and (not times or times[-1] <= time_ms):",
            "        times.append(time_ms)",
            *appended,
            "    else:",
            f"        {bind(self.remember, 'remember')}(since, time_ms, {value})",
        ]

    def remember(self, state: list[Any], time_ms: int, value: Any) -> None:
        """Put an event among those remembered, of which the oldest goes where there are too many."""
        if time_ms < state[FOLDED]:
            return
        times, values = state[TIMES], state[VALUES]
        index = bisect_right(times, time_ms)
        times.insert(index, time_ms)
        if self.has_values:
            values.insert(index, value)
        if len(times) > self.samples:
            state[FOLDED] = times.pop(0)
            del values[:1]

    def reset(self, state: Any, time_ms: int, clock_ms: int) -> Any:
        """Give the state after an event of `since`: only what is later than the newest of them is left."""
        if state is None:
            state = self.fresh()
        if time_ms < state[NEWEST]:
            return state
        state[NEWEST] = time_ms
        if time_ms < state[FOLDED]:
            return state
        times, values = state[TIMES], state[VALUES]
        cut = bisect_right(times, time_ms)
        del times[:cut], values[:cut]
        state[FOLDED] = NO_TIME
        state[STATE] = self._of_remembered(times, values, clock_ms)
        return state

    def _of_remembered(self, times: list[int], values: list[Any], clock_ms: int) -> Any:
        found = self.inner.empty
        for index, time_ms in enumerate(times):
            found = self.inner.put_again(found, time_ms, values[index] if self.has_values else (), clock_ms)
        return found

    def read(self, state: Any) -> Any:
        return self.inner.empty if state is None else state[STATE]

    def source(self, at: str) -> str:
        return f"({self.inner.empty!r} if {at} is None else {at}[{STATE}])"

    def is_full(self, state: Any) -> bool:
        """Tell whether events were let in that are remembered no more."""
        return state is not None and state[FOLDED] != NO_TIME

    def freeze(self, state: Any) -> Any:
        return self._with(state, self.inner.freeze)

    def thaw(self, stored: Any) -> Any:
        return self._with(stored, self.inner.thaw)

    def _with(self, state: Any, change: Any) -> Any:
        found = state[STATE]
        return [state[NEWEST], found if found is None else change(found), *state[TIMES:]]
