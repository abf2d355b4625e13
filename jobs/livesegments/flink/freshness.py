"""How old changes are when the job emits them, as a histogram among Flink's metrics. Live runs only."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterable
from typing import Any, Final

from livesegments.core.changes import Change

__all__ = ["BOUNDS_SECONDS", "Freshness"]

BOUNDS_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3_600.0)


class Freshness:
    """Counts changes by their age: the wall clock less the change's time, which is the event's or the exact due time.

    Flink's own histograms are quantiles of one subtask, which cannot be added up, and PyFlink's are not numbers at all.
    So each bound is a counter of the changes that are at most so old, as Prometheus counts them: label `le`, and the
    label `cause`, `time` where no event but time brought the change about.
    """

    def __init__(self, metrics: Any) -> None:
        self._counts = {"event": [0] * (len(BOUNDS_SECONDS) + 1), "time": [0] * (len(BOUNDS_SECONDS) + 1)}
        self._counters: dict[str, list[Any]] = {}
        self._is_new = False
        if metrics is None:  # switched off by python.metric.enabled
            return
        group = metrics.add_group("livesegments")
        for cause in self._counts:
            bounds = [*map(str, BOUNDS_SECONDS), "+Inf"]
            of_cause = group.add_group("cause", cause)
            self._counters[cause] = [of_cause.add_group("le", bound).counter("change_age_bucket") for bound in bounds]

    def add(self, changes: Iterable[Change]) -> None:
        """Count changes that are about to be emitted."""
        now_ms = time.time_ns() // 1_000_000
        for change in changes:
            cause = "time" if change.detail.cause.kind == "time" else "event"
            self._counts[cause][bisect_left(BOUNDS_SECONDS, (now_ms - change.time_ms) / 1_000)] += 1
            self._is_new = True

    def tell(self) -> None:
        """Bring the metrics up to date."""
        if not self._is_new:
            return
        self._is_new = False
        for cause, counters in self._counters.items():
            counts = self._counts[cause]
            at_most = 0
            for index, counter in enumerate(counters):
                at_most += counts[index]
                if at_most:
                    counter.inc(at_most)
            self._counts[cause] = [0] * len(counts)
