"""Events for a Segmenter that runs in its harness, what it wrote for them, and what `replay` gives for the same."""

from __future__ import annotations

import json
import random
from typing import Any

from flink.live import event
from flink.operator_harness import BARRIER, NAMES, Item, events_frame, mark_frame
from flink.streams import DEFINITION, START_MS
from livesegments.core.definition import Definition
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from livesegments.core.times import DAY_MS, NEVER
from livesegments.flink.segmenter import SegmenterSettings

HOUR_MS = 3_600_000
END_MS = START_MS + 30 * DAY_MS
MARK, SECOND = mark_frame(is_before_barrier=True), mark_frame(is_before_barrier=False)


def settings(definition: Definition = DEFINITION, **fields: Any) -> SegmenterSettings:
    given = {
        "is_bounded": False,
        "has_profiles": True,
        "until_ms": None,
        "profiles_decoded": 20,
        "profiles_bytes": 10**9,
        **fields,
    }
    return SegmenterSettings(definition=definition.to_bytes(), latest_ms=NEVER, profiles_resident=None, **given)


def shard_of(user: str) -> str:
    return NAMES[int(user[1:]) % len(NAMES)]


def shop_events(count: int, users: int, seed: int) -> list[tuple[str, int, bytes]]:
    """Give (user, time, event) in time order."""
    chance, time_ms, found = random.Random(seed), START_MS, []
    for number in range(count):
        time_ms += chance.randrange(10 * DAY_MS // count)
        user = f"u{int(users * chance.random() ** 2)}"
        name = chance.choice(["Order Completed", "Product Viewed", "Product Viewed"])
        properties = {"revenue": round(60 * chance.random(), 2), "brand": f"b{chance.randrange(3)}"}
        found.append((user, time_ms, event(user, time_ms, number, name, properties=properties)))
    return found


def channels_of(events: list[tuple[str, int, bytes]], count: int, seed: int) -> list[list[Item]]:
    """Give what batchers send for events, each user's by one of them: batches, watermarks, marks ahead of barriers."""
    chance = random.Random(seed)
    channels: list[list[Item]] = [[] for _ in range(count)]
    for start in range(0, len(events), 40):
        part = events[start : start + 40]
        for number, channel in enumerate(channels):
            mine = [each for each in part if int(each[0][1:]) // len(NAMES) % count == number]
            for at in range(0, len(mine), 8):
                shards: dict[str, list[bytes]] = {}
                for user, _, raw in mine[at : at + 8]:
                    shards.setdefault(shard_of(user), []).append(raw)
                channel += [(shard, events_frame(*raws)) for shard, raws in shards.items()]
                if chance.random() < 0.5:
                    channel.append(mine[min(at + 7, len(mine) - 1)][1] - 1)
            if chance.random() < 0.5:
                channel += [(shard, SECOND) for shard in NAMES]
            channel += [*((shard, MARK) for shard in NAMES), BARRIER]
    for channel in channels:
        channel += [END_MS, *((shard, MARK) for shard in NAMES), BARRIER]
        channel += [END_MS + 1, *((shard, MARK) for shard in NAMES), BARRIER]
    return channels


def replayed(
    events: list[bytes], definition: Definition = DEFINITION
) -> tuple[dict[str, list[bytes]], dict[str, bytes]]:
    replay = Replay(Engine(definition), END_MS)
    changes: dict[str, list[bytes]] = {}
    for change in replay.run(events):
        changes.setdefault(change.detail.user_id, []).append(change.encode())
    return changes, {json.loads(document)["user_id"]: document for document in replay.documents()}


def changes_by_user(rows: list[tuple[str, str | None, bytes | None]]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for table, key, payload in rows:
        if table == "segment_changes":
            assert key is not None
            assert payload is not None
            found.setdefault(key, []).append(payload)
    return found


def last_profiles(rows: list[tuple[str, str | None, bytes | None]]) -> dict[str, bytes | None]:
    return {str(key): payload for table, key, payload in rows if table == "profiles"}
