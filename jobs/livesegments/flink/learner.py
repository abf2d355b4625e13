"""The Learner: the Python operator behind the sample of users. It keeps their profiles and feeds the models.

State, below one key: profiles (user id -> bytes), due (second -> user ids), snapshot (the models), lessons (its log).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec
from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction
from pyflink.datastream.state import MapStateDescriptor

from livesegments.core.definition import Definition
from livesegments.core.errors import BadEvent
from livesegments.core.events import decode
from livesegments.core.ingest import reading_of
from livesegments.core.memory import look_for_cycles_seldom
from livesegments.core.times import NEVER
from livesegments.flink.due_times import NO_WATERMARK, DueTimes, second_after
from livesegments.flink.frames import END, TABLES, EventFrame, RowFrame, kind_of, read_end
from livesegments.flink.moves import Move, do_move, read_move
from livesegments.flink.store import Entry, ProfileStore
from livesegments.flink.tally import LearnerTally

if TYPE_CHECKING:
    from livesegments.models.learning import Lesson, ModelRow

__all__ = ["Learner", "LearnerSettings"]

SEGMENT_MODELS = TABLES.index("segment_models")
_AT_ONCE_MS = 0  # the time of every lesson of a bounded input: it is learned in the order of the input


class LearnerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the client decides and the worker needs; `models` are records to begin with."""

    definition: bytes
    is_bounded: bool
    until_ms: int | None
    latest_ms: int
    models: tuple[bytes, ...]
    profiles_decoded: int
    profiles_resident: int | None


class Learner(KeyedProcessFunction):  # type: ignore[misc]
    """Applies the sampled events to profiles of its own and learns from them; gives back frames of rows.

    Live, lessons are learned in the order of event time once the watermark has come to them, so with the same input
    the same is learned whatever the parallelism, but for events that come later than the watermark. At the end of a
    bounded input everything is learned, in the order of the input.
    Bad events are dropped here: the Segmenter reports them.
    """

    def __init__(self, settings: LearnerSettings) -> None:
        self.settings = settings

    def open(self, runtime_context: Any) -> None:
        from livesegments.flink.lessons import LessonLog  # River loads for seconds: the client does without
        from livesegments.models.learning import ModelLearner

        look_for_cycles_seldom()
        settings = self.settings
        definition = Definition.from_bytes(settings.definition)
        self.models = ModelLearner(definition)
        self.reading = reading_of(definition, settings.latest_ms)
        content = Types.PICKLED_BYTE_ARRAY()  # BYTE arrays come back as tuples in thread mode

        def state(name: str, key: Any) -> Any:
            return runtime_context.get_map_state(MapStateDescriptor(name, key, content))

        self.engine = self.models.engine
        self.store = ProfileStore(
            state("profiles", Types.STRING()), self.engine, settings.profiles_decoded, settings.profiles_resident
        )
        self.due = DueTimes(state("due", Types.LONG()))
        self.snapshots = state("snapshot", Types.STRING())
        self.log = LessonLog(self.models, self.snapshots, state("lessons", Types.LONG()))
        self.tally = LearnerTally(runtime_context.get_metrics_group())
        self.rows = RowFrame()
        self.key = ""
        self.alarm_ms = NO_WATERMARK
        self.now_ms = NO_WATERMARK

    def process_element(self, frame: bytes, ctx: Any) -> list[bytes]:
        """Take a frame of the batcher."""
        self._enter(ctx)
        if kind_of(frame) == END:
            self._end(frame)
        else:
            self._emit(self.log.take(self._lessons(EventFrame(frame)), self.now_ms))
        return self._leave(ctx)

    def on_timer(self, timestamp: int, ctx: Any) -> list[bytes]:
        """Learn what event time has come to, and forget the erased users whose time is over."""
        self._enter(ctx)
        if self.now_ms == NEVER:  # the job is being drained: what is due later is not due now
            return []
        second = timestamp // 1_000
        for user_id in self.due.take(second):
            entry = self.store.get(self.key, user_id)
            if entry.due_second == second:
                entry.due_second = 0
                self.engine.advance(entry.profile, self.now_ms)
                self._save(entry)
        self._emit(self.log.take([], self.now_ms))
        return self._leave(ctx)

    def _enter(self, ctx: Any) -> None:
        if not self.key:  # state is within reach from the first call on
            self.key = str(ctx.get_current_key())
            if not self.log.restore() and self.settings.models:
                from livesegments.models.book import ModelBook  # with what `open` loaded

                self.models.begin(ModelBook(self.settings.models))
                self.log.keep_snapshot()
        self.now_ms = _AT_ONCE_MS if self.settings.is_bounded else ctx.timer_service().current_watermark()

    def _leave(self, ctx: Any) -> list[bytes]:
        self.store.trim(self.key)
        self.tally.tell(self.log.learned)
        if not self.settings.is_bounded:
            self.due.flush(ctx.timer_service())
            self._set_alarm(ctx.timer_service())
        return self.rows.take()

    def _set_alarm(self, timers: Any) -> None:
        """Have a call at the next second of event time, also while no event comes."""
        if self.alarm_ms <= self.now_ms != NEVER:
            self.alarm_ms = max(0, second_after(self.now_ms + 1) * 1_000)
            timers.register_event_time_timer(self.alarm_ms)

    def _lessons(self, batch: EventFrame) -> list[tuple[int, Lesson]]:
        is_bounded, until_ms = self.settings.is_bounded, self.settings.until_ms
        wall_ms = None if is_bounded else time.time_ns() // 1_000_000
        store, engine, models = self.store, self.engine, self.models
        lessons: list[tuple[int, Lesson]] = []
        touched: dict[str, Entry] = {}
        for index, raw in enumerate(batch.payloads):
            if index in batch.moves:
                move, user_id = read_move(batch.moves[index], raw), batch.owners[index]
                lesson = self._move(move, user_id, touched)
                if lesson is not None:
                    lessons.append((_AT_ONCE_MS if is_bounded else move.time_ms, lesson))
                continue
            try:
                event = decode(raw, wall_ms=wall_ms, record_ms=batch.times.get(index), reading=self.reading)
                user_id = event.user_id = batch.owners.get(index, event.user_id)
                entry = touched.get(user_id) or store.get(self.key, user_id)
                outcome, _ = engine.apply(entry.profile, event, until_ms)
            except BadEvent:
                continue
            if outcome != "applied":
                continue
            touched[user_id] = entry
            lesson = models.lesson(entry.profile, event)
            if lesson is not None:
                # an erase may be older than what it erases, and is learned after it
                at_ms = lesson.at_ms if event.type == "erase" else event.time_ms
                lessons.append((_AT_ONCE_MS if is_bounded else at_ms, lesson))
        for entry in touched.values():
            self._save(entry)
        return lessons

    def _move(self, move: Move, user_id: str, touched: dict[str, Entry]) -> Lesson | None:
        """Give a user what a visitor hands over, which is no lesson, or forget the visitor."""
        entry = touched.get(user_id) or self.store.get(self.key, user_id)
        do_move(self.engine, entry.profile, move, self.reading)
        touched[user_id] = entry
        return None if move.is_handover else self.models.ending(user_id, move.time_ms)

    def _save(self, entry: Entry) -> None:
        """Write a profile; one that comes due, as that of an erased user does, is registered."""
        if not self.settings.is_bounded:
            self.due.register(entry, entry.profile.due_ms)
        self.store.save(self.key, entry)

    def _end(self, frame: bytes) -> None:
        """Finish when all batchers have come to the end of the input."""
        mark = read_end(frame)
        self.snapshots.put(f"end {mark.batcher}", b"")
        if all(self.snapshots.get(f"end {batcher}") is not None for batcher in range(mark.batchers)):
            self._emit(self.models.finish())

    def _emit(self, rows: list[ModelRow]) -> None:
        for row in rows:
            self.rows.add(SEGMENT_MODELS, row.key, row.payload)
        self.tally.rows += len(rows)
