"""When time alone gives a feature another value or a clause another answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from livesegments.core.conditions import compile_value, timed
from livesegments.core.features import Rate
from livesegments.core.profile import Profile
from livesegments.core.program import CompiledClause, Program
from livesegments.core.times import NEVER
from livesegments.core.triggers import TimedTrigger

__all__ = ["Future"]


class Future:
    """Looks ahead from one moment. Owns its profile: `profile.values` are those of now, and move while it looks."""

    def __init__(self, program: Program, profile: Profile, now_ms: int, until_ms: int) -> None:
        self.program = program
        self.profile = profile
        self.now_ms = now_ms
        self.until_ms = until_ms
        self._timed = {feature.name for feature in program.features if feature.timed}

    def clause_flip(self, clause: CompiledClause) -> tuple[int, bool | None] | None:
        """Give the first time at which the clause answers differently, memberships staying as they are, and how."""
        program = self.program
        crossings = [
            TimedTrigger(
                program.features[program.slots[atom.name]],
                program.slots[atom.name],
                0,
                atom.operator,
                compile_value(atom.other, program.slots),
            )
            for atom in timed(clause.node, self._timed)
        ]
        return self._first_difference(self._slots(name for name, _ in clause.names), crossings, clause.holds)

    def feature_change(self, slot: int) -> int | None:
        """Give the first time at which the feature has another value."""
        feature = self.program.features[slot]
        if feature.timed:
            return self._timed_change(slot)
        found = self._first_difference(self._slots([feature.name]), (), lambda values: values[slot])
        return None if found is None else found[0]

    def _timed_change(self, slot: int) -> int | None:
        """Between two boundaries such a value stays, or moves from the first millisecond on."""
        feature, state, profile = self.program.features[slot], self.profile.states[slot], self.profile
        start = feature.value(state, self.now_ms, profile)
        time_ms = self.now_ms
        while time_ms <= self.until_ms:
            for probe_ms in (time_ms, time_ms + 1):
                if feature.value(state, probe_ms, profile) != start:
                    return probe_ms
            time_ms = self._boundary(slot, time_ms)
        return None

    def _boundary(self, slot: int, after_ms: int) -> int:
        feature = self.program.features[slot]
        boundary_ms = feature.boundary(self.profile.states[slot], after_ms)
        if isinstance(feature, Rate) and after_ms < self.profile.first_ms + feature.per_ms:
            return min(boundary_ms, self.profile.first_ms + feature.per_ms)  # from then on it falls
        return boundary_ms

    def _slots(self, names: Iterable[str]) -> list[int]:
        """Give the slots of the features named, and of those that they are computed from, in evaluation order."""
        features, found, waiting = self.program.definition.features, set(), list(names)
        while waiting:
            name = waiting.pop()
            if name in features:
                found.add(self.program.slots[name])
                waiting.extend(features[name].names)
        return sorted(found)

    def _first_difference(
        self, slots: list[int], crossings: Iterable[TimedTrigger], answer: Callable[[list[Any]], Any]
    ) -> tuple[int, Any] | None:
        profile = self.profile
        kept = profile.values
        profile.values = list(kept)
        start, time_ms = answer(kept), self.now_ms
        found = None
        while found is None:
            edges = (self._boundary(slot, time_ms) for slot in slots)
            time_ms = min(*edges, *(crossing.due(profile, time_ms) for crossing in crossings), NEVER, NEVER)
            if time_ms > self.until_ms:
                break
            for slot in slots:
                profile.values[slot] = self.program.value_of(slot)(profile.states[slot], time_ms, profile)
            if (later := answer(profile.values)) != start:
                found = time_ms, later
        profile.values = kept
        return found
