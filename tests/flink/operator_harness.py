"""The Segmenter without Flink: keyed state and timers in memory, frames from several batchers, aligned barriers."""

from __future__ import annotations

import copy
import random
import struct
from collections import deque
from collections.abc import Iterable
from typing import Any

from flink.map_state import MapState
from livesegments.flink.due_times import NO_WATERMARK
from livesegments.flink.frames import MARK, TABLES, TICK
from livesegments.flink.segmenter import Segmenter, SegmenterSettings
from livesegments.flink.shards import shard_names

BARRIER = "barrier"
SHARDS = 4
NAMES = shard_names(SHARDS)


def events_frame(*payloads: bytes) -> bytes:
    """Give what EventBatch.takeFrame makes of events of a file."""
    lengths = struct.pack(f"<{len(payloads)}I", *map(len, payloads))
    return struct.pack("<BBHI", 0, 0, 0, len(payloads)) + lengths + b"".join(payloads)


def mark_frame(*, is_before_barrier: bool) -> bytes:
    return struct.pack("<BBHI", MARK, is_before_barrier, 0, 0)


def tick_frame(left: int) -> bytes:
    return struct.pack("<BBHI", TICK, 0, 0, left)


def end_frame(batcher: int, batchers: int, greatest_ms: int) -> bytes:
    return struct.pack("<BBHIIq", 1, 0, 0, batcher, batchers, greatest_ms)


def read_rows(frames: Iterable[bytes]) -> list[tuple[str, str | None, bytes | None]]:
    """Give table, key and payload of each row; the payload of a delete is None."""
    rows = []
    for frame in frames:
        at = 0
        while at < len(frame):
            table, kind, key_length, length = struct.unpack_from("<BBii", frame, at)
            key_at = at + 10
            at = key_at + max(0, key_length)
            key = None if key_length < 0 else frame[key_at:at].decode()
            rows.append((TABLES[table], key, None if kind else frame[at : at + length]))
            at += length
    return rows


class KeyedState:
    """All map states of one operator, by name and key; `key` is the one in force."""

    def __init__(self) -> None:
        self.key = ""
        self.maps: dict[str, dict[str, MapState]] = {}
        self.puts = 0

    def get_map_state(self, descriptor: Any) -> Any:
        return _State(self, descriptor.get_name())

    def get_metrics_group(self) -> None:
        return None


class _State:
    def __init__(self, keyed: KeyedState, name: str) -> None:
        self.keyed, self.name = keyed, name

    @property
    def map(self) -> MapState:
        return self.keyed.maps.setdefault(self.name, {}).setdefault(self.keyed.key, MapState())

    def get(self, key: Any) -> Any:
        return self.map.get(key)

    def put_all(self, values: dict[Any, bytes]) -> None:
        for key, value in values.items():
            self.put(key, value)

    def put(self, key: Any, value: bytes) -> None:
        self.keyed.puts += self.name == "profiles"
        self.map.put(key, value)

    def remove(self, key: Any) -> None:
        self.map.remove(key)

    def keys(self) -> Any:
        return list(self.map)

    def values(self) -> Any:
        return list(self.map.values())

    def items(self) -> Any:
        return list(self.map.items())


class Operator:
    """A Segmenter with its state and its timers. `send` is a call of Flink's; what it gives back is in `rows`."""

    def __init__(self, settings: SegmenterSettings, snapshot: Any = None) -> None:
        self.settings = settings
        self.state = KeyedState()
        self.timers: set[tuple[int, str]] = set()
        self.watermark_ms = NO_WATERMARK
        if snapshot is not None:
            self.state.maps, self.timers = copy.deepcopy(snapshot)
        self.rows: list[tuple[str, str | None, bytes | None]] = []
        self.segmenter = Segmenter(settings)
        self.segmenter.open(self.state)

    # what the Segmenter asks of a context and its timer service
    def get_current_key(self) -> str:
        return self.state.key

    def timer_service(self) -> Operator:
        return self

    def current_watermark(self) -> int:
        return self.watermark_ms

    def register_event_time_timer(self, time_ms: int) -> None:
        self.timers.add((time_ms, self.state.key))

    def send(self, shard: str, frame: bytes) -> None:
        self.state.key = shard
        self.rows += read_rows(self.segmenter.process_element(frame, self))

    def advance(self, watermark_ms: int) -> None:
        """Move the watermark and fire what it makes due."""
        self.watermark_ms = watermark_ms
        while due := sorted(timer for timer in self.timers if timer[0] <= watermark_ms):
            self.timers.remove(due[0])
            self.state.key = due[0][1]
            self.rows += read_rows(self.segmenter.on_timer(due[0][0], self))

    def snapshot(self) -> Any:
        return copy.deepcopy((self.state.maps, self.timers))


Item = tuple[str, bytes] | int | str
"""What a channel carries: a frame of a shard, a watermark, or a barrier."""


class Channels:
    """Plays what batchers send through aligned barriers, in an order of chance, with crashes in between.

    Rows count once the next checkpoint is complete. Where timers are late, as in process mode, those that a watermark
    made due fire any time until the snapshot is taken, even after the last mark.
    """

    def __init__(
        self, settings: SegmenterSettings, channels: list[list[Item]], seed: int, *, late_timers: bool
    ) -> None:
        self.settings, self.channels, self.late_timers = settings, channels, late_timers
        self.chance = random.Random(seed)
        self.committed: list[tuple[str, str | None, bytes | None]] = []
        self.snapshot: Any = None
        self.places = [0] * len(channels)

    def run(self, crashes: int) -> None:
        """Play to the end; crash so often on the way."""
        total = sum(map(len, self.channels))
        while crashes and not self._play(self.chance.randrange(10, max(11, total // 2))):
            crashes -= 1
        assert self._play(None)

    def _play(self, calls: int | None) -> bool:
        """Play from the last checkpoint; gives False after a crash, which comes after so many items."""
        operator = Operator(self.settings, self.snapshot)
        queues = [deque(items[at:]) for items, at in zip(self.channels, self.places, strict=True)]
        marks, blocked = [NO_WATERMARK] * len(queues), set[int]()
        while True:
            free = [n for n, queue in enumerate(queues) if queue and n not in blocked]
            if not free:
                operator.advance(min(marks))
                self._complete(operator, queues)
                blocked.clear()
                if not any(queues):
                    return True
                continue
            if calls is not None and (calls := calls - 1) < 0:
                return False
            number = self.chance.choice(free)
            item = queues[number].popleft()
            if item == BARRIER:
                blocked.add(number)
            elif isinstance(item, int):
                marks[number] = item
            else:
                operator.send(*item)  # type: ignore[misc]
            if not self.late_timers or self.chance.random() < 0.02:
                operator.advance(min(marks))

    def _complete(self, operator: Operator, queues: list[deque[Item]]) -> None:
        self.snapshot = operator.snapshot()
        self.committed += operator.rows
        operator.rows = []
        self.places = [len(items) - len(queue) for items, queue in zip(self.channels, queues, strict=True)]
