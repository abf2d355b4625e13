"""Rows of `profiles` in a live run: wanted when a profile changes, written together, each second or less often."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import msgspec

from livesegments.core.document import tombstone
from livesegments.core.step import Engine
from livesegments.flink.frames import TABLES, RowFrame
from livesegments.flink.store import Entry
from livesegments.flink.tally import Tally

__all__ = ["WRITE_INTERVAL_MS", "ProfileRows"]

WRITE_INTERVAL_MS = 60_000
"""Event time after which a profile is written that nothing but its features' values has changed."""

WALL_SECONDS_MIN = 0.9
"""Wall time between two rows of a user: a second, less what checkpoints of a second come too early."""

WALL_SECONDS_MAX = 10.0
PART = 16
"""One in so many seconds may go into rows: where more change than that allows, each waits longer."""

BEHIND_MS = 60_000
BEHIND_SECONDS_MAX = 60.0
"""The longest wait of a row while event time is more than so long behind the clock: what it tells is old anyway."""

PROFILES = TABLES.index("profiles")
_WANTED = "wanted"
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[str]).decode


class ProfileRows:
    """Whose rows are wanted, by shard, and how they are written.

    A wanted row is not lost: its entry says so in the state, and it is registered in the due times or, while it only
    waits for its turn, among those that the state of the shard holds.
    """

    def __init__(self, engine: Engine, rows: RowFrame, tally: Tally, shard_state: Any) -> None:
        self._engine = engine
        self._tally = tally
        self._rows = rows
        self._state = shard_state
        self._wanted: dict[str, dict[str, None]] = {}
        self._kept: set[str] = set()  # shards whose state holds users
        self._written_at: dict[str, float] = {}  # seconds of a clock that only goes forward, by shard
        self._took: dict[str, float] = {}  # seconds that a shard's rows took, written longest ago first
        self._round = 0.0  # the sum of these

    def want(self, shard: str, user_id: str) -> None:
        """Have a look at a user's row at the next mark."""
        self._of(shard)[user_id] = None

    def take(self, shard: str, watermark_ms: int) -> Iterator[str]:
        """Give whose rows to look at now: then none of them is wanted any more. Nobody before their time has come."""
        wanted = self._of(shard)
        now = time.monotonic()
        is_behind = time.time() * 1_000 - watermark_ms > BEHIND_MS
        most = BEHIND_SECONDS_MAX if is_behind else WALL_SECONDS_MAX
        self._forget_before(now - 2 * most)
        if not wanted or now - self._written_at.get(shard, -math.inf) < self.interval_seconds(most):
            return
        self._written_at[shard] = now
        users = list(wanted)
        wanted.clear()
        yield from users
        took = time.monotonic() - now
        self._round += took - self._took.pop(shard, 0.0)
        self._took[shard] = took

    def interval_seconds(self, most: float) -> float:
        """Give the wall time between two rows of a user: longer the more rows there are, up to `most`."""
        return max(WALL_SECONDS_MIN, min(PART * self._round, most))

    def _forget_before(self, time_s: float) -> None:
        """Leave out of the round the shards that had rows long ago, and none since."""
        while self._took:
            shard = next(iter(self._took))
            if self._written_at[shard] >= time_s:
                break
            self._round -= self._took.pop(shard)

    def keep(self, shard: str) -> None:
        """Write who waits to the state of the shard in force, ahead of a barrier."""
        wanted = self._of(shard)
        if wanted:
            self._state.put(_WANTED, _encode(list(wanted)))
            self._kept.add(shard)
        elif shard in self._kept:
            self._state.remove(_WANTED)
            self._kept.remove(shard)

    def _of(self, shard: str) -> dict[str, None]:
        """Give who waits in a shard, at first those that its state holds."""
        wanted = self._wanted.get(shard)
        if wanted is None:
            content = self._state.get(_WANTED)
            if content is not None:
                self._kept.add(shard)
            wanted = self._wanted[shard] = dict.fromkeys([] if content is None else _decode(content))
        return wanted

    def is_due(self, entry: Entry, now_ms: int) -> bool:
        """Tell whether a row is to be written at an event time."""
        return entry.is_changed or (entry.is_unwritten and now_ms - entry.written_ms >= WRITE_INTERVAL_MS)

    def due_ms(self, entry: Entry, now_ms: int) -> int:
        """Give the event time at which a row that is not written now must be looked at again."""
        due_ms = entry.written_ms + WRITE_INTERVAL_MS
        return due_ms if due_ms > now_ms and not entry.is_changed else now_ms + WRITE_INTERVAL_MS

    def write(self, entry: Entry, now_ms: int) -> None:
        """Add a user's row: the profile, a delete for an erased or merged one, nothing for one that is forgotten.

        A profile that cannot be encoded is left out, and counted.
        """
        user_id, document = entry.profile.user_id, None
        try:
            document = self._engine.document(entry.profile, now_ms)
        except MemoryError:
            raise
        except Exception:
            self._tally.failures += 1
        if document is not None:
            self._rows.add(PROFILES, user_id, document)
        elif entry.profile.gone:
            self._rows.add(PROFILES, user_id, tombstone(user_id), delete=True)
        entry.written_ms, entry.is_unwritten, entry.is_changed = now_ms, False, False
