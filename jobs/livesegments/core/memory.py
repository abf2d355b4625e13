"""How Python's memory is looked after where many profiles are held."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable
from itertools import islice
from sys import getsizeof
from types import FunctionType, ModuleType
from typing import Any

from msgspec import Raw

__all__ = ["Room", "bytes_of", "look_for_cycles_seldom"]

_SHARED = (str, type, FunctionType, ModuleType, type(None))
_FIRST_LOOK = 512
_LOOKED_AT = 64
_GROWTH = 4
_LOOK_AGAIN = 64
_GO_AT_ONCE = 16
_RAW_BYTES = 64
_OBJECTS_MAX = 100_000


def look_for_cycles_seldom() -> None:
    """Have Python look for reference cycles less often, and hardly ever among all objects, in this whole process.

    Profiles hold no cycles, and looking through many of them for some costs a fifth of the time. So each object is
    looked at once, while it is young, some 100,000 of them at a time; all of them only after ten thousand such looks,
    as with two million the job stands still for a second. A second look brought nothing, and took about a tenth of the
    time where profiles come and go.
    """
    gc.set_threshold(100_000, 10_000, 1)


def bytes_of(one: Any) -> int:
    """Give how many bytes of memory an object takes with all that it holds.

    Texts do not count: those of many users are the same. Nor does what lies beyond the first hundred thousand objects.
    """
    total, seen, found = 0, set[int](), [one]
    while found and len(seen) < _OBJECTS_MAX:
        held = found.pop()
        if id(held) in seen or isinstance(held, _SHARED):
            continue
        seen.add(id(held))
        if isinstance(held, Raw):  # what it says of its own size is not so
            total += _RAW_BYTES + len(held)
        else:
            total += getsizeof(held)
            found += gc.get_referents(held)
    return total


class Room:
    """How many decoded profiles memory has room for: at most `count_max`, and what about `bytes_max` bytes hold.

    The sizes of some are looked at whenever there are four times as many, and once room is short, at each sixty-fourth
    time that there are too many.
    """

    def __init__(self, count_max: int, bytes_max: int) -> None:
        self.count_max = count_max
        self.bytes_max = bytes_max
        self.most = min(count_max, _FIRST_LOOK)  # as far as is known
        self.is_short = False
        self._times = 0

    def over(self, held: int, profiles: Callable[[], Iterable[Any]]) -> int:
        """Give how many of the profiles held are to go: none, or those too many and a sixteenth of those allowed.

        So many go at once because to find those used longest ago takes a walk.
        """
        if held <= self.most:
            return 0
        self._times += 1
        if not self.is_short or self._times >= _LOOK_AGAIN:
            self._times = 0
            sizes = [bytes_of(one) for one in islice(profiles(), 0, None, max(1, held // _LOOKED_AT))]
            most = max(1, min(self.count_max, self.bytes_max * len(sizes) // sum(sizes)))
            self.is_short |= held > most
            self.most = most if self.is_short else min(most, _GROWTH * held)
        return held - self.most + self.most // _GO_AT_ONCE if held > self.most else 0
