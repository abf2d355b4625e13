"""The Segmenter: the one Python operator on the hot path. It runs the step for a shard's users, a batch per call.

State, by shard: profiles (user id -> bytes), due (second -> user ids), shard (what is known about the shard itself),
models (records of segment_models; each shard has all, so that it can move to any subtask).
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec
from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction
from pyflink.datastream.state import MapStateDescriptor

from livesegments.core.changes import Change
from livesegments.core.deadletter import dead_letter
from livesegments.core.definition import Definition
from livesegments.core.document import tombstone
from livesegments.core.errors import BadEvent
from livesegments.core.events import decode
from livesegments.core.step import Engine
from livesegments.core.times import NEVER
from livesegments.flink.due_times import NO_WATERMARK, DueTimes, second_after
from livesegments.flink.frames import (
    END,
    EVENTS,
    MODELS,
    TABLES,
    EventFrame,
    RowFrame,
    kind_of,
    read_end,
    ticks_left,
)
from livesegments.flink.store import NOT_WRITTEN, Entry, ProfileStore
from livesegments.flink.tally import Tally

if TYPE_CHECKING:
    from livesegments.flink.models import KnownModels

__all__ = ["Segmenter", "SegmenterSettings"]

WRITE_INTERVAL_MS = 60_000
CHANGES, PROFILES, DEAD_LETTERS, SUMMARY = (
    TABLES.index(name) for name in ("segment_changes", "profiles", "dead_letters", "summary")
)


class SegmenterSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the client decides and every worker needs."""

    definition: bytes
    is_bounded: bool
    until_ms: int | None
    profiles_decoded: int
    profiles_resident: int | None  # None in thread mode, where reading state is cheap
    models: Iterable[bytes] = ()  # records of segment_models that are known from the start


class Segmenter(KeyedProcessFunction):  # type: ignore[misc]
    """Applies, advances and evaluates; gives back frames of rows."""

    def __init__(self, settings: SegmenterSettings) -> None:
        self.settings = settings

    def open(self, runtime_context: Any) -> None:
        gc.set_threshold(100_000, 20, 100)  # profiles hold no cycles; looking for some costs a fifth of the time
        settings = self.settings
        content = Types.PICKLED_BYTE_ARRAY()  # BYTE arrays come back as tuples in thread mode

        def state(name: str, key: Any) -> Any:
            return runtime_context.get_map_state(MapStateDescriptor(name, key, content))

        definition = Definition.from_bytes(settings.definition)
        self.models: KnownModels | None = None
        if definition.has_models:
            from livesegments.flink.models import KnownModels  # loads numpy: other jobs start without
            from livesegments.models.deciding import engine_with_models

            self.models = KnownModels(state("models", Types.STRING()), settings.models)
            self.engine = engine_with_models(definition, self.models.book)
        else:
            self.engine = Engine(definition)
        self.store = ProfileStore(
            state("profiles", Types.STRING()), self.engine, settings.profiles_decoded, settings.profiles_resident
        )
        self.due = DueTimes(state("due", Types.LONG()))
        self.shard_state = state("shard", Types.STRING())
        self.tally = Tally(runtime_context.get_metrics_group())
        self.rows = RowFrame()
        self.shard = ""
        self.watermark_ms = NO_WATERMARK
        self.unswept: dict[str, list[str]] = {}
        self.swept: set[str] = set()

    def process_element(self, frame: bytes, ctx: Any) -> Iterator[bytes] | list[bytes]:
        """Take a frame of the batcher for one shard."""
        self._enter(ctx)
        kind = kind_of(frame)
        if kind == END:
            return self._end(frame)
        if kind == EVENTS:
            self._apply_batch(EventFrame(frame))
        elif kind == MODELS:
            if self.models is not None:  # else what is on its way was learned for an earlier definition
                self.models.add(self.shard, frame)
        else:
            self._sweep(ticks_left(frame))
        return self._leave(ctx)

    def on_timer(self, timestamp: int, ctx: Any) -> list[bytes]:
        """Advance the users that were registered for this second."""
        self._enter(ctx)
        if self.watermark_ms == NEVER:  # the job is being drained: what is due later is not due now
            return []
        second = timestamp // 1_000
        now_ms = max(timestamp, self.watermark_ms)
        for user_id in self.due.take(second):
            entry = self.store.get(self.shard, user_id)
            if entry.due_second == second:
                entry.due_second = 0
                self._advance(entry, now_ms)
        return self._leave(ctx)

    def _advance(self, entry: Entry, now_ms: int) -> None:
        """Advance a user; mostly nothing changes, and the profile in the state, due at an earlier time, stays good."""
        profile = entry.profile
        decided = profile.decided.copy()
        is_plain = not (profile.edited or profile.empty)  # an edit, or the end of an erase, changes it without a change
        changes = self.engine.advance(profile, now_ms)
        self._emit_changes(entry, changes)
        self._settle(entry, is_same=is_plain and not changes and profile.decided == decided)

    def _enter(self, ctx: Any) -> None:
        self.shard = str(ctx.get_current_key())
        if self.models is not None:
            self.models.restore()
        if not self.settings.is_bounded:
            self.watermark_ms = ctx.timer_service().current_watermark()

    def _leave(self, ctx: Any) -> list[bytes]:
        if not self.settings.is_bounded:
            self.due.flush(ctx.timer_service())
        self.store.trim()
        self.tally.tell()
        return self.rows.take()

    def _apply_batch(self, batch: EventFrame) -> None:
        self.tally.begin()
        wall_ms = None if self.settings.is_bounded else time.time_ns() // 1_000_000
        shard, until_ms, keys = self.shard, self.settings.until_ms, batch.keys
        counts, store, engine = self.tally.counts, self.store, self.engine
        counts.events += len(batch.payloads)
        touched: dict[str, Entry] = {}
        for index, raw in enumerate(batch.payloads):
            try:
                event = decode(raw, key=keys.get(index), wall_ms=wall_ms)
                user_id = event.user_id
                entry = touched.get(user_id) or store.get(shard, user_id)
                outcome, changes = engine.apply(entry.profile, event, until_ms)
            except BadEvent as error:
                self._reject(batch, index, error)
                continue
            if outcome == "applied":
                counts.applied += 1
                touched[user_id] = entry
                entry.is_unwritten = True
                if changes:
                    self._emit_changes(entry, changes)
            elif outcome == "duplicate":
                counts.duplicates += 1
            else:
                counts.ignored += 1
        for entry in touched.values():
            self._settle(entry)

    def _reject(self, batch: EventFrame, index: int, error: BadEvent) -> None:
        self.tally.dead_letter(error.reason)
        received_ms = time.time_ns() // 1_000_000
        letter = dead_letter(batch.payloads[index], error.reason, error.message, received_ms, *batch.origin(index))
        self.rows.add(DEAD_LETTERS, error.user, letter)

    def _emit_changes(self, entry: Entry, changes: list[Change]) -> None:
        if changes:
            entry.is_changed = True
            self.tally.counts.changes += len(changes)
            for change in changes:
                self.rows.add(CHANGES, entry.profile.user_id, change.encode())

    def _settle(self, entry: Entry, *, is_same: bool = False) -> None:
        """Bring a user's rows, registration and state up to date after a call that may have changed the profile."""
        if self.settings.is_bounded:
            entry.is_changed = False
            self.store.save(self.shard, entry)
            return
        profile = entry.profile
        if profile.due_ms <= self.watermark_ms:
            self._emit_changes(entry, self.engine.advance(profile, self.watermark_ms))
        now_ms = max(profile.clock_ms, self.watermark_ms)
        is_old = entry.written_ms == NOT_WRITTEN or now_ms - entry.written_ms >= WRITE_INTERVAL_MS
        if entry.is_changed or (entry.is_unwritten and is_old):
            self._write_profile(entry)
            entry.written_ms, entry.is_unwritten = now_ms, False
        entry.is_changed = False
        self._register(entry)
        if is_same:
            self.store.save_head(self.shard, entry)
        else:
            self.store.save(self.shard, entry)

    def _register(self, entry: Entry) -> None:
        due_ms = entry.profile.due_ms
        if entry.is_unwritten:
            due_ms = min(due_ms, entry.written_ms + WRITE_INTERVAL_MS)
        if due_ms == NEVER:
            return
        second = second_after(due_ms)
        if not entry.due_second or second < entry.due_second:
            entry.due_second = second
            self.due.add(second, entry.profile.user_id)

    def _write_profile(self, entry: Entry) -> None:
        user_id = entry.profile.user_id
        document = self.engine.document(entry.profile)
        if document is not None:
            self.rows.add(PROFILES, user_id, document)
        elif entry.profile.erased:
            self.rows.add(PROFILES, user_id, tombstone(user_id), delete=True)

    def _end(self, frame: bytes) -> Iterator[bytes]:
        """Advance every user to the end of the input when all batchers have told their greatest time."""
        mark = read_end(frame)
        self.shard_state.put(f"end {mark.batcher}", str(mark.greatest_ms).encode())
        marks = [self.shard_state.get(f"end {batcher}") for batcher in range(mark.batchers)]
        if None in marks:
            return
        until_ms = self.settings.until_ms
        end_ms = max(int(greatest) for greatest in marks) if until_ms is None else until_ms
        for user_id in self.store.users(self.shard):
            entry = self.store.get(self.shard, user_id)
            self._emit_changes(entry, self.engine.advance(entry.profile, end_ms))
            self._write_profile(entry)
            self.store.trim()
            if self.rows.is_full:
                yield from self.rows.take()
        self.rows.add(SUMMARY, None, self.tally.take())
        yield from self.rows.take()

    def _sweep(self, ticks_left: int) -> None:
        """After a start with an edited definition, re-evaluate the shard's users, an equal share at each tick."""
        if self.shard in self.swept:
            return
        digest = self.engine.program.digest.encode()
        if self.shard_state.get("swept") == digest:
            self.swept.add(self.shard)
            return
        if self.shard not in self.unswept:
            self.unswept[self.shard] = self.store.users(self.shard)
        users = self.unswept[self.shard]
        for _ in range(-(-len(users) // (ticks_left + 1))):
            entry = self.store.get(self.shard, users.pop())
            self._emit_changes(entry, self.engine.reconcile(entry.profile))
            self._settle(entry)
        if not users:
            self.shard_state.put("swept", digest)
            self.swept.add(self.shard)
