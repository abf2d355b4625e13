"""Random streams in which visitors become users: ids that are shared, linked twice, erased, late and sent again."""

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from oracle.drawn_calendar import enrich
from oracle.drawn_events import STARTS, draw_content, in_arrival_order, time_fields

USERS = ["u-1", "u-2", "ü:3"]
VISITORS = ["device-4", "a-1", "a-2", "é"]
# A link lives as long as what is kept, or longer: else a visitor idle for `links` would not end, and yet hand over.
PARTS: list[tuple[int, str, str]] = [
    *((200, "30d", "400d"), (200, "30d", "30d"), (3, "30d", "400d"), (200, "1d", "1d"), (5, "1d", "2d")),
    *((1, "1h", "1d"), (200, "1m", "1h"), (2, "1m", "1m")),
]
DAY_MS = 86_400_000
GAPS_MS = [
    *(0, 0, 1, 999, 1_000, 5_000, 5_001, 10_000, 59_999, 60_000, 60_001, 300_000, 3_599_999, 3_600_000),
    *(21_600_000, 86_399_999, DAY_MS, 2 * DAY_MS, 10 * DAY_MS, 31 * DAY_MS),
]


def draw_identity(random: Random) -> dict[str, Any]:
    """Draw the part `identity` of a definition."""
    events, within, links = random.choice(PARTS)
    return {"keep": {"events": events, "within": within}, "links": links}


def draw_journeys(
    random: Random,
    in_order_only: bool = False,
    reused_ids: bool = False,
    both_ways: bool = False,
    size_max: int = 50,
    starts: list[datetime] | None = None,
    new_kinds: bool = False,
) -> tuple[list[bytes], int]:
    """Draw lines in order of arrival, and the greatest time among them.

    in_order_only: the times of all lines never fall (redeliveries follow at once).
    reused_ids: some later events carry an earlier `messageId`, also one of another user.
    both_ways: an id may be a user's and a visitor's.
    starts, new_kinds: as in `draw_stream`.
    """
    users, visitors = USERS[: random.randint(1, 3)], VISITORS[: random.randint(1, 4)]
    visitors += users[: random.randint(1, len(users))] if both_ways else []
    contents = [draw_content(random, users) for _ in range(random.randint(3, 10))]
    longest_ms = random.choice([DAY_MS, 2 * DAY_MS, 2 * DAY_MS, 31 * DAY_MS])
    possible_ms = [gap_ms for gap_ms in GAPS_MS if gap_ms <= longest_ms]
    gaps_ms = [random.choice(possible_ms) for _ in range(random.randint(1, 8))]
    time = random.choice(starts or STARTS)
    if new_kinds:
        contents = [enrich(random, deepcopy(content), time) for content in [*contents, *contents]]
    lines = []
    for index in range(random.randint(1, size_max)):
        time += timedelta(milliseconds=random.choice(gaps_ms))
        number = random.randrange(index) if reused_ids and index and not random.randrange(8) else index
        record = {"messageId": f"m-{number}", **time_fields(random, time), **random.choice(contents)}
        record = named(random, record, users, visitors)
        if not random.randrange(30):
            record["type"] = "erase"
        lines.append(json.dumps(record, ensure_ascii=False).encode())
    lines = in_arrival_order(random, lines, in_order_only)
    return lines, (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def named(random: Random, record: dict[str, Any], users: list[str], visitors: list[str]) -> dict[str, Any]:
    """Say who did it: a visitor, a user, or both; an alias names the visitor in `previousId`."""
    record = {key: value for key, value in record.items() if key not in ("userId", "anonymousId")}
    who = random.choice(["visitor"] * 6 + ["user"] * 3 + ["both"] * 3 + ["alias"])
    user, visitor = random.choice(users), random.choice(visitors)
    if who == "alias":
        return record | {"type": "alias", "userId": user, "previousId": visitor}
    if record["type"].lower() == "alias":
        record["type"] = "group"
    ids = {"visitor": {"anonymousId": visitor}, "user": {"userId": user}}
    return record | ids.get(who, {"userId": user, "anonymousId": visitor})
