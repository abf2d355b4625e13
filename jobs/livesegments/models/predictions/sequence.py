"""What is kept per user for recurrent models: the last 16 events, and the network's state after them."""

import struct
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from math import log1p
from typing import Any

from livesegments.models.predictions.vectors import compress

__all__ = ["BLOCK", "STEP_COLUMNS", "WINDOW", "EventSequence", "window_start"]

WINDOW = 16
BLOCK = WINDOW // 2
STEP_COLUMNS = ("gap", "events", "age")
"""What every step tells besides the event's own marks: minutes since the event before, events so far, minutes since
the first one; all compressed. The last step is that of now, without an event."""

_KEPT = WINDOW + 1  # one more, to know the gap before the oldest step
_MINUTE_MS = 60_000.0


def window_start(count: int) -> int:
    """Return how many of `count` events lie before the window that the network reads.

    Windows start at multiples of 8 and hold 9 to 16 events once there are that many. So the state after the next
    event follows from one step, yet depends on nothing but the last 16 events: two states are carried, one begun
    8 events after the other.

    >>> [window_start(count) for count in (1, 16, 17, 24, 25)]
    [0, 0, 8, 8, 16]
    """
    return BLOCK * max(0, -(-count // BLOCK) - 2)


class EventSequence:
    """A user's newest events in time order, each with `width` marks (numbers that describe it).

    An event that comes late is put where it belongs, and the carried states are dropped: the next reading starts
    over from the kept events, with the same result as sorted input.
    """

    __slots__ = ("_marks", "_times_ms", "count", "first_ms", "read", "states", "version")

    def __init__(self) -> None:
        self.count = 0
        self.first_ms = 0
        self._times_ms: list[int] = []
        self._marks: list[bytes] = []  # of each event, in half precision
        self.forget_states()

    def forget_states(self) -> None:
        """Drop the carried states, so that the next reading recomputes them."""
        self.states: bytes | None = None
        self.version = 0
        self.read = 0

    def add(self, at_ms: int, marks: Sequence[float]) -> None:
        """Put an event in its place; marks are compressed and kept in half precision."""
        times_ms = self._times_ms
        if not self.count or at_ms < self.first_ms:
            self.first_ms = at_ms
        place = bisect_right(times_ms, at_ms)
        if self.states is not None and (place < len(times_ms) or self.read != self.count):
            self.forget_states()
        self.count += 1
        times_ms.insert(place, at_ms)
        self._marks.insert(place, _packed(marks))
        if len(times_ms) > _KEPT:
            del times_ms[0], self._marks[0]

    def step(self, number: int) -> list[float]:
        """Return the step of the user's event `number` (1 is the first ever), which must lie in the window."""
        place = number - 1 - (self.count - len(self._times_ms))
        at_ms = self._times_ms[place]
        gap_ms = at_ms - self._times_ms[place - 1] if place else 0
        age_ms = at_ms - self.first_ms
        return [
            log1p(gap_ms / _MINUTE_MS),  # what `compress` gives: nothing here is negative
            log1p(number),
            log1p(age_ms / _MINUTE_MS),
            *_unpacked(self._marks[place]),
        ]

    def last_step(self, now_ms: int) -> list[float]:
        """Return the step that no event makes, which comes last: how long the user has done nothing, seen from now.

        Its number of events is 0, which no event's is.
        """
        now_ms = max(now_ms, self._times_ms[-1])
        gap, age = (now_ms - self._times_ms[-1]) / _MINUTE_MS, (now_ms - self.first_ms) / _MINUTE_MS
        return [log1p(gap), 0.0, log1p(age), *[0.0] * (len(self._marks[-1]) // 2)]

    def window(self, now_ms: int = 0) -> list[float]:
        """Return the window's steps, oldest first, then the one of now, one after the other in a flat list."""
        numbers = range(window_start(self.count) + 1, self.count + 1)
        return [value for number in numbers for value in self.step(number)] + self.last_step(now_ms)

    def encode(self) -> list[Any]:
        """Return plain values for msgpack: under 800 bytes with 8 marks and an LSTM's states."""
        marks = b"".join(self._marks)
        return [self.count, self.first_ms, self._times_ms, marks, self.states, self.version, self.read]

    @classmethod
    def decode(cls, plain: Sequence[Any]) -> "EventSequence":
        """Return the sequence that `encode` described."""
        sequence = cls()
        sequence.count, sequence.first_ms, times_ms, packed, sequence.states, sequence.version, sequence.read = plain
        sequence._times_ms = list(times_ms)
        width = len(packed) // len(times_ms) if times_ms else 0
        sequence._marks = [packed[place * width : (place + 1) * width] for place in range(len(times_ms))]
        return sequence


def _packed(values: Sequence[float]) -> bytes:
    return _form(len(values)).pack(*map(compress, values))


def _unpacked(marks: bytes) -> tuple[float, ...]:
    return _form(len(marks) // 2).unpack(marks)


@lru_cache(64)
def _form(width: int) -> struct.Struct:
    return struct.Struct(f"<{width}e")
