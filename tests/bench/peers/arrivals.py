"""The changes that arrive, and what they tell: how far the engine has come, what is lost, there twice, or wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from bench.peers.events import Event
from livesegments.core.times import parse_time

__all__ = ["Arrivals", "Check", "Rate", "check", "latencies", "rate"]


class _Cause(msgspec.Struct):
    message_id: str | None = None


class _Detail(msgspec.Struct):
    cause: _Cause


class _Record(msgspec.Struct):
    id: str
    time: str
    data: _Detail


class Arrival(NamedTuple):
    """A change: when the broker took it, when it was seen (seconds since the epoch), and what it is."""

    taken: float
    seen: float
    id: str
    time_ms: int
    number: int | None  # of the event that is its cause
    record: bytes


_decoder = msgspec.json.Decoder(_Record)


class Arrivals:
    """Follows the file of a reader."""

    def __init__(self, file: Path) -> None:
        self.file, self.offset = file, 0
        self.all: list[Arrival] = []
        self.ids: set[str] = set()

    def poll(self) -> list[Arrival]:
        """Give what has come since the last call."""
        if not self.file.exists():
            return []
        with self.file.open("rb") as file:
            file.seek(self.offset)
            content = file.read()
        content = content[: content.rfind(b"\n") + 1]
        self.offset += len(content)
        new = [_arrival(line) for line in content.splitlines()]
        self.all += new
        self.ids.update(arrival.id for arrival in new)
        return new


def _arrival(line: bytes) -> Arrival:
    taken, seen, record = line.split(b" ", 2)
    found = _decoder.decode(record)
    message = found.data.cause.message_id
    number = int(message[1:]) if message else None
    return Arrival(int(taken) / 1e3, float(seen) / 1e3, found.id, parse_time(found.time), number, record)


class Check(NamedTuple):
    """What came compared with what replay says."""

    changes: int
    lost: int
    twice: int
    wrong: int  # not what replay says under this id


def check(arrivals: Sequence[Arrival], by_event: Mapping[str, bytes], by_time: Mapping[str, bytes]) -> Check:
    """Compare; what time brings about after a user's last event may come, but need not: peers have no timers."""
    counts = Counter(arrival.id for arrival in arrivals)
    expected = {**by_time, **by_event}
    end_ms = max((parse_time(_decoder.decode(record).time) for record in expected.values()), default=0)
    wrong = {
        arrival.id
        for arrival in arrivals
        if arrival.record != expected.get(arrival.id) and (arrival.id in expected or arrival.time_ms <= end_ms)
    }
    lost = len(by_event.keys() - counts.keys())
    return Check(len(by_event), lost, sum(counts.values()) - len(counts), len(wrong))


class Rate(NamedTuple):
    """Events in how many seconds, and between which times."""

    events: int
    start: float
    end: float

    @property
    def per_second(self) -> float:
        return self.events / (self.end - self.start)


def rate(arrivals: Sequence[Arrival], events: Sequence[Event], partitions: int, warm: float) -> Rate:
    """Give the rate after the first part `warm` of the events.

    How far an engine is, its changes tell: each names the event that is its cause, and partitions are read in order.
    The time is when the broker took the change, whenever it became visible.
    """
    places, sizes = [], [0] * partitions
    for event in events:
        partition = event.partition(partitions)
        sizes[partition] += 1
        places.append((partition, sizes[partition]))
    reached = [0] * partitions
    start: tuple[float, int] | None = None
    last = (0.0, 0)
    for arrival in sorted(arrivals, key=lambda arrival: arrival.taken):
        if arrival.number is None:
            continue
        partition, place = places[arrival.number]
        reached[partition] = max(reached[partition], place)
        last = arrival.taken, sum(reached)
        if start is None and last[1] >= warm * len(events):
            start = last
    assert start is not None, "too few changes came to tell how fast it was"
    assert last[0] > start[0], "too few changes came to tell how fast it was"
    return Rate(last[1] - start[1], start[0], last[0])


def latencies(arrivals: Sequence[Arrival], start: float, end: float) -> list[float]:
    """Give, sorted, the seconds from sending an event to seeing its change, of events sent between two times."""
    ours = (arrival for arrival in arrivals if arrival.number is not None)
    return sorted(a.seen - a.time_ms / 1e3 for a in ours if start <= a.time_ms / 1e3 < end)
