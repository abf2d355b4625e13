"""What depends on what: which segments read a feature, which name another segment, and the gates between."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

from livesegments.core.clock import STALE, UNKNOWN
from livesegments.core.definition import Definition
from livesegments.core.profile import Profile
from livesegments.core.program.gates import gates_of, is_part
from livesegments.core.program.layout import Layout
from livesegments.core.program.segments import CompiledSegment

__all__ = ["Dependence"]

_MOVES_MAX = 4_096


class Woken(dict[tuple[int, int], int]):
    """Masks by (place now, place before), each found when it is first asked for."""

    def __init__(self, find: Callable[[tuple[int, int]], int]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, moved: tuple[int, int]) -> int:
        if len(self) >= _MOVES_MAX:
            self.clear()
        mask = self[moved] = self._find(moved)
        return mask


class Dependence(Layout):
    """The segments of a definition, and masks of them: a bit for each."""

    def __init__(self, definition: Definition) -> None:
        super().__init__(definition)
        specs = definition.segments.values()
        self.segments = [CompiledSegment(self, spec, index) for index, spec in enumerate(specs)]
        self._by_name = {segment.spec.name: segment for segment in self.segments}
        self._find_dependents()
        self.direct_readers = self._direct_readers()
        self.readers = [self.with_dependents(mask) for mask in self.direct_readers]
        self.gates = gates_of(self, self.segments, self.direct_readers)
        self.place_of = {slot: len(self.slots) + index for index, slot in enumerate(sorted(self.gates))}
        self._woken: dict[int, Woken] = {}

    @cached_property
    def unknown_values(self) -> list[Any]:
        """Give values of a user of whom nothing is known yet and who is in no segment, with their places; to copy."""
        values = [STALE] * len(self.features) + [False] * len(self.definition.segments)
        return values + [UNKNOWN] * len(self.place_of)

    def begin_clock(self, profile: Profile, members: Iterable[str]) -> None:
        """Begin the clock of a profile of which nothing was looked at."""
        values, mask = self.unknown_values.copy(), 0
        for name in members:
            segment = self._by_name.get(name)
            if segment is not None:  # the definition that the user was last evaluated with may have had more
                values[segment.slot] = True
                mask |= segment.bit
        profile.begin(values, len(self.features), len(self.slots), mask)

    def with_dependents(self, mask: int) -> int:
        """Add the segments that name one of the mask."""
        for segment in self.segments:  # in evaluation order: what names it comes later
            if segment.bit & mask:
                mask |= segment.dependents
        return mask

    def woken_by(self, slot: int) -> Woken:
        """Give from two places of a gated value the segments to decide, with those that name them."""
        found = self._woken.get(slot)
        if found is None:
            gate = self.gates[slot]
            found = self._woken[slot] = Woken(lambda moved: self.with_dependents(gate.moved(*moved)))
        return found

    def is_gated(self, slot: int) -> bool:
        """Tell whether time changes an answer about a feature later, not sooner, while its gate stays shut.

        So where all that reads it compares it with constants, and what an event moves past none of them stays there for
        longer, or `nears` says that it does not.
        """
        feature = self.features[slot]
        if slot not in self.gates or self.gates[slot].segment_mask != self.direct_readers[slot]:
            return False
        if any(is_part(self, segment, feature.name) for segment in self.segments):
            return False
        return feature.nears(self.sources_of(slot), "value") != "True"

    def _find_dependents(self) -> None:
        for segment in self.segments:
            for name in segment.spec.names:
                if name in self._by_name:
                    self._by_name[name].dependents |= segment.bit

    def _direct_readers(self) -> list[int]:
        """Give, by feature slot, the segments whose conditions read it."""
        readers = [0] * len(self.features)
        for segment in self.segments:
            for slot in segment.needs:
                readers[slot] |= segment.bit
        return readers

    def ungated_readers(self) -> list[int]:
        """Give, by feature slot, the segments that every event decides that touches the feature."""
        ungated = [0] * len(self.features)
        for segment in self.segments:
            for name in segment.spec.names:
                slot = self.slots[name]
                if slot < len(self.features) and not (
                    slot in self.gates and self.gates[slot].segment_mask & segment.bit
                ):
                    for part in self.slots_of_names([name]):
                        ungated[part] |= segment.bit
        return [self.with_dependents(mask) for mask in ungated]

    def gates_above(self, slots: Iterable[int]) -> list[int]:
        """Give the slots with a gate that are among some or made of some, in evaluation order."""
        touched = set(slots)
        return [slot for slot in sorted(self.gates) if not touched.isdisjoint(self.parts_of(slot))]

    def parts_of(self, slot: int) -> tuple[int, ...]:
        """Give the slots of a feature and of all that it is made of, in evaluation order."""
        return self.slots_of_names([self.features[slot].name])
