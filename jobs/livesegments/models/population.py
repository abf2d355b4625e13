"""The population of one clustering: the values of its features for every sampled user, at any moment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from livesegments.core.conditions import compile_condition, names
from livesegments.core.definition import ClusterSpec
from livesegments.core.profile import NO_TIME, Profile
from livesegments.core.program import Program
from livesegments.core.times import DAY_MS, NEVER
from livesegments.models.clusters.lloyd import Points
from livesegments.models.motion import motion_of

__all__ = ["Population"]

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
        self._profiles: Sequence[Profile] = ()
        self._rows: dict[str, int] = {}  # of each of them by user id
        self._table = np.empty((0, 1 + len(self._slots)))  # when the values of a user were taken, and they
        self._clocks_ms = np.empty(0, dtype=np.int64)  # the last event of each user, NO_TIME for one in no cluster
        self._changed: set[str] = set()  # users who are to be computed

    def forget(self, user_id: str) -> None:
        """Drop what is kept of a user who did something, or who is gone."""
        self._changed.add(user_id)

    def vectors(self, profiles: Sequence[Profile], now_ms: int) -> Points:
        """Give the rows at now of the profiles, which come by user id, as the same object while they are the same."""
        if profiles is not self._profiles:
            self._take(profiles)
        since_ms = max(now_ms - self.spec.active_ms, NO_TIME + 1)
        self._compute(since_ms, now_ms)
        table = self._table[self._clocks_ms >= since_ms]
        points: Points = table[:, 1:] + (now_ms - table[:, :1]) * (self._by_days / DAY_MS)
        return points

    def _take(self, profiles: Sequence[Profile]) -> None:
        """Go over to other users, with what is kept of those who stay."""
        known = self._rows
        self._rows = {profile.user_id: row for row, profile in enumerate(profiles)}
        self._profiles = profiles
        self._changed.update(self._rows.keys() - known.keys())
        before = np.array([known.get(user_id, -1) for user_id in self._rows], dtype=np.intp)
        stayed = before >= 0
        table = np.empty((len(profiles), self._table.shape[1]))
        clocks_ms = np.full(len(profiles), NO_TIME, dtype=np.int64)
        table[stayed], clocks_ms[stayed] = self._table[before[stayed]], self._clocks_ms[before[stayed]]
        self._table, self._clocks_ms = table, clocks_ms

    def _compute(self, since_ms: int, now_ms: int) -> None:
        """Put into the table those who did something since they were computed, or whose values still change."""
        changed, self._changed = self._changed, set()
        rows: list[int] = []
        found: list[list[float]] = []
        for user_id in changed:
            row = self._rows.get(user_id)
            if row is None:
                continue
            profile = self._profiles[row]
            self._clocks_ms[row] = NO_TIME
            if profile.first_ms == NO_TIME or profile.clock_ms < since_ms:
                self._changed.add(user_id)
                continue
            still_ms = profile.clock_ms + self._still_after_ms
            at_ms = min(max(still_ms, profile.clock_ms), now_ms) if self._still_after_ms < NEVER else now_ms
            numbers = self._numbers(profile, at_ms)
            if numbers is not None:
                self._clocks_ms[row] = profile.clock_ms
                rows.append(row)
                found.append([at_ms, *numbers])
            if at_ms != still_ms:
                self._changed.add(user_id)
        if rows:
            self._table[rows] = found

    def _numbers(self, profile: Profile, at_ms: int) -> list[float] | None:
        """Give the values of a user at a moment, None for one who is to be in no cluster."""
        profile.move_to(at_ms)
        self._inputs.update(profile, at_ms)
        values = profile.values
        if self._when is not None and self._when(values) is not True:
            return None
        found = [_number(values[slot]) for slot in self._slots]
        return found if sum(value == value for value in found) >= max(1, self.spec.minimum) else None


def _number(value: object) -> float:
    if (type(value) is float or type(value) is int) and -_HUGE < value < _HUGE:
        return float(value)
    return np.nan
