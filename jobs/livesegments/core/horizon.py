"""How far the events of a whole input reach, where some were made by a clock that is ahead of all others."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from livesegments.core.times import DAY_MS

__all__ = ["HOUR_MS", "Gap", "gaps_of", "goes_back", "horizon_ms", "is_slip"]

HOUR_MS = 3_600_000
_DAY = 24
_TIMES_LONGER = 10  # than any gap before it
_GAP_MIN = _DAY  # hours
_SPAN_MIN = 7 * _DAY  # hours that the events before must cover, to be judged by counts alone
_SHARE_MAX = 100  # less than one event in so many lies behind
_BUSY_EVENTS = 10
_LONG_GAP = 30 * _DAY  # hours, where the order of lines is asked as well


class Gap(NamedTuple):
    """A time without events, longer than a day and than ten times any before it; hours count from 1970."""

    last: int  # the last hour with events before it
    first: int  # the first hour with events behind it
    before: int  # events
    behind: int  # events

    @property
    def start_ms(self) -> int:
        """Give when the last hour before it ends."""
        return (self.last + 1) * HOUR_MS

    @property
    def days(self) -> float:
        """Give its length."""
        return (self.first - self.last) / _DAY


def gaps_of(hours: Mapping[int, int]) -> Iterator[Gap]:
    """Give the gaps of an input in the order of time; `hours` has the events of each hour that has any."""
    known = sorted(hours)
    total = sum(hours.values())
    longest = before = 0
    for last, first in pairwise(known):
        before += hours[last]
        length = first - last
        if length > max(_GAP_MIN, _TIMES_LONGER * longest):
            yield Gap(last, first, before, total - before)
        longest = max(longest, length)


def is_slip(gap: Gap, hours: Mapping[int, int]) -> bool:
    """Tell by counts alone whether what lies behind a gap was made by wrong clocks.

    It was where the events before cover a week, less than 1 % of all lie behind, and no hour behind is as busy as half
    a mean hour before: after a pause of everyone the hours are as they were.
    """
    if gap.last - min(hours) < _SPAN_MIN or gap.behind * _SHARE_MAX >= gap.before + gap.behind:
        return False
    busiest = max(events for hour, events in hours.items() if hour > gap.last)
    hours_before = sum(hour <= gap.last for hour in hours)
    return busiest < _BUSY_EVENTS or 2 * busiest * hours_before < gap.before


def goes_back(gap: Gap, events: Iterable[tuple[Hashable, int]]) -> bool:
    """Tell by the order of lines whether what lies behind a long gap was made by wrong clocks.

    `events` are whose each event is (a user of one file) and its time, in the order of lines. The clocks were wrong
    where the same users' later lines lie before the gap, and more lines do so than lie behind it: taken as they are,
    those many would be too late for the few.
    """
    if gap.first - gap.last <= _LONG_GAP or gap.behind >= gap.before:
        return False
    ahead = set()
    back = 0
    for user, time_ms in events:
        if time_ms >= gap.start_ms:
            ahead.add(user)
        elif user in ahead:
            back += 1
    return back > gap.behind


def horizon_ms(gap: Gap) -> int:
    """Give the greatest time that an event may have, where what lies behind a gap is wrong: a day after it begins."""
    return gap.start_ms + DAY_MS
