"""Gates: an event that moves a value past nothing that it is compared with decides no segment anew.

Where all that a segment does with a feature is to compare it with constants, the answer can only change when the value
moves from one place among those constants to another. So with hundreds of segments over the same features, an event
costs what it touches, and not how many segments read that.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any

from livesegments.core.conditions import thresholds
from livesegments.core.features import Value
from livesegments.core.program.layout import Layout
from livesegments.core.program.segments import CompiledSegment

__all__ = ["NO_NUMBER", "PLACE_NAMES", "Gate", "constants_of", "gates_of", "is_between", "is_part", "place_lines"]

_INLINE_MAX = 3
NO_NUMBER = -3  # the place of what is neither a number nor null


class Gate:
    """The constants that one feature is compared with, and the segments that do nothing else with it.

    `compared` are the segments by constant, `segment_mask` all of them, those that only ask for null included.
    """

    __slots__ = ("compared", "constants", "segment_mask")

    def __init__(self, compared: dict[float, int], segment_mask: int, *, is_whole: bool) -> None:
        ordered = sorted(compared)
        # An int is compared with an int at less cost than with a float.
        self.constants = [int(one) if is_whole and one.is_integer() else one for one in ordered]
        self.compared = [compared[constant] for constant in ordered]
        self.segment_mask = segment_mask

    def place(self, value: Any) -> int:
        """Give the place of a value among the constants, as the lines of `place_lines` do."""
        if value is None:
            return -1
        if type(value) is not float and type(value) is not int:
            return NO_NUMBER
        return bisect_left(self.constants, value) + bisect_right(self.constants, value)

    def moved(self, place: int, before: int) -> int:
        """Give the segments that may answer otherwise where the value went from one place to another."""
        if place < 0 or before < 0:  # null, or not known
            return self.segment_mask
        mask = 0
        for index, segments in enumerate(self.compared):
            # each constant below the value counts for two places, one that it equals for one
            if min(max(place - 2 * index, 0), 2) != min(max(before - 2 * index, 0), 2):
                mask |= segments
        return mask


def gates_of(layout: Layout, segments: Sequence[CompiledSegment], direct_readers: Sequence[int]) -> dict[int, Gate]:
    """Give the gate of each feature slot that has one; `direct_readers` are the segments that read each slot."""
    gates: dict[int, Gate] = {}
    for slot, feature in enumerate(layout.features):
        if not (_is_moved_by_events(layout, slot) if isinstance(feature, Value) else feature.is_numeric):
            continue
        compared: dict[float, int] = {}
        mask = 0
        for segment in segments:
            found = constants_of(segment, feature.name) if segment.bit & direct_readers[slot] else None
            if found is not None:
                mask |= segment.bit
                for constant in found:
                    compared[constant] = compared.get(constant, 0) | segment.bit
        if mask:
            gates[slot] = Gate(compared, mask, is_whole=feature.is_whole)
    return gates


def constants_of(segment: CompiledSegment, name: str) -> set[float] | None:
    """Give the numbers that a segment compares a feature with if that is all its use there, else None."""
    if name not in segment.spec.names:
        return None  # it is read through a `value:`
    constants: set[float] = set()
    for node in (segment.spec.when, segment.spec.exit_when):
        found = () if node is None else thresholds(node, name)
        if found is None:
            return None
        constants.update(threshold.constant for threshold in found)
    return constants


def is_part(layout: Layout, segment: CompiledSegment, name: str) -> bool:
    """Tell whether a `value:` that the segment reads is made of the feature."""
    values = [slot for slot in segment.needs if isinstance(layout.features[slot], Value)]
    return any(name in layout.definition.features[layout.features[slot].name].names for slot in values)


def _is_moved_by_events(layout: Layout, slot: int) -> bool:
    """Tell whether a `value:` is made of cells alone: not of what a model says, nor of the time of the first event."""
    parts = [layout.features[part] for part in layout.slots_of_names([layout.features[slot].name])]
    return all(isinstance(part, Value) or (part.cells and not part.reads_first_ms) for part in parts)


def place_lines(gate: Gate, value: str, constants: str, *, may_be_text: bool = False) -> list[str]:
    """Give lines that set `place` to a number that differs whenever a comparison with a constant may answer otherwise.

    `constants` is the name of the sorted constants. Null has a place of its own, and so has, where `may_be_text`, all
    that is no number.
    """
    if len(gate.constants) <= _INLINE_MAX:
        steps = str(2 * len(gate.constants))
        for index, bound in reversed(list(enumerate(gate.constants))):
            here = f"{2 * index} if not {value} >= {bound!r} else {2 * index + 1} if not {value} > {bound!r}"
            steps = f"{here} else {steps}"
    else:
        steps = f"bisect_left({constants}, {value}) + bisect_right({constants}, {value})"
    other = f"{NO_NUMBER} if type({value}) is not float and type({value}) is not int else " if may_be_text else ""
    return [f"place = -1 if {value} is None else {other}{steps}"]


def is_between(gate: Gate, constants: str) -> str:
    """Give the expression of whether one of the constants is from `low` to `high`."""
    if len(gate.constants) <= _INLINE_MAX:
        return " or ".join(f"low <= {bound!r} <= high" for bound in gate.constants) or "False"
    return f"bisect_left({constants}, low) != bisect_right({constants}, high)"


PLACE_NAMES = {"bisect_left": bisect_left, "bisect_right": bisect_right}
