"""The Learner: the Python operator behind the sample of users. It feeds the models with their events.

State, below one key: snapshot (the models, with the profiles of the users sampled), lessons (the log of events since).
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
from livesegments.flink.due_times import NO_WATERMARK, second_after
from livesegments.flink.frames import END, TABLES, EventFrame, RowFrame, kind_of, read_end
from livesegments.flink.lessons import Arrived, EventLog
from livesegments.flink.tally import LearnerTally

if TYPE_CHECKING:
    from livesegments.core.events import Event
    from livesegments.models.learning import ModelRow

__all__ = ["Learner", "LearnerSettings"]

SEGMENT_MODELS = TABLES.index("segment_models")
_AT_ONCE_MS = 0  # the turn of every event of a bounded input: it is learned in the order of the input


class LearnerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the client decides and the worker needs; `models` are records to begin with."""

    definition: bytes
    is_bounded: bool
    until_ms: int | None
    latest_ms: int
    models: tuple[bytes, ...]


class Learner(KeyedProcessFunction):  # type: ignore[misc]
    """Feeds the models with the sampled events; gives back frames of rows.

    Live, events are learned in the order of event time once the watermark has come to them, so with the same input
    the same is learned whatever the parallelism, but for events that come later than the watermark. At the end of a
    bounded input everything is learned, in the order of the input.
    Bad events are dropped here: the Segmenter reports them.
    """

    def __init__(self, settings: LearnerSettings) -> None:
        self.settings = settings

    def open(self, runtime_context: Any) -> None:
        from livesegments.models.learning import ModelLearner  # River loads for seconds: the client does without

        look_for_cycles_seldom()
        definition = Definition.from_bytes(self.settings.definition)
        self.models = ModelLearner(definition)
        self.reading = reading_of(definition, self.settings.latest_ms)
        content = Types.PICKLED_BYTE_ARRAY()  # BYTE arrays come back as tuples in thread mode

        def state(name: str, key: Any) -> Any:
            return runtime_context.get_map_state(MapStateDescriptor(name, key, content))

        self.snapshots = state("snapshot", Types.STRING())
        self.log = EventLog(self.models, self.snapshots, state("lessons", Types.LONG()))
        self.profiles_before = state("profiles", Types.STRING())  # where states of before keep profiles
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
            self._emit(self.log.take(self._events(EventFrame(frame)), self.now_ms))
        return self._leave(ctx)

    def on_timer(self, timestamp: int, ctx: Any) -> list[bytes]:
        """Learn what event time has come to."""
        self._enter(ctx)
        if self.now_ms == NEVER:  # the job is being drained: what is due later is not due now
            return []
        self._emit(self.log.take([], self.now_ms))
        return self._leave(ctx)

    def _enter(self, ctx: Any) -> None:
        if not self.key:  # state is within reach from the first call on
            self.key = str(ctx.get_current_key())
            is_known = self.log.restore()
            for user_id, content in list(self.profiles_before.items()):
                self.models.users.adopt(user_id, content)
                self.profiles_before.remove(user_id)
            if not is_known and self.settings.models:
                from livesegments.models.book import ModelBook  # with what `open` loaded

                self.models.begin(ModelBook(self.settings.models))
                self.log.keep_snapshot()
        self.now_ms = _AT_ONCE_MS if self.settings.is_bounded else ctx.timer_service().current_watermark()

    def _leave(self, ctx: Any) -> list[bytes]:
        self.tally.tell(self.log.learned)
        if not self.settings.is_bounded:
            self._set_alarm(ctx.timer_service())
        return self.rows.take()

    def _set_alarm(self, timers: Any) -> None:
        """Have a call at the next second of event time, also while no event comes."""
        if self.alarm_ms <= self.now_ms != NEVER:
            self.alarm_ms = max(0, second_after(self.now_ms + 1) * 1_000)
            timers.register_event_time_timer(self.alarm_ms)

    def _events(self, batch: EventFrame) -> list[Arrived]:
        """Give the events of a batch, each with the time of its turn."""
        is_bounded, until_ms = self.settings.is_bounded, self.settings.until_ms
        wall_ms = None if is_bounded else time.time_ns() // 1_000_000
        events: list[Arrived] = []
        for index, raw in enumerate(batch.payloads):
            record_ms = batch.times.get(index)
            try:
                event = decode(raw, wall_ms=wall_ms, record_ms=record_ms, reading=self.reading)
            except BadEvent:
                continue
            if until_ms is None or event.time_ms <= until_ms:
                events.append(Arrived(self._turn_of(event, events), raw, record_ms, event))
        return events

    def _turn_of(self, event: Event, before: list[Arrived]) -> int:
        """Give the time at which an event is learned: an erase, which holds on arrival, after all that it erases."""
        if self.settings.is_bounded:
            return _AT_ONCE_MS
        if event.type != "erase":
            return event.time_ms
        earlier = (one.turn_ms for one in before if one.event.user_id == event.user_id)
        return max(event.time_ms, self.log.last_waiting_ms(event.user_id), *earlier)

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
