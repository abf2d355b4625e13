"""How Python's memory is looked after where many profiles are held."""

from __future__ import annotations

import gc

__all__ = ["look_for_cycles_seldom"]


def look_for_cycles_seldom() -> None:
    """Have Python look for reference cycles a hundred times less often, in this whole process.

    Profiles hold no cycles, and looking through many of them for some costs a fifth of the time.
    """
    gc.set_threshold(100_000, 20, 100)
