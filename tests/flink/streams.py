"""Small streams with everything that can go wrong in them, and what replay makes of them."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from livesegments.core.definition import Definition, parse_definition
from livesegments.core.errors import BadEvent
from livesegments.core.events import Reading
from livesegments.core.ingest import Counts
from livesegments.core.replay import Replay
from livesegments.core.times import DAY_MS, format_time
from livesegments.models.book import ModelBook
from livesegments.models.engine import engine_with_models

START_MS = 1_731_000_000_000
SUBTASKS = {"thread": 3, "process": 2}  # by mode: each worker process costs seconds to start

DEFINITION = parse_definition("""
version: 1
features:
  orders: {count: Order Completed}
  orders_3d: {count: Order Completed, within: 3d}
  revenue_3d: {sum: Order Completed, of: revenue, within: 3d}
  viewed_before: {count: Product Viewed, between: [4d, 1d]}
  momentum: {decayed: Order Completed, of: revenue, half_life: 1d}
  days_since_order: {days_since: Order Completed}
  brands: {top: Order Completed, of: products.brand, n: 2}
  sessions_2d: {session: count, within: 2d}
  views_1d: {count: Product Viewed, within: 1d}
  brand_views_2d: {count: Product Viewed, where: 'brand == "b1"', within: 2d}
segments:
  buyers: {when: 'orders >= 1', kind: static}
  spenders: {when: 'revenue_3d >= 60', exit_when: 'revenue_3d < 30', min_dwell: 6h}
  browsers: {when: 'viewed_before >= 2', cooldown: 12h}
  lapsing: {when: 'orders >= 2 && days_since_order > 1.5'}
  hot: {when: 'spenders && momentum > 25'}
  curious: {when: 'spenders && views_1d >= 2'}
  fans: {when: 'brand_views_2d >= 2'}
""")

CLUSTERED = parse_definition(
    DEFINITION.text.replace("segments:", "  habit: {cluster: habits}\nsegments:")
    + """
  regulars: {when: 'habit == "High" && orders >= 2'}
clusters:
  habits:
    features: [orders, revenue_3d, sessions_2d]
    clusters: 3
    names: [Low, Middle, High]
    warm_up: 50
    interval: 1d
"""
)


def events(count: int, users: int, seed: int) -> list[bytes]:
    """Give lines: disordered, with duplicates, erases, aliases and all kinds of bad input."""
    chance = random.Random(seed)
    lines: list[bytes] = []
    time_ms = START_MS
    for number in range(count):
        time_ms += chance.randrange(2 * 12 * DAY_MS // count)
        disorder_ms = chance.randrange(DAY_MS) if chance.random() < 0.2 else 0
        line = _event(chance, number, f"u{int(users * chance.random() ** 3)}", time_ms - disorder_ms)
        lines.append(line)
        if chance.random() < 0.05:
            lines.append(chance.choice(lines[-50:]))
        if chance.random() < 0.05:
            lines.append(_bad(chance, line))
    return lines


def _event(chance: random.Random, number: int, user: str, time_ms: int) -> bytes:
    kind = chance.choices(["order", "view", "page", "identify", "alias", "erase"], [20, 40, 30, 5, 2, 0.6])[0]
    revenue = round(chance.random() * 40, 2)
    product = {"product_id": "p1", "brand": f"b{chance.randrange(4)}", "price": revenue, "quantity": 1}
    content = {
        "order": {
            "type": "track",
            "event": "Order Completed",
            "properties": {"revenue": revenue, "products": [product]},
        },
        "view": {"type": "track", "event": "Product Viewed", "properties": product},
        "page": {"type": "page"},
        "identify": {"type": "identify", "traits": {"age": 30}},
        "alias": {"type": "alias"},
        "erase": {"type": "erase"},
    }[kind]
    return json.dumps(
        {**content, "messageId": f"m{number}", "timestamp": format_time(time_ms), "userId": user}
    ).encode()


def _bad(chance: random.Random, line: bytes) -> bytes:
    return chance.choice(
        [
            b"\xff\xfe not text",
            line[:-5],
            line.replace(b'"userId"', b'"user"'),
            line.replace(b'"type": "', b'"type": "x'),
            line[:-1] + b', "unknown": "' + b"x" * 40_000 + b'"}',
            b"[" * 10_000 + b"]" * 10_000,
            line.replace(b"2024-", b"1066-"),
            line.replace(b"2024-", b"9999-"),
            line.replace(b"2024-11-", b"2024-10-"),  # too late
            line[:-1] + b', "properties": {"revenue": "12"}}',
            "Grüße".encode("latin-1"),
            b"   ",
            b"",
        ]
    )


def learned(
    lines: Iterable[bytes],
    definition: Definition,
    until_ms: int | None = None,
    reading: Reading | None = None,
    per_mille: int = 1000,
) -> list[bytes]:
    """Give the records of all versions that replay learns in its first pass, by so many in a thousand users."""
    from livesegments.models.passes import learn_models  # River loads for seconds

    return [row.payload for row in learn_models(definition, lines, until_ms, reading, per_mille)]


def book_of(records: Iterable[bytes]) -> ModelBook:
    """Give a book of models."""
    book = ModelBook()
    for record in records:
        book.add(record)
    return book


def replayed(
    lines: Iterable[bytes],
    definition: Definition = DEFINITION,
    until_ms: int | None = None,
    models: Iterable[bytes] = (),
    reading: Reading | None = None,
) -> tuple[dict[str, list[bytes]], Counts, list[bytes], list[tuple[str, str]]]:
    """Give replay's changes by user, counts, profile documents, and dead letters as (reason, message), sorted."""
    letters: list[tuple[str, str]] = []

    def keep(_: bytes, error: BadEvent) -> None:
        letters.append((error.reason, error.message))

    replay = Replay(engine_with_models(definition, book_of(models)), until_ms, keep, reading)
    changes: dict[str, list[bytes]] = defaultdict(list)
    for change in replay.run(lines):
        changes[change.detail.user_id].append(change.encode())
    return dict(changes), replay.counts, sorted(replay.documents()), sorted(letters)


def lines_of(folder: Path) -> list[bytes]:
    """Give the lines that a run wrote; a part's order is kept."""
    if not folder.is_dir():
        return []
    return [line for file in sorted(folder.iterdir()) for line in file.read_bytes().splitlines()]


def by_user(changes: Iterable[bytes]) -> dict[str, list[bytes]]:
    """Give changes by user, in order."""
    found: dict[str, list[bytes]] = defaultdict(list)
    for line in changes:
        found[json.loads(line)["subject"]].append(line)
    return dict(found)
