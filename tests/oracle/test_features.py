"""Every kind of feature, by hand."""

import json
from typing import Any

import pytest

from oracle import recompute

DAY = 86_400_000
START = 1_731_162_000_000  # Saturday, 2024-11-09T14:20:00Z
STREAM: list[tuple[int, str, dict[str, Any]]] = [
    (0, "page", {"properties": {"n": 1}}),
    (1_000, "Product Viewed", {"properties": {"category": "shoes", "price": 5}}),
    (2_000, "Order Completed", {"properties": {"revenue": 0.1, "products": [{"brand": "B"}, {"brand": "A"}]}}),
    (
        3_000,
        "Order Completed",
        {"properties": {"revenue": 0.2, "products": [{"brand": "B", "price": 2}, {"price": "x"}]}},
    ),
    (2_500, "Order Completed", {"properties": {"total": 7, "category": ["x", None, "y"]}}),
    (1_803_001, "page", {"properties": {"n": True}, "context": {"device": {"type": "mobile"}}}),
    (1_804_000, "Email Opened", {}),
    (1_804_000, "identify", {"traits": {"country": "CH", "age": 3, "city": {"name": "Bern"}}}),
    (1_804_000, "identify", {"traits": {"country": "DE", "age": None}}),
]


def value(feature: dict[str, Any], now_ms: int = 1_804_000, limits: dict[str, int] | None = None, **zone: str) -> Any:
    """Compute one feature over the stream above, `now_ms` after the start."""
    definition = {"features": {"f": feature}, "limits": limits or {}, **zone}
    lines = [line(index, *event) for index, event in enumerate(STREAM)]
    return recompute(definition, lines).features("u", START + now_ms)["f"]


def line(index: int, time_ms: int, name: str, fields: dict[str, Any]) -> bytes:
    minutes, milliseconds = divmod(time_ms, 60_000)
    text = f"2024-11-09T14:{20 + minutes}:{milliseconds / 1000:06.3f}Z"
    named = {"type": name} if name in ("page", "identify") else {"type": "track", "event": name}
    return json.dumps({"messageId": f"m-{index}", "userId": "u", "timestamp": text, **named, **fields}).encode()


ORDERS = "Order Completed"


@pytest.mark.parametrize(
    ("feature", "expected"),
    [
        ({"trait": "country"}, "DE"),
        ({"trait": "age"}, None),
        ({"trait": "city.name"}, "Bern"),
        ({"count": "*"}, 7),
        ({"count": "Email *"}, 1),
        ({"count": ["page", ORDERS, "Order*"]}, 5),
        ({"count": "identify"}, 2),
        ({"count": "*", "where": "category == 'shoes' || price > 4"}, 1),
        ({"count": "*", "where": "'B' in products.brand"}, 2),
        ({"count": "*", "where": "size(products.brand) == 1"}, 1),
        ({"count": "*", "where": "context.device.type == 'mobile'"}, 1),
        ({"count": "identify", "where": "traits.country == 'CH'"}, 1),
        ({"sum": ORDERS, "of": "revenue"}, 0.3),
        ({"sum": ORDERS, "of": ["total", "revenue"]}, 7.3),
        ({"sum": "Nothing", "of": "revenue"}, 0),
        ({"mean": ORDERS, "of": "revenue"}, 0.15),
        ({"mean": "Nothing", "of": "revenue"}, None),
        ({"min": "*", "of": ["revenue", "price"]}, 0.1),
        ({"max": "*", "of": ["products.price", "price"]}, 5),
        ({"first": ORDERS, "of": "products.brand"}, "B"),
        ({"last": ORDERS, "of": "products.brand"}, "B"),
        ({"last": "*", "of": "n"}, True),
        ({"recent": ORDERS, "of": "products.brand"}, ["B", "B", "A"]),
        ({"recent": ORDERS, "of": "products.brand", "n": 2}, ["B", "B"]),
        ({"recent": ORDERS, "of": "category"}, ["x", "y"]),
        ({"distinct": "*", "of": ["category", "products.brand"]}, 5),
        ({"top": ORDERS, "of": "products.brand"}, ["B", "A"]),
        ({"top": ORDERS, "of": ["products.brand", "category"], "n": 3}, ["B", "A", "x"]),
        ({"share": ORDERS, "of": "products.brand"}, 2 / 3),
        ({"share": ORDERS, "of": "products.brand", "equals": "A"}, 1 / 3),
        ({"share": ORDERS, "of": "products.brand", "equals": "Z"}, 0),
        ({"share": "page", "of": "products.brand", "equals": "A"}, None),
        ({"ratio": [ORDERS, "page"]}, 1.5),
        ({"ratio": [ORDERS, "Nothing"]}, None),
        ({"rate": ORDERS, "per": "1h"}, 3),
        ({"rate": ORDERS, "per": "1s"}, 3 / 1804),
        ({"rate": "*", "per": "1s", "within": "1m"}, 2 / 60),
        ({"rate": "Nothing", "per": "1s"}, None),
        ({"days_since": ORDERS}, 1_801_000 / DAY),
        ({"days_since": "Nothing"}, None),
        ({"peak": "*", "by": "weekday"}, "Saturday"),
        ({"peak": "*", "by": "hour"}, 14),
        ({"peak": "page", "by": "season"}, "autumn"),
        ({"peak": "page", "by": "month"}, "November"),
        ({"peak_share": "*", "by": "hour"}, 1),
        ({"peak": "Nothing", "by": "hour"}, None),
        ({"session": "count"}, 2),
        ({"session": "count", "gap": "1h"}, 1),
        ({"session": "average_duration"}, 1.5),
        ({"session": "pages"}, 2),
        ({"session": "average_pages"}, 1),
        ({"session": "days_since"}, 999 / DAY),
        ({"session": "count", "within": "1m"}, 1),
        ({"session": "average_duration", "events": "Nothing"}, None),
        ({"session": "count", "events": "identify"}, 1),
        ({"value": "1 + 2"}, 3),
        ({"value": "1 / 0"}, None),
        ({"cluster": "x"}, None),
    ],
)
def test_feature(feature: dict[str, Any], expected: Any) -> None:
    found = value(feature)
    assert found == expected
    assert isinstance(found, bool) is isinstance(expected, bool)


def test_decayed_halves() -> None:
    assert value({"decayed": ORDERS, "half_life": "1s"}, 4_000) == 0.5 + 0.25 + 2**-1.5
    assert value({"decayed": ORDERS, "half_life": "1s", "of": "revenue"}, 4_000) == 0.1 + 0.025
    assert value({"decayed": "Nothing", "half_life": "1s"}, 4_000) == 0


def test_between_and_within() -> None:
    between = {"count": ORDERS, "between": ["2s", "1s"]}
    assert [value(between, now) for now in (3_499, 3_500, 3_999, 4_000, 4_499, 4_500, 5_000)] == [1, 2, 2, 2, 2, 1, 0]
    assert [value({"count": ORDERS, "within": "1s"}, now) for now in (3_499, 3_500, 3_999, 4_000)] == [2, 1, 1, 0]


def test_peak_follows_the_time_zone() -> None:
    assert value({"peak": "*", "by": "hour"}, timezone="America/New_York") == 9
    assert value({"peak": "*", "by": "hour"}, timezone="Asia/Kolkata") == 19


def test_window_above_its_limit_goes_to_panes_until_it_is_empty() -> None:
    """Panes of ceil(1 h / 2) = 30 min: the third and fourth event stay until the end of theirs has left."""
    count = {"count": "*", "within": "1h"}
    limits = {"samples": 2}
    assert value(count, 3_599_999, limits) == 7
    assert value(count, 3_601_000, limits) == 5  # two exact ones are gone
    pane_end_ms = 10 * 60_000  # 14:30
    assert value(count, pane_end_ms + 3_600_000 - 1, limits) == 5
    assert value(count, pane_end_ms + 3_600_000, limits) == 2  # the others are in the pane from 14:30 to 15:00


def test_values_beyond_the_limit_count_in_totals_only() -> None:
    limits = {"distinct": 1}
    assert value({"distinct": ORDERS, "of": "products.brand"}, limits=limits) == 1
    assert value({"top": ORDERS, "of": "products.brand"}, limits=limits) == ["B"]
    assert value({"share": ORDERS, "of": "products.brand"}, limits=limits) == 2 / 3
