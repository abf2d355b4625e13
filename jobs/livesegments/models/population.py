"""The population of one clustering: the values of its features for every sampled user, at any moment."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from livesegments.core.conditions import compile_condition, names
from livesegments.core.definition import ClusterSpec
from livesegments.core.profile import NO_TIME, Profile
from livesegments.core.program import Program
from livesegments.core.times import DAY_MS, NEVER
from livesegments.models.clusters.lloyd import Points
from livesegments.models.motion import motion_of

__all__ = ["Population"]

_NO_MEMBER = -1
_ROWS_MIN = 256
_HUGE = 1e300
"""No real count, amount or duration is greater: such a number counts as missing."""


class Population:
    """Gives one row of raw values per user who is to be clustered, by user id, NaN where a value is missing.

    Most users do nothing between two versions: their values stand still, or grow by a day a day. What was computed of
    them is kept, and only users who did something, or whose windows still empty, are computed anew.
    """

    def __init__(self, program: Program, spec: ClusterSpec) -> None:
        self.spec = spec
        self._inputs = program.inputs_of(spec.names_read)
        self._slots = [program.slots[name] for name in spec.features]
        self._when = None if spec.when is None else compile_condition(spec.when, program.slots)
        motions = {name: motion_of(program.definition, name) for name in spec.names_read}
        self._by_days = np.array([motions[name].by_days for name in spec.features], dtype=float)
        asked = () if spec.when is None else names(spec.when)
        decides_by_days = any(motions[name].by_days for name in asked)
        self._still_after_ms = NEVER if decides_by_days else max(part.still_after_ms for part in motions.values())
        self._table = np.empty((0, 1 + len(self._slots)))  # when the values of a user were taken, and they
        self._rows: dict[str, int] = {}  # of each user in the table, _NO_MEMBER for one who is to be in no cluster
        self._free: list[int] = []  # rows of nobody

    def forget(self, user_id: str) -> None:
        """Drop what is kept of a user who did something, or who is gone."""
        row = self._rows.pop(user_id, _NO_MEMBER)
        if row != _NO_MEMBER:
            self._free.append(row)

    def vectors(self, profiles: Iterable[Profile], now_ms: int) -> Points:
        """Give the rows at now of the profiles, which come by user id."""
        rows: list[int] = []
        passing: list[str] = []  # users whose values still change
        kept, since_ms = self._rows, now_ms - self.spec.active_ms
        for profile in profiles:
            if profile.first_ms == NO_TIME or profile.clock_ms < since_ms:
                continue
            row = kept.get(profile.user_id)
            if row is None:
                row, is_still = self._compute(profile, now_ms)
                if not is_still:
                    passing.append(profile.user_id)
            if row != _NO_MEMBER:
                rows.append(row)
        table = self._table[rows]
        for user_id in passing:
            self.forget(user_id)
        points: Points = table[:, 1:] + (now_ms - table[:, :1]) * (self._by_days / DAY_MS)
        return points

    def _compute(self, profile: Profile, now_ms: int) -> tuple[int, bool]:
        """Put a user's values into the table, and tell in which row, and whether they have stopped changing.

        They are those at `now_ms`, or at the moment when they stopped.
        """
        still_ms = profile.clock_ms + self._still_after_ms
        at_ms = min(max(still_ms, profile.clock_ms), now_ms) if self._still_after_ms < NEVER else now_ms
        profile.clock.move_to(at_ms)
        self._inputs.update(profile, at_ms)
        values, row = profile.values, _NO_MEMBER
        if self._when is None or self._when(values) is True:
            found = [_number(values[slot]) for slot in self._slots]
            if sum(value == value for value in found) >= max(1, self.spec.minimum):
                row = self._free_row()
                self._table[row] = [at_ms, *found]
        self._rows[profile.user_id] = row
        return row, at_ms == still_ms

    def _free_row(self) -> int:
        if not self._free:
            size = len(self._table)
            more = max(_ROWS_MIN, size)
            self._table = np.concatenate([self._table, np.empty((more, self._table.shape[1]))])
            self._free += range(size + more - 1, size - 1, -1)
        return self._free.pop()


def _number(value: object) -> float:
    if (type(value) is float or type(value) is int) and -_HUGE < value < _HUGE:
        return float(value)
    return np.nan
