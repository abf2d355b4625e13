"""Random streams of event lines: clustered times, all orders of arrival, odd values, bad lines."""

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from oracle.drawn_calendar import enrich
from oracle.drawn_features import TRACK_NAMES, maybe
from oracle.drawn_segments import USERS

STARTS = [
    datetime.fromisoformat(text)
    for text in ("2024-11-09T14:20:00Z", "2024-02-29T23:59:55Z", "2024-03-31T00:59:50Z", "2023-12-31T23:59:52.5Z")
]
GAPS_MS = [
    *(0, 0, 1, 500, 999, 1_000, 1_000, 2_000, 3_000, 4_999, 5_000, 5_000, 5_001, 7_000, 10_000, 50_000, 60_000),
    *(300_000, 1_800_000, 1_800_001, 3_600_000, 21_600_000, 86_399_999, 86_400_000, 172_800_000),
]
WEIGHTS = [0, 0.1, 0.2, 2, 3, 5, 9.99, 19.95, 50, 1234567.891]
SIGNED = [-5, -0.1, 0, 0.05, 2, 9.99]
WORDS = ["shoes", "bags", "shoes", "bags", "Shoes", "sandals", "BrandA", "BrandB", "CH", "mobile", "é", ""]
ODD: list[Any] = [None, True, False, "5", [], {}, {"x": 1}, ["shoes", 2, None], [[1, 2], "bags"]]
LOOSE: list[Any] = [*WORDS, *WEIGHTS, *ODD]
ODD_FIELDS: list[dict[str, Any]] = [
    *(
        {},
        {},
        {},
        {},
        {"context": []},
        {"context": "web"},
        {"properties": []},
        {"properties": None},
        {"traits": "none"},
    ),
    *({"properties": {"products": {"price": "2", "brand": "BrandA"}}}, {"properties": {"products": ["a", {}, None]}}),
    *(
        {"properties": {"revenue": "59.80", "total": ""}},
        {"properties": {"revenue": "", "total": "5e0", "price": "$5"}},
    ),
    *({"name": "Home", "category": "shoes", "channel": "web"}, {"context": {"traits": {"country": "DE", "age": 7}}}),
]
TYPES = ["track"] * 12 + ["page"] * 4 + ["screen"] * 2 + ["identify"] * 3 + ["group", "alias"]
BAD_LINES = [
    *(b"", b"  \t", b"{", b"[1]", b"null", b"\xff", b'{"a": NaN}', b'{"type": "track"}', b"[" * 65 + b"]" * 65),
    *(b'{"type": "page", "messageId": "b-1", "timestamp": "2024-11-09T14:20:00Z"}', b"[" + b"1," * 17_000 + b"1]"),
    b'{"type": "page", "messageId": "b-2", "userId": "u-1", "timestamp": "1969-12-31T23:59:59.999Z"}',
    b'{"type": "page", "messageId": "b-3", "userId": "u-1", "timestamp": "2024-02-30T00:00:00Z"}',
    b'{"type": "page", "messageId": true, "userId": "u-1", "timestamp": "2024-11-09T14:20:00Z"}',
    b'{"type": "page", "messageId": "b-4", "userId": {}, "timestamp": "2024-11-09T14:20:00Z"}',
    b'{"type": "page", "messageId": "b-5", "userId": "u-1", "timestamp": "Sat Nov 09 2024 14:20:00 GMT+0100"}',
    b'{"type": "track", "messageId": "b-6", "userId": "u-1", "timestamp": "2024-11-09T14:20:00Z"}',
    b'{"type": "sing", "messageId": "b-7", "userId": "u-1", "timestamp": "2024-11-09T14:20:00Z"}',
]


def draw_stream(
    random: Random,
    in_order_only: bool = False,
    reused_ids: bool = False,
    bad_lines: bool = True,
    users_max: int = 4,
    size_max: int = 50,
    gaps_ms: list[int] | None = None,
    starts: list[datetime] | None = None,
    new_kinds: bool = False,
) -> tuple[list[bytes], int]:
    """Draw lines in order of arrival, and the greatest time among them.

    in_order_only: the times of all lines never fall (redeliveries follow at once).
    reused_ids: some later events carry an earlier `messageId` at a time of their own.
    gaps_ms: the times from one event to the next to choose from.
    starts: the times of the first event to choose from.
    new_kinds: the events carry what the features of issue 17 read.
    """
    users = USERS[: random.randint(1, users_max)]
    contents = [draw_content(random, users) for _ in range(random.randint(3, 10))]
    gaps_ms = [random.choice(gaps_ms or GAPS_MS) for _ in range(random.randint(1, 8))]
    time = random.choice(starts or STARTS)
    if new_kinds:
        contents = [enrich(random, deepcopy(content), time) for content in [*contents, *contents]]
    lines = []
    for index in range(random.randint(1, size_max)):
        time += timedelta(milliseconds=random.choice(gaps_ms))
        number = random.randrange(index) if reused_ids and index and not random.randrange(8) else index
        record = {"messageId": f"m-{number}", **time_fields(random, time), **random.choice(contents)}
        if not random.randrange(40):
            record["type"] = "erase"
        lines.append(json.dumps(record, ensure_ascii=False).encode())
    lines = in_arrival_order(random, lines, in_order_only)
    for _ in range(random.randrange(3) if bad_lines else 0):
        lines.insert(random.randint(0, len(lines)), random.choice(BAD_LINES))
    return lines, (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def in_arrival_order(random: Random, lines: list[bytes], in_order_only: bool) -> list[bytes]:
    """Delay some lines and send some twice; in order, a second copy follows at once."""
    if in_order_only:
        return [line for line in lines for _ in range(1 + (not random.randrange(10)))]
    far = random.choice([0, 1, 5, 12])
    delayed = [(index + random.choice([0, 0, 0, far]), line) for index, line in enumerate(lines)]
    delayed += [(index + random.randint(0, far), line) for index, line in enumerate(lines) if not random.randrange(10)]
    return [line for _, line in sorted(delayed, key=lambda one: one[0])]


def draw_content(random: Random, users: list[str]) -> dict[str, Any]:
    """Draw an event without time and id; a stream repeats a few of them, so that values meet again."""
    user = random.choice(users)
    kind = random.choice(TYPES)
    record: dict[str, Any] = {"type": kind, "anonymousId" if user.startswith("device") else "userId": user}
    if kind == "track":
        record["event"] = random.choice(TRACK_NAMES)
    if kind == "identify":
        record["traits"] = {
            **maybe(random, "country", ["CH", "DE", None]),
            **(maybe(random, "age", LOOSE) | maybe(random, "vip", [True, False]) | maybe(random, "tags", LOOSE)),
        }
    if random.randrange(6):
        record["properties"] = draw_properties(random)
    if random.randrange(2):
        record["context"] = {
            "device": {"type": random.choice(["mobile", "tablet", 7])},
            "screen": {"width": random.choice([*WEIGHTS, *ODD])},
        }
    record |= random.choice(ODD_FIELDS)
    if not random.randrange(8):
        record["type"] = kind.upper()
    return record


def draw_properties(random: Random) -> dict[str, Any]:
    choices: dict[str, list[Any]] = {
        "revenue": WEIGHTS,
        "total": [None, *WEIGHTS],
        "price": SIGNED,
        "quantity": WEIGHTS,
        "category": LOOSE,
        "brand": WORDS,
        "score": LOOSE,
        "vip": [True, False],
        "tags": ODD,
        "nested": ODD,
    }
    properties = {name: random.choice(values) for name, values in choices.items() if random.randrange(2)}
    if random.randrange(2):
        properties["products"] = [draw_product(random) for _ in range(random.randrange(4))]
    return properties | maybe(random, "nested", [{"level": value} for value in LOOSE])


def draw_product(random: Random) -> dict[str, Any]:
    return {
        "product_id": random.choice(WORDS),
        "category": random.choice(WORDS),
        "brand": random.choice([*WORDS, *WORDS, *LOOSE]),
        **maybe(random, "price", [*SIGNED, *SIGNED, *ODD]),
    }


def time_fields(random: Random, time: datetime) -> dict[str, Any]:
    """Write a time as a `timestamp`, now and then in another field or form."""
    milliseconds = (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    ahead = time + timedelta(days=700)
    return random.choice(
        [
            *[{"timestamp": time_text(random, time)}] * 12,
            {"timestamp": milliseconds},
            {"timestamp": f"{milliseconds / 1_000:.3f}"},
            {"timestamp": time.strftime("%Y-%m-%d %H:%M:%S,") + f"{milliseconds % 1_000:03}"},
            {"timestamp": "", "originalTimestamp": time_text(random, time)},
            {
                "originalTimestamp": time_text(random, ahead),
                "sentAt": time_text(random, ahead + timedelta(seconds=9)),
                "receivedAt": time_text(random, time + timedelta(seconds=9)),
            },
        ]
    )


def time_text(random: Random, time: datetime) -> str:
    """Write a time in one of several offsets and precisions."""
    text = time.strftime("%Y-%m-%dT%H:%M:%S")
    milliseconds = f"{time.microsecond // 1000:03}"
    east = (time + timedelta(hours=5, minutes=30)).strftime("%Y-%m-%dT%H:%M:%S")
    return random.choice([f"{text}.{milliseconds}Z", f"{text}.{milliseconds}999Z", f"{east}.{milliseconds}+05:30"])
