"""Events for so many users: one of each to fill the state, then the timed ones, then a mark for each partition."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

from bench.core import lines
from bench.peers.events import Event
from livesegments.core.times import format_time

__all__ = ["marks", "stream"]

START_MS = 1_731_000_000_000
FILL_STEP_MS = 50
STEP_MS = 1_000
TURN_EVERY = 20  # of the timed events one makes its user enter or leave a segment: from these the rate is read
SHAPES = 5_000


def stream(users: int, timed: int, partitions: int, *, even: bool) -> list[Event]:
    """Give the events in time order; `even` draws users alike, else some do far more than others, as in core.py."""
    return list(_stream(users, timed, partitions, even))


def _stream(users: int, timed: int, partitions: int, even: bool) -> Iterator[Event]:
    chance, shapes = random.Random(1), _shapes()
    time_ms, turns = START_MS, [0] * users
    for number in range(users + timed):
        is_fill = number < users
        user = number if is_fill else int(users * (chance.random() if even else chance.random() ** 3))
        time_ms += FILL_STEP_MS if is_fill else STEP_MS
        turn = b""
        if not is_fill and number % TURN_EVERY == 0:
            turns[user] = 1 - turns[user]
            turn = b'"turn": %d, ' % turns[user]
        yield _event(shapes[number % SHAPES], f"u{user}", number, time_ms, turn)
    for number, user in enumerate(marks(partitions), start=users + timed):
        yield _event(shapes[0], user, number, time_ms + STEP_MS, b'"turn": 1, ')


def marks(partitions: int) -> list[str]:
    """Give a user for each partition who does nothing but the last event there."""
    found: dict[int, str] = {}
    number = 0
    while len(found) < partitions:
        found.setdefault(Event(f"mark{number}", b"").partition(partitions), f"mark{number}")
        number += 1
    return list(found.values())


def _shapes() -> list[bytes]:
    found = []
    for raw in lines(SHAPES, 1)[1]:
        event = json.loads(raw) | {"messageId": "NUMBER", "userId": "USER", "timestamp": "TIME"}
        found.append(json.dumps(event).replace('"properties": {', '"properties": {TURN').encode())
    return found


def _event(shape: bytes, user: str, number: int, time_ms: int, turn: bytes) -> Event:
    raw = shape.replace(b"NUMBER", b"e%d" % number, 1).replace(b"USER", user.encode(), 1)
    return Event(user, raw.replace(b"TIME", format_time(time_ms).encode(), 1).replace(b"TURN", turn, 1))
