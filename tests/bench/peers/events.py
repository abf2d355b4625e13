"""The events: those of tests/bench/core.py, as a backlog of past days or sent now at an even rate."""

from __future__ import annotations

import json
import zlib
from typing import NamedTuple

from bench.core import DEFINITION, lines

__all__ = ["TURNING", "USERS_PACED", "Event", "backlog", "templates"]

USERS_PACED = 1_000
TURNING = DEFINITION.replace("segments:", "  turn: {last: '*', of: turn}\nsegments:\n  turned: {when: 'turn == 1'}", 1)
"""The definition with one segment more, which every event of `templates` makes its user enter or leave."""


class Event(NamedTuple):
    """An event on its way into Kafka."""

    user: str
    raw: bytes

    def partition(self, partitions: int) -> int:
        """Give the partition that all events of this user are sent to."""
        return zlib.crc32(self.user.encode()) % partitions


def backlog(count: int, users: int) -> list[Event]:
    """Give the first events of tests/bench/core.py; their message ids are e0, e1, e2 ..."""
    return [Event(json.loads(raw)["userId"], raw) for raw in lines(count, users)[1]]


def templates() -> list[Event]:
    """Give events to be sent in a circle, with NUMBER and TIME to be filled in; each user's `turn` is 1, 0, 1 ..."""
    found = []
    for number, raw in enumerate(lines(2 * USERS_PACED, USERS_PACED)[1]):
        event, user = json.loads(raw), f"u{number % USERS_PACED}"
        event |= {"messageId": "NUMBER", "userId": user, "timestamp": "TIME"}
        event["properties"] |= {"turn": 1 - number // USERS_PACED}
        found.append(Event(user, json.dumps(event).encode()))
    return found
