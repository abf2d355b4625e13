"""Lessons on their way into the models: put in the order of event time, kept in state until they are in a snapshot.

PyFlink tells no operator of a checkpoint, and a snapshot of the models is too large to be written at each call. So each
call writes what it brought, as an entry of a log, and a snapshot follows now and then; a restored operator takes the
snapshot and learns again what the log holds.
"""

from __future__ import annotations

import heapq
from typing import Any

import msgspec

from livesegments.flink.due_times import NO_WATERMARK
from livesegments.models.learning import Lesson, ModelLearner, ModelRow

__all__ = ["LessonLog"]

LEARNED_MAX = 5_000
"""Lessons learned at most between two snapshots: so many are learned again by a restored operator."""

_SNAPSHOT, _DIGEST = "snapshot", "digest"


class _Entry(msgspec.Struct, array_like=True):
    """What one call brought: lessons with their times, and how far event time was after it."""

    now_ms: int
    lessons: list[tuple[int, Lesson]]


class _Snapshot(msgspec.Struct, array_like=True):
    """The models after an entry; of that one and earlier, only lessons later than `now_ms` are not in it."""

    entry: int
    now_ms: int
    models: bytes


_encoder = msgspec.msgpack.Encoder()
_entry_decoder = msgspec.msgpack.Decoder(_Entry)
_snapshot_decoder = msgspec.msgpack.Decoder(_Snapshot)


class LessonLog:
    """Feeds lessons to the models once event time has come to them: in the order of their times, ties as they came.

    A lesson that comes later than that, because its event did, is learned at once. After an edit of what is learned,
    the lessons since the snapshot mean nothing any more and are dropped.
    """

    def __init__(self, models: ModelLearner, snapshots: Any, entries: Any) -> None:
        self.learned = 0
        self._models = models
        self._snapshots = snapshots
        self._entries = entries
        self._waiting: list[tuple[int, int, Lesson]] = []
        self._arrived = 0
        self._last = 0  # number of the newest entry
        self._last_is_bare = False  # it holds no lessons
        self._latest: dict[int, int] = {}  # the entries there are, each with the time of its last lesson
        self._now_ms = NO_WATERMARK
        self._since_snapshot = 0

    def restore(self) -> bool:
        """Take up what the state holds; False when that is nothing."""
        self._drop_if_edited()
        content = self._snapshots.get(_SNAPSHOT)
        snapshot = None if content is None else _snapshot_decoder.decode(content)
        if snapshot is not None:
            self._models.restore(snapshot.models)
            self._last, self._now_ms = snapshot.entry, snapshot.now_ms
        for number in sorted(self._entries.keys()):
            entry = _entry_decoder.decode(self._entries.get(number))
            self._note(number, entry)
            if snapshot is not None and number <= snapshot.entry:
                self._wait([(at_ms, lesson) for at_ms, lesson in entry.lessons if at_ms > snapshot.now_ms])
            else:
                self._wait(entry.lessons)
                self._learn(entry.now_ms)  # the rows were given before
                self._last, self._last_is_bare = number, not entry.lessons
        self.learned = 0
        return snapshot is not None or bool(self._latest)

    def take(self, lessons: list[tuple[int, Lesson]], now_ms: int) -> list[ModelRow]:
        """Take lessons with their times, learn what is due at `now_ms` of event time, and give the rows of it."""
        if not lessons and now_ms == self._now_ms:
            return []
        if lessons or not self._last_is_bare:
            self._last += 1
        entry = _Entry(now_ms, lessons)
        self._last_is_bare = not lessons
        self._entries.put(self._last, _encoder.encode(entry))
        self._note(self._last, entry)
        self._wait(lessons)
        rows = self._learn(now_ms)
        if self._since_snapshot >= LEARNED_MAX:
            self.keep_snapshot()
        return rows

    def keep_snapshot(self) -> None:
        """Write the models as they are, and drop the entries that are in them as a whole."""
        content = _Snapshot(self._last, self._now_ms, self._models.snapshot())
        self._snapshots.put(_SNAPSHOT, _encoder.encode(content))
        for number in [number for number, latest_ms in self._latest.items() if latest_ms <= self._now_ms]:
            self._entries.remove(number)
            del self._latest[number]
        self._last_is_bare = False
        self._since_snapshot = 0

    def _drop_if_edited(self) -> None:
        digest = self._models.engine.program.digest.encode()
        if self._snapshots.get(_DIGEST) == digest:
            return
        self._snapshots.put(_DIGEST, digest)
        for number in list(self._entries.keys()):
            self._entries.remove(number)

    def _note(self, number: int, entry: _Entry) -> None:
        self._latest[number] = max((at_ms for at_ms, _ in entry.lessons), default=NO_WATERMARK)

    def _wait(self, lessons: list[tuple[int, Lesson]]) -> None:
        for at_ms, lesson in lessons:
            self._arrived += 1
            heapq.heappush(self._waiting, (at_ms, self._arrived, lesson))

    def _learn(self, now_ms: int) -> list[ModelRow]:
        rows: list[ModelRow] = []
        waiting, models = self._waiting, self._models
        before = len(waiting)
        while waiting and waiting[0][0] <= now_ms:
            rows += models.learn(heapq.heappop(waiting)[2])
        self.learned += before - len(waiting)
        self._since_snapshot += before - len(waiting)
        self._now_ms = now_ms
        if now_ms != NO_WATERMARK:
            rows += models.advance(now_ms)
        return rows
