"""What the place of a value alone tells: that a condition does not hold, whatever else the user did.

Where one part of a condition `a && b` does not hold, the whole does not. A user who is out of a segment then stays out,
so that it need not be decided.

A place holds until an event touches the value or something is due: time alone moves no value past a constant before
that, and after what was due all places are forgotten (`Clock.forget_places`). The constants are doubles, and so is
every value that has a place and is beyond 2**53; what is compared by all of its digits, as ids are, has no place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from livesegments.core.clock import UNKNOWN
from livesegments.core.conditions import Threshold, compared, conjuncts
from livesegments.core.features import Value
from livesegments.core.program.dependence import Dependence

__all__ = ["Ruled", "ruled_out"]

_HOLDS: dict[str, tuple[int, ...]] = {  # of a value below (0), at (1) and above (2) the constant
    "<": (0,),
    "<=": (0, 1),
    "==": (1,),
    ">=": (1, 2),
    ">": (2,),
}


class Ruled(dict[int, int]):
    """Of one gated feature: the segments out of which a user stays while the value is in a place."""

    def __init__(self, constants: Sequence[float], parts: Iterable[tuple[int, Threshold]]) -> None:
        super().__init__()
        self._parts = [(bit, 2 * constants.index(part.constant), _HOLDS[part.operator]) for bit, part in parts]

    @property
    def segment_mask(self) -> int:
        """Give all segments that some place rules out."""
        mask = 0
        for bit, _, _ in self._parts:
            mask |= bit
        return mask

    def __missing__(self, place: int) -> int:
        mask = 0
        for bit, first, holds in self._parts:
            if place != UNKNOWN and (place < 0 or min(max(place - first, 0), 2) not in holds):
                mask |= bit
        self[place] = mask
        return mask


def ruled_out(program: Dependence, decidable: int) -> dict[int, Ruled]:
    """Give by slot what the places of each gated feature rule out, of the segments of a mask."""
    parts: dict[int, list[tuple[int, Threshold]]] = {}
    for segment in program.segments:
        if not segment.bit & decidable or segment.spec.when is None:
            continue
        for node in conjuncts(segment.spec.when):
            name, part = compared(node) or ("", None)
            gate = program.gates.get(program.slots.get(name, -1))
            if part is None or gate is None or not gate.segment_mask & segment.bit:
                continue
            feature = program.features[program.slots[name]]
            if not feature.cells and not isinstance(feature, Value):  # no event finds its place, such as a bucket's
                continue
            if part.operator in _HOLDS:
                parts.setdefault(program.slots[name], []).append((segment.bit, part))
    return {slot: Ruled(program.gates[slot].constants, found) for slot, found in parts.items()}
