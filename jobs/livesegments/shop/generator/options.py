"""The optional settings by name, for the functions that take them as keywords."""

from __future__ import annotations

from typing import TypedDict

__all__ = ["Options"]


class Options(TypedDict, total=False):
    """All of `Settings` that has a default."""

    start_ms: int
    late: float
    duplicates: float
    price_shift_day: int | None
    price_shift: float
    emerging_day: int | None
    emerging_share: float
    visitors: bool
    carts: bool
