"""What is known of a user before the first event, so that it must not be found for each of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from livesegments.core.features import Value
from livesegments.core.profile import Profile
from livesegments.core.program.dependence import Dependence
from livesegments.core.program.reads import update
from livesegments.core.program.triggers import Trigger
from livesegments.core.times import NEVER, TIME_MAX_MS

__all__ = ["Beginning"]


class Beginning:
    """The clock of a new user, and the mask of what the first event decides beside what it touches.

    Most segments have no user of whom nothing is known. Those are decided at the first event that have, that have a
    list of members or decide once, or that read what the cells do not hold: the user's id, the time of the first
    event, a model.
    """

    __slots__ = ("_features", "_places_at", "_triggers", "_values", "mask")

    def __init__(self, program: Dependence, triggers: Sequence[Trigger]) -> None:
        self._features, self._triggers = len(program.features), len(triggers)
        self._values, self._places_at = program.unknown_values.copy(), len(program.slots)
        moments = [(_new_profile(program), now_ms) for now_ms in (0, TIME_MAX_MS)]
        apart = _with_values(
            program, {slot for slot, it in enumerate(program.features) if it.reads_first_ms or not _has_cells(it)}
        )
        for slot, place in _places(program, apart, moments).items():
            self._values[program.place_of[slot]] = place
        self.mask = 0
        for segment in program.segments:
            is_apart = segment.spec.static or segment.models or not apart.isdisjoint(segment.needs)
            if is_apart or any(segment.when(*moment) is True for moment in moments):
                self.mask |= segment.bit
        self.mask = program.with_dependents(self.mask)
        for trigger in triggers:
            is_known = all(trigger.not_before_ms(*moment) == NEVER for moment in moments)
            if trigger.segment_mask & self.mask or not is_known:
                self.mask |= trigger.bit

    def begin_clock(self, profile: Profile) -> None:
        """Begin the clock of a profile without events."""
        profile.begin(self._values.copy(), self._features, self._places_at)
        profile.dues = [NEVER] * self._triggers


def _has_cells(feature: Any) -> bool:
    return bool(feature.cells) or isinstance(feature, Value)


def _with_values(program: Dependence, slots: set[int]) -> set[int]:
    """Add the features that are made of some of the slots."""
    return {slot for name, slot in program.slots.items() if not slots.isdisjoint(program.slots_of_names([name]))}


def _new_profile(program: Dependence) -> Profile:
    profile = Profile("", program.empty_cells())
    program.begin_clock(profile, ())
    return profile


def _places(program: Dependence, apart: set[int], moments: Sequence[tuple[Profile, int]]) -> dict[int, int]:
    """Give by slot the place of each value without events among what it is compared with, of those that have one."""
    slots = [slot for slot in program.gates if slot not in apart]
    places: dict[int, int] = {}
    work = update(program, {part for slot in slots for part in program.parts_of(slot)}, "values of a new user")
    for profile, now_ms in moments:
        work(profile, now_ms)
    for slot in slots:
        found = {program.gates[slot].place(profile.values[slot]) for profile, _ in moments}
        if len(found) == 1:
            places[slot] = found.pop()
    return places
