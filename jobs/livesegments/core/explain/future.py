"""When time alone gives a feature another value or a clause another answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from livesegments.core.conditions import timed
from livesegments.core.features import Rate, Unfollowed
from livesegments.core.profile import Profile
from livesegments.core.program import CompiledClause, Program, TimedTrigger
from livesegments.core.program.reads import update
from livesegments.core.times import NEVER

__all__ = ["Future"]


class Future:
    """Looks ahead from one moment. Owns its profile: `profile.values` are those of now, and move while it looks."""

    def __init__(self, program: Program, profile: Profile, now_ms: int, until_ms: int) -> None:
        self.program = program
        self.profile = profile
        self.now_ms = now_ms
        self.until_ms = until_ms
        self._timed = {feature.name for feature in program.features if feature.timed}
        self._since = {feature.name for feature in program.features if feature.counts_days}

    def clause_flip(self, clause: CompiledClause) -> tuple[int, bool | None] | None:
        """Give the first time at which the clause answers differently, memberships staying as they are, and how."""
        program = self.program
        crossings = [TimedTrigger(program, atom) for atom in timed(clause.node, self._timed, self._since)]
        return self._first_difference([name for name, _ in clause.names], crossings, clause.holds)

    def stopped_by(self, clause: CompiledClause, flips_ms: int) -> str | None:
        """Give the events that would keep something unfollowed that the clause counts from being due by then."""
        slots = self.program.slots_of_names([name for name, _ in clause.names])
        stopping: list[str] = []
        for slot in slots:
            feature = self.program.features[slot]
            if isinstance(feature, Unfollowed):
                states, profile = self._states(slot), self.profile
                if feature.value(states, flips_ms, profile) > feature.value(states, flips_ms - 1, profile):
                    stopping += feature.following
        return " or ".join(dict.fromkeys(stopping)) or None

    def feature_change(self, slot: int) -> int | None:
        """Give the first time at which the feature has another value."""
        feature = self.program.features[slot]
        if feature.timed:
            return self._timed_change(slot)
        found = self._first_difference([feature.name], (), lambda values: values[slot])
        return None if found is None else found[0]

    def _timed_change(self, slot: int) -> int | None:
        """Between two boundaries such a value stays, or moves from the first millisecond on."""
        feature, states, profile = self.program.features[slot], self._states(slot), self.profile
        start = feature.value(states, self.now_ms, profile)
        time_ms = self.now_ms
        while time_ms <= self.until_ms:
            for probe_ms in (time_ms, time_ms + 1):
                if feature.value(states, probe_ms, profile) != start:
                    return probe_ms
            time_ms = self._boundary(slot, time_ms)
        return None

    def _boundary(self, slot: int, after_ms: int) -> int:
        feature = self.program.features[slot]
        boundary_ms = feature.next_edge_ms(self._states(slot), after_ms)
        if isinstance(feature, Rate) and after_ms < (falls_ms := feature.falls_from_ms(after_ms, self.profile)):
            return min(boundary_ms, falls_ms)
        return boundary_ms

    def _states(self, slot: int) -> list[Any]:
        return self.program.states_of(self.profile, slot)

    def _first_difference(
        self, names: list[str], crossings: Iterable[TimedTrigger], answer: Callable[[list[Any]], Any]
    ) -> tuple[int, Any] | None:
        program, profile = self.program, self.profile
        slots = program.slots_of_names(names)
        bring_up_to_date = update(program, slots, "values of a clause")
        kept = profile.look_ahead()
        start, time_ms = answer(profile.values), self.now_ms
        found = None
        while found is None:
            edges = (self._boundary(slot, time_ms) for slot in slots)
            time_ms = min(*edges, *(crossing.due_ms(profile, time_ms) for crossing in crossings), NEVER, NEVER)
            if time_ms > self.until_ms:
                break
            bring_up_to_date(profile, time_ms)
            if (later := answer(profile.values)) != start:
                found = time_ms, later
        profile.put_back(kept)
        return found
