"""Events on their way into the models: put in the order of event time, kept in state until they are in a snapshot.

PyFlink tells no operator of a checkpoint, and a snapshot of the models is too large to be written at each call. So each
call writes what it brought, as an entry of a log, and a snapshot follows now and then; a restored operator takes the
snapshot and learns again what the log holds.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from livesegments.core.errors import BadEvent
from livesegments.core.events import Event, decode
from livesegments.core.ingest import reading_of
from livesegments.flink.due_times import NO_WATERMARK

if TYPE_CHECKING:
    from livesegments.models.learning import ModelLearner, ModelRow

__all__ = ["Arrived", "EventLog"]

LEARNED_MAX = 10_000
"""Events learned at most between two snapshots: so many are learned again by a restored operator."""

_SNAPSHOT, _DIGEST = "snapshot 2", "digest"
_SNAPSHOT_BEFORE = "snapshot"  # with lessons instead of events, and without the profiles


class Arrived(NamedTuple):
    """An event, the time of its turn, and what it was read from: `record_ms` is the record's time where it counts."""

    turn_ms: int
    raw: bytes
    record_ms: int | None
    event: Event


class _Entry(msgspec.Struct, array_like=True):
    """What one call brought: events, each as the first three of Arrived, and how far event time was after it."""

    now_ms: int
    events: list[tuple[int, bytes, int | None]]


class _Snapshot(msgspec.Struct, array_like=True):
    """The models after an entry; of that one and earlier, only events later than `now_ms` are not in it."""

    entry: int
    now_ms: int
    models: bytes


_encoder = msgspec.msgpack.Encoder()
_entry_decoder = msgspec.msgpack.Decoder(_Entry)
_snapshot_decoder = msgspec.msgpack.Decoder(_Snapshot)


class EventLog:
    """Feeds events to the models once event time has come to them: in the order of their times, ties as they came.

    An event that comes later than that is learned at once. After an edit of what is learned, the events since the
    snapshot are learned by the new definition.
    """

    def __init__(self, models: ModelLearner, snapshots: Any, entries: Any) -> None:
        self.learned = 0
        self._models = models
        self._snapshots = snapshots
        self._entries = entries
        self._reading = reading_of(models.engine.definition)
        self._waiting: list[tuple[int, int, Event]] = []  # the time of its turn, which one it was, an event
        self._arrived = 0
        self._last = 0  # number of the newest entry
        self._last_is_bare = False  # it holds no events
        self._latest: dict[int, int] = {}  # the entries there are, each with the time of its last event
        self._now_ms = NO_WATERMARK
        self._since_snapshot = 0

    def restore(self) -> bool:
        """Take up what the state holds; False when that is nothing."""
        content = self._snapshots.get(_SNAPSHOT)
        snapshot = None if content is None else _snapshot_decoder.decode(content)
        if snapshot is None:
            return self._restore_before()
        self._models.restore(snapshot.models)
        self._last, self._now_ms = snapshot.entry, snapshot.now_ms
        for number in sorted(self._entries.keys()):
            entry = _entry_decoder.decode(self._entries.get(number))
            self._note(number, entry)
            if number <= snapshot.entry:
                self._wait(one for one in self._arrived_in(entry) if one.turn_ms > snapshot.now_ms)
            else:
                self._wait(self._arrived_in(entry))
                self._learn(entry.now_ms)  # the rows were given before
                self._last, self._last_is_bare = number, not entry.events
        self.learned = 0
        return True

    def _restore_before(self) -> bool:
        """Begin with the versions of a state of before, whose log holds nothing that can be learned any more."""
        for number in list(self._entries.keys()):
            self._entries.remove(number)
        content = self._snapshots.get(_SNAPSHOT_BEFORE)
        if content is not None:
            self._models.restore(_snapshot_decoder.decode(content).models)
            self._snapshots.remove(_SNAPSHOT_BEFORE)
        self.keep_snapshot()
        return content is not None

    def take(self, events: list[Arrived], now_ms: int) -> list[ModelRow]:
        """Take events, learn what is due at `now_ms`, and give the rows of it."""
        if not events and now_ms == self._now_ms:
            return []
        if events or not self._last_is_bare:
            self._last += 1
        entry = _Entry(now_ms, [one[:3] for one in events])
        self._last_is_bare = not events
        self._entries.put(self._last, _encoder.encode(entry))
        self._note(self._last, entry)
        self._wait(events)
        rows = self._learn(now_ms)
        if self._since_snapshot >= LEARNED_MAX:
            self.keep_snapshot()
        return rows

    def last_waiting_ms(self, user_id: str) -> int:
        """Give the time of the latest event of a user that still waits."""
        return max((at_ms for at_ms, _, event in self._waiting if event.user_id == user_id), default=NO_WATERMARK)

    def keep_snapshot(self) -> None:
        """Write the models as they are, and drop the entries that are in them as a whole."""
        content = _Snapshot(self._last, self._now_ms, self._models.snapshot())
        self._snapshots.put(_SNAPSHOT, _encoder.encode(content))
        for number in [number for number, latest_ms in self._latest.items() if latest_ms <= self._now_ms]:
            self._entries.remove(number)
            del self._latest[number]
        self._last_is_bare = False
        self._since_snapshot = 0

    def _note(self, number: int, entry: _Entry) -> None:
        self._latest[number] = max((at_ms for at_ms, _, _ in entry.events), default=NO_WATERMARK)

    def _arrived_in(self, entry: _Entry) -> Iterable[Arrived]:
        """Read the events of an entry again; one that an edited definition refuses is learned no more."""
        for turn_ms, raw, record_ms in entry.events:
            try:
                event = decode(raw, record_ms=record_ms, reading=self._reading)
            except BadEvent:
                continue
            yield Arrived(turn_ms, raw, record_ms, event)

    def _wait(self, events: Iterable[Arrived]) -> None:
        for one in events:
            self._arrived += 1
            heapq.heappush(self._waiting, (one.turn_ms, self._arrived, one.event))

    def _learn(self, now_ms: int) -> list[ModelRow]:
        rows: list[ModelRow] = []
        waiting, models = self._waiting, self._models
        before = len(waiting)
        while waiting and waiting[0][0] <= now_ms:
            rows += models.feed(heapq.heappop(waiting)[2])
        self.learned += before - len(waiting)
        self._since_snapshot += before - len(waiting)
        self._now_ms = now_ms
        if now_ms != NO_WATERMARK:
            rows += models.advance(now_ms)
        return rows
