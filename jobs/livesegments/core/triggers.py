"""What can come due: when a user must be evaluated although no event came."""

from __future__ import annotations

import operator
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Any, Protocol

from livesegments.core.definition import SegmentSpec
from livesegments.core.features import Feature
from livesegments.core.profile import Profile
from livesegments.core.times import NEVER

__all__ = ["BoundaryTrigger", "SegmentTrigger", "TimedTrigger", "Trigger"]

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_BOUNDARIES_MAX = 16  # looked at ahead; a due time at which nothing changes leaves no trace


class Trigger(Protocol):
    """Says when the segments of its mask must be evaluated next.

    Most events are followed by another one long before anything comes due, so that only a cheap `bound` is
    computed after an event, and the exact `due` when that bound has come. A due time at which nothing changes
    leaves no trace.
    """

    segments: int
    slot: int | None  # the feature whose events move the bound; None: every evaluation does

    def bound(self, profile: Profile, now_ms: int) -> int:
        """Give a time later than now, not later than the next change of an answer; NEVER if there is none."""

    def due(self, profile: Profile, now_ms: int) -> int:
        """Give the time of the next change of an answer, or a few steps towards it; NEVER if there is none."""


class BoundaryTrigger:
    """Events enter or leave a window."""

    __slots__ = ("constants", "feature", "segments", "slot")

    def __init__(self, feature: Feature, slot: int, segments: int, constants: list[float] | None) -> None:
        self.feature = feature
        self.slot: int | None = slot
        self.segments = segments
        self.constants = constants

    def bound(self, profile: Profile, now_ms: int) -> int:
        if self.feature.timed:
            return self.feature.boundary(profile.states[self.slot], now_ms)  # type: ignore[index]
        return profile.valid_ms[self.slot]  # type: ignore[index]

    def due(self, profile: Profile, now_ms: int) -> int:
        state = profile.states[self.slot]  # type: ignore[index]
        due = self.feature.boundary(state, now_ms)
        if self.constants is None or due == NEVER:
            return due
        place = self._place(self.feature.value(state, now_ms, profile))
        for _ in range(_BOUNDARIES_MAX):
            if due == NEVER or self._place(self.feature.value(state, due, profile)) != place:
                break
            due = self.feature.boundary(state, due)
        return due

    def _place(self, value: Any) -> int:
        """Give a number that differs when any comparison with one of the constants may answer differently."""
        if value is None or self.constants is None:
            return -1
        return bisect_left(self.constants, value) + bisect_right(self.constants, value)


class TimedTrigger:
    """A feature that changes with time alone crosses the other side of its comparison."""

    __slots__ = ("compare", "feature", "feature_slot", "other", "segments", "slot")

    def __init__(
        self, feature: Feature, slot: int, segments: int, comparison: str, other: Callable[[list[Any]], Any]
    ) -> None:
        self.feature = feature
        self.feature_slot = slot
        self.slot: int | None = None  # the other side may move too
        self.segments = segments
        self.compare = _OPERATORS[comparison]
        self.other = other

    def bound(self, profile: Profile, now_ms: int) -> int:
        span = self._span(profile, now_ms)
        return NEVER if span is None else max(now_ms + 1, span[0])

    def due(self, profile: Profile, now_ms: int) -> int:
        span = self._span(profile, now_ms)
        if span is None:
            return NEVER
        state, feature, compare = profile.states[self.feature_slot], self.feature, self.compare
        other = self.other(profile.values)

        def answers(time_ms: int) -> bool:
            return compare(feature.value(state, time_ms, profile), other)

        # between two boundaries of its window the value goes one way only
        return first_change(answers, now_ms, span[0], min(feature.boundary(state, now_ms) - 1, span[1]))

    def _span(self, profile: Profile, now_ms: int) -> tuple[int, int] | None:
        """Give the times between which the value crosses the other side; None when it does not from now on."""
        value = profile.values[self.feature_slot]
        other = self.other(profile.values)
        if value is None or type(other) is not float:
            return None
        state = profile.states[self.feature_slot]
        span = self.feature.crossing(state, now_ms, value, other, profile)
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

    __slots__ = ("segments", "slot", "spec")

    def __init__(self, spec: SegmentSpec, segments: int) -> None:
        self.spec = spec
        self.slot: int | None = None
        self.segments = segments

    def bound(self, profile: Profile, now_ms: int) -> int:
        return self.due(profile, now_ms)

    def due(self, profile: Profile, now_ms: int) -> int:
        entered_ms = profile.members.get(self.spec.name)
        if entered_ms is not None:
            end_ms = entered_ms + self.spec.min_dwell_ms
        elif self.spec.name in profile.left:
            end_ms = profile.left[self.spec.name] + self.spec.cooldown_ms
        else:
            return NEVER
        return end_ms if end_ms > now_ms else NEVER
