"""Delivery: most events at once and in order, some late, some twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from livesegments.core.times import DAY_MS
from livesegments.shop.generator.settings import HOUR_MS, Ints, Settings

__all__ = ["LATE_MS_MAX", "Delivery"]

LATE_MS_MAX = 6 * DAY_MS
"""Below the contract's default lateness of seven days, so no event is lost."""

_LATE_MS_MEAN = 2 * HOUR_MS
_VERY_LATE_SHARE = 0.05
_AGAIN_MS_MEAN = 10 * 60_000
_AGAIN_MS_MAX = 12 * HOUR_MS


class Delivery:
    """Holds lines until they are delivered; memory is bounded by what a few days bring late."""

    __slots__ = ("_lines", "_rng", "_settings", "_times")

    def __init__(self, settings: Settings, rng: np.random.Generator) -> None:
        self._settings = settings
        self._rng = rng
        self._lines: list[bytes] = []
        self._times: list[Ints] = []

    def add(self, times_ms: Ints, lines: Sequence[bytes], rng: np.random.Generator | None = None) -> None:
        """Take events with their own times; those at or after the end never happen.

        `rng` is for events that not every shop has: with draws of their own they leave the others' delivery alone.
        """
        rng = rng or self._rng
        inside = times_ms < self._settings.end_ms
        if not inside.all():
            kept = np.flatnonzero(inside)
            times_ms, lines = times_ms[kept], [lines[number] for number in kept.tolist()]
        if not lines:
            return
        size = times_ms.size
        delivered = times_ms + np.where(rng.random(size) < self._settings.late, self._late_ms(rng, size), 0)
        self._times.append(delivered)
        self._lines.extend(lines)
        twice = np.flatnonzero(rng.random(size) < self._settings.duplicates)
        if twice.size:
            again = rng.standard_exponential(twice.size) * _AGAIN_MS_MEAN
            self._times.append(delivered[twice] + np.minimum(again, _AGAIN_MS_MAX).astype(np.int64))
            self._lines.extend([lines[number] for number in twice.tolist()])

    @staticmethod
    def _late_ms(rng: np.random.Generator, size: int) -> Ints:
        very = rng.random(size) < _VERY_LATE_SHARE
        delay = rng.standard_exponential(size) * np.where(very, 12 * _LATE_MS_MEAN, _LATE_MS_MEAN)
        late_ms: Ints = np.minimum(delay, LATE_MS_MAX).astype(np.int64)
        return late_ms

    def until(self, time_ms: int | None) -> Iterator[bytes]:
        """Yield what is delivered before a time, or all that is left, in order of delivery."""
        if not self._lines:
            return
        times, lines = np.concatenate(self._times), self._lines
        order = np.argsort(times, kind="stable")
        split = order.size if time_ms is None else int(np.searchsorted(times[order], time_ms))
        rest = order[split:]
        self._times = [times[rest]]
        self._lines = [lines[number] for number in rest.tolist()]
        for number in order[:split].tolist():
            yield lines[number]
