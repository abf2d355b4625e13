"""When an idle user goes over to which version of a clustering."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from zlib import crc32

from livesegments.core.times import DAY_MS
from livesegments.models.clusters.model import ClusterModel

__all__ = ["Succession"]


class Succession:
    """When an idle user goes over to which version of a clustering.

    Each user has a moment of the day (`phase`), so that not all go over at once. At the first of them that is an
    interval after the version before came into force, a user who did nothing takes the next version; where that was
    late, at the first that is a day, two, four ... later. So nobody need be looked at before, whatever versions come.
    """

    def __init__(self, models: Sequence[ClusterModel], interval_ms: int) -> None:
        self.models = models
        self._interval_ms = interval_ms
        self._period_ms = max(min(interval_ms, DAY_MS), 4)
        self._effective = [model.effective_at for model in models]
        before: list[int | None] = [None, *self._effective]
        from_ms = [self._after(one, at_ms) for one, at_ms in zip(before, self._effective, strict=False)]
        self._from_ms = list(accumulate(from_ms, max))  # where one was late, the next ones may be there already
        rests = Counter(at_ms % self._period_ms for at_ms in self._from_ms)
        self._rest_ms = max(rests, key=rests.__getitem__, default=0)

    def phase(self, user_id: str) -> int:
        """Give a user's moment: never in the first quarter of a day, in which a version may be on its way."""
        quarter = self._period_ms // 4
        return quarter + (crc32(user_id.encode()) * (self._period_ms - quarter) >> 32)

    def index_at(self, applied_ms: int, phase: int, now_ms: int) -> int:
        """Give the version that a user has at now, -1 before the first; each event takes the newest in force."""
        index = bisect_right(self._effective, applied_ms) - 1
        if applied_ms < now_ms:
            idle = bisect_right(self._from_ms, now_ms - (now_ms - phase) % self._period_ms) - 1
            return idle if idle > index else index
        return index

    def next_ms(self, index: int, phase: int, now_ms: int) -> int:
        """Give when a user who has a version, or none (-1), takes the next one; if it is not known, looks for it."""
        if index + 1 < len(self.models):
            takes_ms = self.takes_ms(index + 1, phase)
            return takes_ms if takes_ms > now_ms else now_ms + 1
        from_ms = max(self._after(self._effective[index] if index >= 0 else None, now_ms), now_ms + 1)
        return from_ms + (phase - from_ms) % self._period_ms

    def spans(self) -> tuple[list[int], list[int]]:
        """Give when users take each version, and when the one after it: each user by `later_ms` later.

        Nearly all versions come at one time of the day. Of others it is too early a begin and too late an end.
        """
        if not self.models:
            return [], []
        until_ms = [*self._from_ms[1:], max(self._after(self._effective[-1], 0), self._from_ms[-1])]
        period_ms, rest_ms = self._period_ms, self._rest_ms
        begins = [at_ms - period_ms * (at_ms % period_ms != rest_ms) for at_ms in self._from_ms]
        return begins, [at_ms + period_ms * (at_ms % period_ms != rest_ms) for at_ms in until_ms]

    def later_ms(self, phase: int) -> int:
        """Give by how much a user's moments are later than the spans."""
        return (phase - self._rest_ms) % self._period_ms

    def takes_ms(self, index: int, phase: int) -> int:
        """Give when an idle user takes a version."""
        from_ms = self._from_ms[index]
        return from_ms + (phase - from_ms) % self._period_ms

    def _after(self, before_ms: int | None, at_ms: int) -> int:
        """Give the first time not before `at_ms` at which idle users look for what follows a version."""
        if before_ms is None:
            return at_ms
        first_ms, step_ms = before_ms + self._interval_ms, self._period_ms
        if at_ms <= first_ms:
            return first_ms
        while first_ms + step_ms < at_ms:
            step_ms *= 2
        return first_ms + step_ms
