"""Which class of a prediction a user is in: now, and later if nothing happens."""

from __future__ import annotations

import msgspec

from livesegments.core.definition import Definition, PredictionSpec, SegmentSpec
from livesegments.core.profile import Profile
from livesegments.core.program import Program

__all__ = ["Classes"]

_CHANGES_MAX = 64
"""Times looked at within one horizon; what would change after so many is told by the user's next event."""


class Classes:
    """The conditions of one prediction's classes; the first that holds decides, in the order of the definition.

    `learned` is the definition of the profiles that are asked about: the same features in the same order.
    """

    def __init__(self, learned: Definition, spec: PredictionSpec) -> None:
        segments = {
            f"{spec.name}.{name}": SegmentSpec(name=f"{spec.name}.{name}", when=node)
            for name, node in spec.classes.items()
        }
        program = Program(_only(learned, segments))
        self._triggers = program.triggers
        self._conditions = [segment.when for segment in program.segments]

    def now(self, profile: Profile) -> int | None:
        """Give the number of the class at the user's clock, None for none of them."""
        return self._at(profile, profile.clock_ms)

    def ahead(self, profile: Profile, until_ms: int) -> list[tuple[int, int | None]]:
        """Give each time after the clock, up to `until_ms`, at which time alone moves the user, and the class then."""
        kept = profile.clock.look_ahead()
        moves: list[tuple[int, int | None]] = []
        now_ms = profile.clock_ms
        last = self._at(profile, now_ms)
        for _ in range(_CHANGES_MAX):
            now_ms = min((trigger.due_ms(profile, now_ms) for trigger in self._triggers), default=until_ms + 1)
            if now_ms > until_ms:
                break
            number = self._at(profile, now_ms)
            if number != last:
                moves.append((now_ms, number))
                last = number
        profile.clock.put_back(kept)
        return moves

    def _at(self, profile: Profile, now_ms: int) -> int | None:
        profile.clock.move_to(now_ms)
        conditions = enumerate(self._conditions)
        return next((number for number, holds in conditions if holds(profile, now_ms) is True), None)


def _only(learned: Definition, segments: dict[str, SegmentSpec]) -> Definition:
    """Give the definition with these segments and no models; the slots of its features stay the same."""
    return msgspec.structs.replace(learned, segments=segments, clusters={}, predictions={})
