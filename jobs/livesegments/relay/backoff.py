"""How long to wait before the next attempt."""

from __future__ import annotations

import random

__all__ = ["wait_seconds"]

FIRST_SECONDS = 0.5
SECONDS_MAX = 300.0


def wait_seconds(failures: int, seconds_max: float = SECONDS_MAX) -> float:
    """Give the seconds to wait after so many failures in a row: doubling, at most `seconds_max`, half of it at random.

    >>> 0.25 <= wait_seconds(1) <= 0.5, 1.0 <= wait_seconds(3) <= 2.0, 150.0 <= wait_seconds(5_000) <= 300.0
    (True, True, True)
    """
    longest = min(seconds_max, FIRST_SECONDS * 2 ** min(failures - 1, 30))
    return float(longest * random.uniform(0.5, 1.0))
