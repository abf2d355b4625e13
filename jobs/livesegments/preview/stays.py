"""How long stays lasted: counts by length in buckets of one percent, so memory has a bound and a median an error."""

from __future__ import annotations

import math

__all__ = ["Stays"]

_STEP = math.log(1.01)


class Stays:
    """Lengths of stays that ended; a median is within half a percent of the true one. At most 3,000 buckets."""

    __slots__ = ("_counts", "ended")

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self.ended = 0

    def add(self, length_ms: int) -> None:
        """Count a stay that ended."""
        bucket = -1 if length_ms < 1 else round(math.log(length_ms) / _STEP)
        self._counts[bucket] = self._counts.get(bucket, 0) + 1
        self.ended += 1

    def median_ms(self) -> float | None:
        """Give the median length; of an even number of stays the lower one of the middle. None without stays."""
        before = 0
        for bucket, count in sorted(self._counts.items()):
            before += count
            if 2 * before >= self.ended:
                return 0.0 if bucket < 0 else math.exp(bucket * _STEP)
        return None
