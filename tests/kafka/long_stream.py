"""Many events in time order with short windows, and what replay makes of them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

from livesegments.core.definition import parse_definition
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from livesegments.core.times import format_time

START_MS = 1_731_000_000_000
HOUR_MS = 3_600_000
END_GAP_MS = 24 * HOUR_MS  # longer than any window: nothing is due after it
TEXT = """
version: 1
features:
  orders: {count: Order Completed}
  views_30m: {count: Product Viewed, within: 30m}
  revenue_6h: {sum: Order Completed, of: revenue, within: 6h}
  days_since_order: {days_since: Order Completed}
  brands: {top: Order Completed, of: brand, n: 2}
segments:
  buyers: {when: 'orders >= 1', kind: static}
  browsing: {when: 'views_30m >= 3'}
  spenders: {when: 'revenue_6h >= 60', exit_when: 'revenue_6h < 30', min_dwell: 10m, cooldown: 5m}
  lapsing: {when: 'orders >= 2 && days_since_order > 0.25'}
  hot: {when: 'spenders && browsing'}
"""


def long_stream(count: int, users: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Give (user, event) in time order, three days in all."""
    chance = random.Random(seed)
    time_ms = START_MS
    step_ms = 72 * HOUR_MS // count
    for number in range(count):
        time_ms += chance.randrange(2 * step_ms)
        user = f"u{int(users * chance.random() ** 2)}"
        yield user, track(user, time_ms, number, chance)


def track(user: str, time_ms: int, number: int, chance: random.Random) -> bytes:
    is_order = chance.random() < 0.2
    properties = {"revenue": round(40 * chance.random(), 2), "brand": f"b{chance.randrange(4)}"}
    return json.dumps(
        {
            "type": "track",
            "event": "Order Completed" if is_order else "Product Viewed",
            "messageId": f"m{number}",
            "timestamp": format_time(time_ms),
            "userId": user,
            "properties": properties if is_order else {},
        }
    ).encode()


def end_event(partition: int, end_ms: int) -> bytes:
    """Give the event that moves a partition's time beyond all windows."""
    return track(f"end-{partition}", end_ms, 1_000_000_000 + partition, random.Random(partition))


def replayed(
    events: list[bytes], end_ms: int, definition: str = TEXT
) -> tuple[dict[str, list[bytes]], dict[str, bytes]]:
    """Give replay's changes by user, and its profiles by user."""
    replay = Replay(Engine(parse_definition(definition)), end_ms)
    changes: dict[str, list[bytes]] = {}
    for change in replay.run(events):
        changes.setdefault(change.detail.user_id, []).append(change.encode())
    return changes, {json.loads(document)["user_id"]: document for document in replay.documents()}
