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
        self._rows: dict[str, list[float]] = {}  # when values were taken, and they; empty: no member

    def forget(self, user_id: str) -> None:
        """Drop what is kept of a user who did something, or who is gone."""
        self._rows.pop(user_id, None)

    def vectors(self, profiles: Iterable[Profile], now_ms: int) -> Points:
        """Give the rows at now of the profiles, which come by user id."""
        rows: list[list[float]] = []
        kept, since_ms = self._rows, now_ms - self.spec.active_ms
        for profile in profiles:
            if profile.first_ms == NO_TIME or profile.clock_ms < since_ms:
                continue
            row = kept.get(profile.user_id)
            if row is None:
                row = self._row(profile, now_ms)
            if row:
                rows.append(row)
        table = np.array(rows, dtype=float).reshape(-1, 1 + len(self._slots))
        points: Points = table[:, 1:] + (now_ms - table[:, :1]) * (self._by_days / DAY_MS)
        return points

    def _row(self, profile: Profile, now_ms: int) -> list[float]:
        """Compute a user's row at `now_ms`, or, once their values have stopped changing, at that moment, to be kept."""
        still_ms = profile.clock_ms + self._still_after_ms
        at_ms = min(max(still_ms, profile.clock_ms), now_ms) if self._still_after_ms < NEVER else now_ms
        profile.clock.move_to(at_ms)
        self._inputs.update(profile, at_ms)
        values = profile.values
        row: list[float] = []
        if self._when is None or self._when(values) is True:
            found = [_number(values[slot]) for slot in self._slots]
            if sum(value == value for value in found) >= max(1, self.spec.minimum):
                row = [at_ms, *found]
        if at_ms == still_ms:
            self._rows[profile.user_id] = row
        return row


def _number(value: object) -> float:
    if (type(value) is float or type(value) is int) and -_HUGE < value < _HUGE:
        return float(value)
    return np.nan
