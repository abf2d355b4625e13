"""What the demo counts as changes come: members by segment, users by cluster, and the newest changes by event time."""

from __future__ import annotations

import heapq
from collections import Counter
from typing import Any

import msgspec

__all__ = ["NEWEST", "DemoTally"]

NEWEST = 10


class DemoTally:
    """Takes changes in any order; those of one user come in order."""

    def __init__(self, clusterings: list[str], *, keep_all: bool = False) -> None:
        self.entered: Counter[str] = Counter()
        self.left: Counter[str] = Counter()
        self.groups: dict[str, Counter[str]] = {name: Counter() for name in clusterings}
        self.changes = 0
        self._newest: list[tuple[str, str, int, dict[str, Any]]] = []  # a heap, the oldest first
        self._all: list[tuple[str, str, int, dict[str, Any]]] | None = [] if keep_all else None

    def add(self, line: bytes) -> None:
        """Count a change."""
        record = msgspec.json.decode(line, type=dict)
        found = record["data"]
        self.changes += 1
        segment = found.get("segment")
        if segment is not None:
            (self.entered if found["change"] == "entered" else self.left)[segment] += 1
        elif "clustering" in found:
            self.groups[found["clustering"]].update({found["before"]: -1, found["after"]: 1})
        entry = (record["time"], found["user_id"], found["sequence"], record)
        if self._all is not None:
            self._all.append(entry)
        if len(self._newest) < NEWEST:
            heapq.heappush(self._newest, entry)
        else:
            heapq.heappushpop(self._newest, entry)

    def members(self, segment: str) -> int:
        """Give how many are in a segment."""
        return self.entered[segment] - self.left[segment]

    def newest(self) -> list[dict[str, Any]]:
        """Give the newest changes by event time, oldest first."""
        return [entry[3] for entry in sorted(self._newest, key=lambda one: one[:3])]

    def all(self) -> list[dict[str, Any]]:
        """Give all changes by event time, where they are kept."""
        return [entry[3] for entry in sorted(self._all or (), key=lambda one: one[:3])]
