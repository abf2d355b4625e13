"""What can come due: when a user must be evaluated although no event came."""

from __future__ import annotations

import operator
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from math import floor
from typing import Any, Protocol

from livesegments.core.clock import STALE
from livesegments.core.conditions import TimedAtom, canonical, compile_value, names, timed
from livesegments.core.definition import SegmentSpec
from livesegments.core.features import Count, Feature
from livesegments.core.profile import Profile
from livesegments.core.program.dependence import Dependence
from livesegments.core.program.gates import constants_of, is_part
from livesegments.core.program.reads import bound, expression
from livesegments.core.times import NEVER

__all__ = ["BoundaryTrigger", "SegmentTrigger", "TimedTrigger", "Trigger", "triggers_of"]

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_BOUNDARIES_MAX = 16  # looked at ahead; a due time at which nothing changes leaves no trace


class Trigger(Protocol):
    """Says when the segments of its mask must be evaluated next.

    Most events are followed by another one long before anything comes due, so that only a cheap `not_before_ms` is
    computed after an event, and the exact `due_ms` when that has come. A due time at which nothing changes leaves no
    trace.
    """

    bit: int  # of the trigger itself in masks
    segment_mask: int  # what it wakes
    wakes_with: int  # it must be asked again where a mask has one of these bits
    slot: int | None  # the feature whose events move it

    def not_before_ms(self, profile: Profile, now_ms: int) -> int:
        """Give a time later than now, not later than the next change of an answer; NEVER if there is none."""

    def due_ms(self, profile: Profile, now_ms: int) -> int:
        """Give the time of the next change of an answer, or a few steps towards it; NEVER if there is none."""


class BoundaryTrigger:
    """Events enter or leave a window; `constants` are all that its value is compared with, None where unknown."""

    __slots__ = ("bit", "constants", "feature", "program", "segment_mask", "slot", "wakes_with")

    def __init__(self, program: Dependence, slot: int, bit: int, constants: list[float] | None) -> None:
        self.program = program
        self.feature = program.features[slot]
        self.slot: int | None = slot
        self.bit = self.wakes_with = bit
        self.segment_mask = program.direct_readers[slot]
        self.constants = constants

    def nears(self, index: int) -> str | None:
        """Give the expression of whether an event may bring nearer what is known in `dues[index]`; None if it must ask.

        What comes due when the oldest of a window leaves, no event in the order of time brings nearer; and nothing
        before `near` is over after an event.
        """
        feature = self.feature
        if feature.timed or feature.kept is not feature.cells:
            return None
        if feature.near_ms is not None:
            return f"dues is None or dues[{index}] > time_ms + {feature.near_ms}"
        if self.constants is None and feature.only_leaves:
            return f"dues is None or dues[{index}] == {NEVER} or time_ms < clock_ms"
        return None

    def not_before_ms(self, profile: Profile, now_ms: int) -> int:
        assert self.slot is not None
        if not self.feature.timed and profile.values[self.slot] is not STALE and profile.valid_ms[self.slot] > now_ms:
            return profile.valid_ms[self.slot]
        return self.feature.next_edge_ms(self.program.states_of(profile, self.slot), now_ms)

    def due_ms(self, profile: Profile, now_ms: int) -> int:
        assert self.slot is not None
        states = self.program.states_of(profile, self.slot)
        edge_ms = self.feature.next_edge_ms(states, now_ms)
        if self.constants is None or edge_ms == NEVER:
            return edge_ms
        place = self._place(self.feature.value(states, now_ms, profile))
        for _ in range(_BOUNDARIES_MAX):
            if edge_ms == NEVER or self._place(self.feature.value(states, edge_ms, profile)) != place:
                break
            edge_ms = self.feature.next_edge_ms(states, edge_ms)
        return edge_ms

    def _place(self, value: Any) -> int:
        """Give a number that differs when any comparison with one of the constants may answer differently."""
        if value is None or self.constants is None:
            return -1
        return bisect_left(self.constants, value) + bisect_right(self.constants, value)


class FallTrigger(BoundaryTrigger):
    """A count that only falls as time goes by reaches one of its constants, or goes below one that it equals."""

    __slots__ = ()

    def not_before_ms(self, profile: Profile, now_ms: int) -> int:
        return self.due_ms(profile, now_ms)

    def due_ms(self, profile: Profile, now_ms: int) -> int:
        assert self.slot is not None
        assert isinstance(self.feature, Count)
        return self.feature.falls_ms(self.program.states_of(profile, self.slot), now_ms, self._most_after)

    def _most_after(self, count: int) -> int:
        """Give what a count must fall to so that an answer changes, -1 where it cannot."""
        assert self.constants is not None
        below = bisect_left(self.constants, count)
        if below < len(self.constants) and self.constants[below] == count:
            return count - 1
        return max(floor(self.constants[below - 1]), -1) if below else -1


class ReachTrigger(BoundaryTrigger):
    """The same of a value of which is quickly told how far time alone can take it: mostly past no constant."""

    __slots__ = ()

    def not_before_ms(self, profile: Profile, now_ms: int) -> int:
        return NEVER if self._stays(profile, now_ms) else super().not_before_ms(profile, now_ms)

    def due_ms(self, profile: Profile, now_ms: int) -> int:
        return NEVER if self._stays(profile, now_ms) else super().due_ms(profile, now_ms)

    def _stays(self, profile: Profile, now_ms: int) -> bool:
        assert self.slot is not None
        reach = self.feature.reach(self.program.states_of(profile, self.slot), now_ms)
        return reach is not None and self._place(reach[0]) == self._place(reach[1])


class TimedTrigger:
    """A feature that changes with time alone crosses the other side of its comparison."""

    __slots__ = (
        "bit",
        "bound",
        "compare",
        "constant",
        "feature",
        "feature_slot",
        "other",
        "program",
        "segment_mask",
        "slot",
        "wakes_with",
    )

    def __init__(self, program: Dependence, atom: TimedAtom, bit: int = 0, segment_mask: int = 0) -> None:
        self.program = program
        self.feature_slot = program.slots[atom.name]
        self.feature: Feature = program.features[self.feature_slot]
        is_constant = not names(atom.other)
        self.slot: int | None = self.feature_slot if is_constant else None  # else the other side may move too
        self.bit = bit
        self.segment_mask = segment_mask
        # without an event it moves where the other side does, or something enters or leaves its window
        self.wakes_with = bit if is_constant and not self.feature.windowed else bit | segment_mask
        self.compare = _OPERATORS[atom.operator]
        self.other = expression(program, atom.other, f"compared with {atom.name}")
        self.constant = compile_value(atom.other, {})([]) if is_constant else None
        self.bound = None
        if type(self.constant) is float:
            self.bound = bound(program, self.feature_slot, self.constant, f"when {atom.name} crosses {self.constant}")

    def not_before_ms(self, profile: Profile, now_ms: int) -> int:
        if self.bound is not None:
            return self.bound(profile, now_ms)  # type: ignore[no-any-return]
        states = self.program.states_of(profile, self.feature_slot)
        other = self.other(profile, now_ms) if self.constant is None else self.constant
        span = self._span(profile, states, other, now_ms)
        return NEVER if span is None else max(now_ms + 1, span[0])

    def due_ms(self, profile: Profile, now_ms: int) -> int:
        states = self.program.states_of(profile, self.feature_slot)
        other = self.other(profile, now_ms)
        span = self._span(profile, states, other, now_ms)
        if span is None:
            return NEVER
        feature, compare = self.feature, self.compare

        def answers(time_ms: int) -> bool:
            return compare(feature.value(states, time_ms, profile), other)

        # between two boundaries of its window the value goes one way only
        return first_change(answers, now_ms, span[0], min(feature.next_edge_ms(states, now_ms) - 1, span[1]))

    def _span(self, profile: Profile, states: list[Any], other: Any, now_ms: int) -> tuple[int, int] | None:
        """Give the times between which the value crosses the other side; None when it does not from now on."""
        value = self.feature.value(states, now_ms, profile)
        if value is None or type(other) is not float:
            return None
        span = self.feature.crosses_between_ms(states, now_ms, value, other, profile)
        return span if span is not None and span[1] > now_ms else None


def first_change(answers: Callable[[int], bool], now_ms: int, earliest_ms: int, last_ms: int) -> int:
    """Give the first time in (now, last] at which a monotone answer differs from the one at now, or NEVER.

    Not before `earliest`, if the answer there is still that of now. Exact in milliseconds.
    """
    before = answers(now_ms)
    low, high, step = now_ms, NEVER, 1  # answers(low) == before, answers(high) != before
    if now_ms < earliest_ms <= last_ms:
        if answers(earliest_ms) == before:
            low = earliest_ms
        else:
            high = earliest_ms
    while high == NEVER:
        if low >= last_ms:
            return NEVER
        probe = min(low + step, last_ms)
        if answers(probe) != before:
            high = probe
        else:
            low = probe
        step *= 2
    while high - low > 1:
        probe = (low + high) // 2
        if answers(probe) != before:
            high = probe
        else:
            low = probe
    return high


class SegmentTrigger:
    """A dwell or a cooldown is over."""

    __slots__ = ("bit", "segment_mask", "slot", "spec", "wakes_with")

    def __init__(self, spec: SegmentSpec, bit: int, segment_mask: int) -> None:
        self.spec = spec
        self.slot: int | None = None
        self.bit = bit
        self.segment_mask = segment_mask
        self.wakes_with = bit | segment_mask

    def not_before_ms(self, profile: Profile, now_ms: int) -> int:
        return self.due_ms(profile, now_ms)

    def due_ms(self, profile: Profile, now_ms: int) -> int:
        entered_ms = profile.members.get(self.spec.name)
        if entered_ms is not None:
            end_ms = entered_ms + self.spec.min_dwell_ms
        elif self.spec.name in profile.left:
            end_ms = profile.left[self.spec.name] + self.spec.cooldown_ms
        else:
            return NEVER
        return end_ms if end_ms > now_ms else NEVER


def triggers_of(program: Dependence, first_bit: int) -> list[Trigger]:
    """Give all triggers of a program; their bits follow one another from `first_bit` on."""
    triggers: list[Trigger] = []
    for slot, feature in enumerate(program.features):
        if feature.windowed and program.direct_readers[slot]:
            bit = first_bit << len(triggers)
            constants = _constants(program, slot)
            triggers.append(_boundary(feature, constants)(program, slot, bit, constants))
    for atom, segment_mask in _atoms(program):
        triggers.append(TimedTrigger(program, atom, first_bit << len(triggers), segment_mask))
    for segment in program.segments:
        if segment.spec.min_dwell_ms or segment.spec.cooldown_ms:
            triggers.append(SegmentTrigger(segment.spec, first_bit << len(triggers), segment.bit))
    return triggers


def _boundary(feature: Feature, constants: list[float] | None) -> type[BoundaryTrigger]:
    """Give the trigger that knows most of what a feature does as time goes by."""
    if constants is None:
        return BoundaryTrigger
    if isinstance(feature, Count) and feature.only_leaves:
        return FallTrigger
    return BoundaryTrigger if type(feature).reach is Feature.reach else ReachTrigger


def _atoms(program: Dependence) -> list[tuple[TimedAtom, int]]:
    """Give the comparisons of values that time alone moves, each once, with the segments that make it."""
    changing = {feature.name for feature in program.features if feature.timed}
    since = {feature.name for feature in program.features if feature.counts_days}
    found: dict[str, tuple[TimedAtom, int]] = {}
    for segment in program.segments:
        for node in (segment.spec.when, segment.spec.exit_when):
            for atom in () if node is None else timed(node, changing, since):
                key = repr((atom.name, atom.operator, canonical(atom.other)))
                _, mask = found.get(key, (atom, 0))
                found[key] = (atom, mask | segment.bit)
    return list(found.values())


def _constants(program: Dependence, slot: int) -> list[float] | None:
    """Give the numbers that a windowed feature is compared with if that is all its use, else None."""
    feature = program.features[slot]
    if feature.timed:
        return None
    constants: set[float] = set()
    for segment in program.segments:
        if segment.bit & program.direct_readers[slot]:
            found = constants_of(segment, feature.name)
            if found is None or is_part(program, segment, feature.name):
                return None
            constants |= found
    return sorted(constants)
