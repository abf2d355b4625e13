"""Where in time the streams of issue 17 lie, and what their events carry beside the fields of all streams."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from oracle.drawn_features import maybe

DAY_MS = 86_400_000
# Just before a local midnight, most of them before a day on which the clock changes, or a leap day.
STARTS = {
    "UTC": ["2024-02-28T23:59:50Z", "2024-12-31T23:59:52.5Z"],
    "Europe/Berlin": ["2024-03-30T22:59:50Z", "2024-10-26T21:59:50Z", "2024-03-31T00:59:50Z", "2023-12-31T22:59:55Z"],
    "America/New_York": [
        "2024-03-10T04:59:50Z",
        "2024-11-03T03:59:50Z",
        "2024-11-03T05:59:50Z",
        "2023-02-28T23:00:00Z",
    ],
    "Australia/Lord_Howe": ["2024-04-06T12:59:50Z", "2024-10-05T13:29:50Z", "2024-04-06T14:59:50Z"],
    "Asia/Kathmandu": ["2024-02-28T18:14:50Z", "2024-06-30T18:14:59Z"],
}
GAPS_MS = [
    *(0, 0, 1, 999, 1_000, 4_999, 5_000, 5_000, 5_001, 10_000, 50_000, 60_000, 300_000, 1_800_000, 3_600_000),
    *(5_400_000, 21_600_000, DAY_MS - 3_600_000, DAY_MS - 1, DAY_MS, DAY_MS + 3_600_000, 2 * DAY_MS, 6 * DAY_MS),
    *(7 * DAY_MS, 29 * DAY_MS, 31 * DAY_MS),
]
SHORT_GAPS_MS = [gap_ms for gap_ms in GAPS_MS if gap_ms <= 21_600_000]
AFTER_MS = [0, 1, 10_000, DAY_MS, 3 * DAY_MS, 8 * DAY_MS, 32 * DAY_MS, 400 * DAY_MS]
BIRTHDAYS = ["1992-02-29", "2000-02-29", "1985-02-28", "1970-03-01", "1999-01-01", "1955-12-31", "2001-11-04"]
DATES: list[Any] = [*BIRTHDAYS, "2024-03-31", "2024-10-27", "2024-04-07", "2024-11-03", "2024-07-01", "2025-01-15"]
TIMES: list[Any] = [
    *("2024-03-31T01:30:00+01:00", "2024-10-27T02:30:00Z", "2024-03-10T07:00:00.001Z", "2024-02-29T12:00:00Z"),
    *("2024-04-06T15:15:00Z", "2024-11-03T05:30:00Z", "2024-03-02T00:00:00+05:45", "2025-02-28T23:59:59.999Z"),
]
NEAR_DAYS = [0, 0, 1, 1, 7, -1, -7, -30, 30]
ODD: list[Any] = [None, "", "soon", True, [], {}, "2023-02-29", "29.02.1992"]


def starts_in(zone: str) -> list[datetime]:
    """Give the beginnings of streams for a time zone."""
    return [datetime.fromisoformat(text) for text in STARTS[zone]]


def enrich(random: Random, record: dict[str, Any], start: datetime) -> dict[str, Any]:
    """Add dates, carts, plans, products and names with signs to the content of an event of a stream from `start`."""
    if isinstance(record.get("traits"), dict):
        near = start + timedelta(days=random.choice(NEAR_DAYS), seconds=random.choice([0, 0, 3, 12]))
        record["traits"] |= {
            **maybe(random, "born", [near.date().replace(year=1992).isoformat(), *BIRTHDAYS, *TIMES, *ODD]),
            **maybe(random, "signed_up", [near.isoformat(), near.date().isoformat(), *DATES, *TIMES, *ODD]),
            **maybe(random, "plan", ["free", "pro", None, 1, True]),
        }
        if random.randrange(2):
            record["traits"] |= {"born": near.date().replace(year=1992).isoformat(), "signed_up": near.isoformat()}
    properties = record.get("properties")
    if not isinstance(properties, dict):
        return record
    properties |= {
        **({"cart_id": random.choice(["c1", "c1", "c1", "c2", 7, None])} if random.randrange(4) else {}),
        **maybe(random, "Cart No.", [1, 2, "2", ["c1", "c2"]]),
        **maybe(random, "Product Name", ["Hat", "Cap"]),
        **maybe(random, "a.b", [1, 2, 3]),
        **maybe(random, "day", [*DATES, "2024-02-29", "2024-03-01", *ODD]),
    }
    if random.randrange(2):
        properties["products"] = [draw_item(random) for _ in range(random.randint(1, 3))]
    for product in properties.get("products") or []:
        if isinstance(product, dict):
            product |= maybe(random, "Size (EU)", [41, 42, "42", "44.5", "S"])
    return record


def draw_item(random: Random) -> dict[str, Any]:
    return {
        "category": random.choice(["shoes", "bags"]),
        "brand": random.choice(["BrandA", "BrandB", ""]),
        "price": random.choice([1, 2, 5, "4.5"]),
        "product_id": random.choice(["A1", "B2"]),
    }
