"""How many users are in a segment, and in two of them, at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from livesegments.preview.records import Overlap
from livesegments.preview.sample import Sample

__all__ = ["Overlaps"]


class Overlaps:
    """Counts of members by segment and by pair; `masks` has how many users are in the same segments, `bits` by name."""

    def __init__(self, masks: Mapping[int, int], bits: Mapping[str, int]) -> None:
        self.members: Counter[str] = Counter()
        self._both: dict[str, Counter[str]] = {name: Counter() for name in bits}
        for mask, users in masks.items():
            names = [name for name, bit in bits.items() if mask & bit]
            for name in names:
                self.members[name] += users
                both = self._both[name]
                for other in names:
                    both[other] += users

    def of(self, name: str, sample: Sample) -> list[Overlap]:
        """Give all other segments that share a user with this one, the most alike first."""
        members = self.members
        found = [
            Overlap(segment=other, both=sample.scaled(both), jaccard=both / (members[name] + members[other] - both))
            for other, both in self._both[name].items()
            if other != name
        ]
        return sorted(found, key=lambda overlap: (-overlap.jaccard, overlap.segment))
