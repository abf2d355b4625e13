"""What is counted of one segment while changes pass by; no change is kept."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable

from livesegments.core.times import DAY_MS
from livesegments.preview.stays import Stays

__all__ = ["BACK_WITHIN_MS", "Tally", "UserNumbers"]

BACK_WITHIN_MS = 7 * DAY_MS


class UserNumbers(dict[str, int]):
    """A number for each user in the order in which they are first asked for."""

    def __missing__(self, user_id: str) -> int:
        """Give the next number."""
        number = self[user_id] = len(self)
        return number


class Tally:
    """Running counts of one segment. Per user it holds eight bytes, of users up to the last one that left."""

    __slots__ = ("_left_ms", "causes", "clauses", "days", "ended", "entered", "exited", "returned", "returns", "stays")

    def __init__(self) -> None:
        self.entered = self.exited = self.ended = 0  # ended: by an erase, without leaving
        self.returns = self.returned = 0  # how often, and how many users, came back within seven days
        self.stays = Stays()
        self.causes: Counter[str] = Counter()  # of entries
        self.clauses: Counter[str] = Counter()  # of entries; one that two clauses decided counts for both
        self.days: dict[int, list[int]] = {}  # day since 1970, UTC -> entered, exited, ended
        self._left_ms = array("q")  # by user; negative once the user came back quickly, 0 without

    def enter(self, user: int, time_ms: int, cause: str, clauses: Iterable[str]) -> None:
        """Count a user who entered, and the clauses that decided it; `user` is the user's number."""
        self.entered += 1
        self._day(time_ms)[0] += 1
        self.causes[cause] += 1
        for clause in clauses:
            self.clauses[clause] += 1
        left_ms = self._left_ms[user] if user < len(self._left_ms) else 0
        if left_ms and time_ms - abs(left_ms) <= BACK_WITHIN_MS:
            self.returns += 1
            if left_ms > 0:
                self.returned += 1
                self._left_ms[user] = -left_ms

    def exit(self, user: int, time_ms: int, stay_ms: int) -> None:
        """Count a user who left after a stay."""
        self.exited += 1
        self._day(time_ms)[1] += 1
        self.stays.add(stay_ms)
        missing = user + 1 - len(self._left_ms)
        if missing > 0:
            self._left_ms.frombytes(bytes(8 * (missing + len(self._left_ms) // 8)))
        self._left_ms[user] = -time_ms if self._left_ms[user] < 0 else time_ms

    def end(self, time_ms: int) -> None:
        """Count a membership that ended because the user was erased."""
        self.ended += 1
        self._day(time_ms)[2] += 1

    def _day(self, time_ms: int) -> list[int]:
        day = time_ms // DAY_MS
        counts = self.days.get(day)
        if counts is None:
            counts = self.days[day] = [0, 0, 0]
        return counts
