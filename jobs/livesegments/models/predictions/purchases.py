"""What is kept per user for BG/NBD and Gamma-Gamma: how often, how lately, how long, how much."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import numpy as np

from livesegments.core.times import DAY_MS
from livesegments.models.predictions.cells import Numbers

__all__ = ["PURCHASE_COLUMNS", "Purchases", "rows_of"]

PURCHASE_COLUMNS = ("repeat purchases", "days from first to last", "days since the first", "mean repeat spend")


class Purchases:
    """A user's purchases as five numbers; the order of arrival does not matter.

    >>> purchases = Purchases()
    >>> purchases.add(3 * DAY_MS, 20.0)
    >>> purchases.add(1 * DAY_MS, 10.0)
    >>> purchases.vector(now_ms=11 * DAY_MS)
    [1.0, 2.0, 10.0, 20.0]
    """

    __slots__ = ("_first_amount", "_total", "count", "first_ms", "last_ms")

    def __init__(self) -> None:
        self.count = 0
        self.first_ms = 0
        self.last_ms = 0
        self._first_amount = 0.0
        self._total = 0.0

    def add(self, at_ms: int, amount: float) -> None:
        """Count a purchase; amounts are rounded to 6 decimals and never below 0."""
        if amount < 0.0:
            amount = 0.0
        if not self.count or at_ms < self.first_ms:
            self.first_ms, self._first_amount = at_ms, amount
        if not self.count or at_ms > self.last_ms:
            self.last_ms = at_ms
        self._total = round(self._total + amount, 6)
        self.count += 1

    def vector(self, now_ms: int) -> list[float]:
        """Return x, t_x and T in days, and the mean spend of the repeat purchases (0 if none), as of `now_ms`.

        Empty for a user who has never bought: the models that read this have nothing to say about them.
        """
        if not self.count:
            return []
        repeats = self.count - 1
        lasted_ms, observed_ms = self.last_ms - self.first_ms, max(now_ms, self.last_ms) - self.first_ms
        spend = max(0.0, self._total - self._first_amount) / repeats if repeats else 0.0
        return [float(repeats), lasted_ms / DAY_MS, observed_ms / DAY_MS, spend]

    def encode(self) -> list[Any]:
        """Return plain values for msgpack, under 50 bytes."""
        return [self.count, self.first_ms, self.last_ms, self._first_amount, self._total]

    @classmethod
    def decode(cls, plain: Sequence[Any]) -> "Purchases":
        """Return what `encode` described."""
        purchases = cls()
        purchases.count, purchases.first_ms, purchases.last_ms, purchases._first_amount, purchases._total = plain
        return purchases


def rows_of(users: Iterable[Purchases], now_ms: int) -> Numbers:
    """Return what `Purchases.vector` does, one row per user who has ever bought."""
    kept = [(one.count, one.first_ms, one.last_ms, one._first_amount, one._total) for one in users if one.count]
    # Four times as fast as numpy makes a matrix of them.
    count, first_ms, last_ms, first_amount, total = np.fromiter(chain.from_iterable(kept), float).reshape(-1, 5).T
    repeats, lasted_ms, observed_ms = count - 1.0, last_ms - first_ms, np.maximum(last_ms, now_ms) - first_ms
    spend = np.where(repeats > 0.0, np.maximum(0.0, total - first_amount) / np.maximum(repeats, 1.0), 0.0)
    return np.stack([repeats, lasted_ms / DAY_MS, observed_ms / DAY_MS, spend], axis=1)
