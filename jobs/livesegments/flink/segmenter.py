"""The Segmenter: the one Python operator on the hot path. It runs the step for a shard's users, a batch per call.

State, by shard: profiles (user id -> bytes), due (second -> user ids), shard (what is known about the shard itself),
models (what earlier releases kept here; models.py clears it in time: ModelKeeper.java keeps them now). Profiles are
written at the marks that come ahead of each checkpoint; store.py says why that is enough.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction
from pyflink.datastream.state import MapStateDescriptor

from livesegments.core.changes import Change
from livesegments.core.definition import Definition
from livesegments.core.errors import BadEvent
from livesegments.core.events import decode
from livesegments.core.ingest import reading_of
from livesegments.core.memory import look_for_cycles_seldom
from livesegments.core.times import NEVER
from livesegments.flink.comparing import Comparing
from livesegments.flink.dead_letters import DeadLetters
from livesegments.flink.due_times import NO_WATERMARK, SECONDS_MAX, DueTimes
from livesegments.flink.ends import end_of_all
from livesegments.flink.engines import engine_of
from livesegments.flink.frames import (
    END,
    EVENTS,
    MARK,
    MODEL,
    TABLES,
    EventFrame,
    RowFrame,
    is_before_barrier,
    kind_of,
    read_end,
    ticks_left,
)
from livesegments.flink.mover import Moved, Mover
from livesegments.flink.moves import read_move
from livesegments.flink.profile_rows import ProfileRows
from livesegments.flink.segmenter_settings import SegmenterSettings
from livesegments.flink.store import STEPS_MAX, Entry, ProfileStore
from livesegments.flink.sweep import Sweep
from livesegments.flink.tally import Tally

if TYPE_CHECKING:
    from livesegments.flink.models import KnownModels

__all__ = ["Segmenter", "SegmenterSettings"]

CHANGES, SUMMARY = TABLES.index("segment_changes"), TABLES.index("summary")


class Segmenter(KeyedProcessFunction):  # type: ignore[misc]
    """Applies, advances and evaluates; gives back frames of rows."""

    def __init__(self, settings: SegmenterSettings) -> None:
        self.settings = settings

    def open(self, runtime_context: Any) -> None:
        look_for_cycles_seldom()
        settings = self.settings
        content = Types.PICKLED_BYTE_ARRAY()  # BYTE arrays come back as tuples in thread mode

        def state(name: str, key: Any) -> Any:
            return runtime_context.get_map_state(MapStateDescriptor(name, key, content))

        definition = Definition.from_bytes(settings.definition)
        self.models: KnownModels | None = None
        if definition.has_models:
            from livesegments.flink.models import KnownModels  # loads numpy: other jobs start without

            self.models = KnownModels(state("models", Types.STRING()), settings.models, definition.model_keys)
        self.engine = engine_of(definition, None if self.models is None else self.models.book, settings.takeover)
        limits = settings.profiles_decoded, settings.profiles_resident, settings.profiles_bytes
        self.store = ProfileStore(state("profiles", Types.STRING()), self.engine, *limits)
        in_thread = settings.profiles_resident is None
        self.due = DueTimes(state("due", Types.LONG()), SECONDS_MAX if in_thread else 0)
        self.shard_state = state("shard", Types.STRING())
        self.tally = Tally(runtime_context.get_metrics_group(), is_live=not settings.is_bounded)
        self.reading = reading_of(definition, settings.latest_ms, self.tally.skipped)
        self.rows = RowFrame()
        self.letters = DeadLetters(self.rows, self.tally)
        self.mover = Mover(self.engine, self.store, self.tally, self.letters, self.reading)
        writer = ProfileRows(self.engine, self.rows, self.tally, self.shard_state)
        self.profile_rows = writer if settings.has_profiles else None
        self.shard, self.watermark_ms = "", NO_WATERMARK
        self.sweep = Sweep(self.shard_state, self.engine.program.digest, self.store.users)
        self.comparing = Comparing(settings.takeover, self.shard_state, self.due, self.store.users)

    def process_element(self, frame: bytes, ctx: Any) -> Iterator[bytes] | list[bytes]:
        """Take a frame of the batcher for one shard."""
        self._enter(ctx)
        kind = kind_of(frame)
        if kind == EVENTS:
            self._apply_batch(EventFrame(frame))
        elif kind == MARK:
            self._write_rows()
            if is_before_barrier(frame):
                if self.profile_rows is not None:
                    self.profile_rows.keep(self.shard)
                self.store.write_touched(self.shard)
        elif kind == END:
            return self._end(frame)
        elif kind == MODEL:
            assert self.models is not None
            self.models.add(frame)
        else:
            self._sweep(ticks_left(frame))
        return self._leave(ctx)

    def on_timer(self, timestamp: int, ctx: Any) -> list[bytes]:
        """Advance the users that were registered for this second."""
        self._enter(ctx)
        if self.watermark_ms == NEVER:  # the job is being drained: what is due later is not due now
            return []
        second, now_ms = timestamp // 1_000, max(timestamp, self.watermark_ms)
        users, is_for_all = self.comparing.take(self.shard, second)
        for user_id in users:
            entry = self.store.get(self.shard, user_id)
            if is_for_all or entry.due_second == second:
                entry.due_second = 0
                self._advance_on_timer(entry, now_ms)
            if is_for_all:
                self.store.trim(self.shard)
        return self._leave(ctx)

    def _advance_on_timer(self, entry: Entry, now_ms: int) -> None:
        """Advance a user; mostly nothing changes, and the profile in the state, due at an earlier time, stays good."""
        profile = entry.profile
        decided = profile.decided.copy()
        is_plain = not (profile.edited or profile.empty)  # an edit, or the end of an erase, changes it without a change
        sequence = profile.sequence  # a user who was compared with another job has another one
        is_same = not self._advance(entry, now_ms)
        self._settle(entry, is_on_timer=True)
        if entry.is_touched:
            return
        is_same &= entry.profile is profile and profile.decided == decided and profile.sequence == sequence
        save = self.store.save_head if is_plain and is_same and entry.is_stored else self.store.save
        save(self.shard, entry)

    def _enter(self, ctx: Any) -> None:
        self.shard = str(ctx.get_current_key())
        if self.models is not None:
            self.models.enter(self.shard)
        if not self.settings.is_bounded:
            self.watermark_ms = ctx.timer_service().current_watermark()
            self.comparing.arm(self.shard)

    def _leave(self, ctx: Any) -> list[bytes]:
        if not self.settings.is_bounded:
            self.due.flush(self.shard, ctx.timer_service())
        self.store.trim(self.shard)
        for user_id, raw, error in self.store.take_failed():
            self.letters.add(raw, error, user_id)
        self.tally.tell()
        return self.rows.take()

    def _apply_batch(self, batch: EventFrame) -> None:
        self.tally.begin()
        wall_ms = None if self.settings.is_bounded else time.time_ns() // 1_000_000
        shard, until_ms, keys, times = self.shard, self.settings.until_ms, batch.keys, batch.times
        counts, store, engine, reading = self.tally.counts, self.store, self.engine, self.reading
        owners, moves = batch.owners, batch.moves
        counts.events += len(batch.payloads) - len(moves)
        touched: dict[str, Entry] = {}
        for index, raw in enumerate(batch.payloads):
            if moves and index in moves:
                self._move(self.mover.move(shard, read_move(moves[index], raw), owners[index], touched))
                continue
            record_ms = times.get(index) if times else None
            try:
                event = decode(raw, reading, keys.get(index) if keys else None, wall_ms, record_ms)
            except Exception as error:
                self._refuse(batch, index, error)
                continue
            user_id = event.user_id
            if owners and index in owners:
                user_id = event.user_id = owners[index]
            entry = touched.get(user_id) or store.get(shard, user_id)
            try:
                outcome, changes = engine.apply(entry.profile, event, until_ms)
                records = [change.encode() for change in changes] if changes else []
            except Exception as error:
                self._refuse(batch, index, error, entry)
                continue
            if outcome == "applied":
                counts.applied += 1
                touched[user_id] = entry
                entry.steps.append((raw, record_ms))
                entry.is_unwritten = True
                if records or engine.hushed:
                    self._add_changes(entry, changes, records)
                    if event.type == "erase":
                        self._write_tombstone(entry)
            elif outcome == "duplicate":
                counts.duplicates += 1
            else:
                counts.ignored += 1
        counts.take_forgotten(engine)
        for entry in touched.values():
            store.touch(shard, entry)
            self._settle(entry)

    def _move(self, moved: Moved | None) -> None:
        if moved is not None:
            self._add_changes(*moved)
            if moved[0].profile.empty:
                self._write_tombstone(moved[0])

    def _refuse(self, batch: EventFrame, index: int, error: Exception, entry: Entry | None = None) -> None:
        """Make a dead letter of an event; one that failed half-way leaves the profile as it was before."""
        if entry is not None and not isinstance(error, BadEvent):
            self.store.undo(self.shard, entry)
        user = None if entry is None else entry.profile.user_id
        self.letters.add(batch.payloads[index], error, user, batch.origin(index))

    def _add_changes(self, entry: Entry, changes: list[Change], records: list[bytes]) -> None:
        if not (records or self.engine.hushed):
            return
        self.engine.hushed = False
        entry.is_changed = entry.is_unwritten = True
        self.tally.emitted(changes)
        for record in records:
            self.rows.add(CHANGES, entry.profile.user_id, record)

    def _advance(self, entry: Entry, now_ms: int) -> bool:
        """Advance a user to a time, and add the changes; tell whether there were any, given or kept back.

        Where that raises, the user is left as before, and alone until the next event.
        """
        try:
            changes = self.engine.advance(entry.profile, now_ms)
            records = [change.encode() for change in changes]
        except MemoryError:
            raise
        except Exception:
            self.tally.failures += 1
            self.store.undo(self.shard, entry)
            entry.profile.due_ms = NEVER
            return False
        if entry.is_touched:
            entry.steps.append(now_ms)
        is_moved = bool(changes) or self.engine.hushed
        self._add_changes(entry, changes, records)
        return is_moved

    def _now_ms(self, entry: Entry) -> int:
        return max(entry.profile.clock_ms, self.watermark_ms)

    def _settle(self, entry: Entry, *, is_on_timer: bool = False) -> None:
        """Do what a call that may have changed a profile leaves to do, but for writing it."""
        if not self.settings.is_bounded:
            self._plan(entry, is_on_timer=is_on_timer)
        if len(entry.steps) >= STEPS_MAX:
            self.store.save(self.shard, entry)

    def _plan(self, entry: Entry, *, is_on_timer: bool) -> None:
        """Do what is due by now, and have the user looked at again when there is something to do."""
        if entry.profile.due_ms <= self.watermark_ms:
            self._advance(entry, self.watermark_ms)
        due_ms = entry.profile.due_ms
        if self.profile_rows is not None and entry.is_unwritten:
            self.profile_rows.want(self.shard, entry.profile.user_id)
            if is_on_timer:  # others are registered at the next mark
                due_ms = min(due_ms, self.profile_rows.due_ms(entry, self._now_ms(entry)))
        self.due.register(entry, due_ms)

    def _write_tombstone(self, entry: Entry) -> None:
        """Write it at once: should the user come back within the second, no row may stand in for it."""
        if self.profile_rows is not None and not self.settings.is_bounded:
            self.profile_rows.write(entry, self._now_ms(entry))

    def _write_rows(self) -> None:
        """Write the rows of `profiles` whose time has come, and register those that must wait in event time."""
        profile_rows = self.profile_rows
        if profile_rows is None:
            return
        for user_id in profile_rows.take(self.shard, self.watermark_ms):
            entry = self.store.get(self.shard, user_id)
            if not entry.is_unwritten:
                continue
            self.store.touch(self.shard, entry)
            now_ms = self._now_ms(entry)
            if profile_rows.is_due(entry, now_ms):
                profile_rows.write(entry, now_ms)
            else:
                self.due.register(entry, profile_rows.due_ms(entry, now_ms))

    def _end(self, frame: bytes) -> Iterator[bytes]:
        """Advance every user to the end of the input when all batchers have told their greatest time."""
        end_ms = end_of_all(self.shard_state, read_end(frame), self.settings.until_ms)
        if end_ms is None:
            self.store.write_touched(self.shard)  # this batcher sends no mark any more
            return
        for user_id in self.store.users(self.shard):
            entry = self.store.get(self.shard, user_id)
            self._advance(entry, end_ms)
            if self.profile_rows is not None:
                self.profile_rows.write(entry, end_ms)
            self.store.drop(self.shard, entry)
            if self.rows.is_full:
                yield from self.rows.take()
        self.rows.add(SUMMARY, None, self.tally.take())
        yield from self.rows.take()

    def _sweep(self, ticks_left: int) -> None:
        """After a start with an edited definition, re-evaluate those of the shard's users whose turn it is."""
        for user_id in self.sweep.take(self.shard, ticks_left):
            entry = self.store.get(self.shard, user_id)
            if entry.profile.edited:
                self._advance(entry, entry.profile.clock_ms)
                if not entry.profile.edited:  # else it failed: the next event tries again
                    self.store.touch(self.shard, entry)
                    self._settle(entry)
