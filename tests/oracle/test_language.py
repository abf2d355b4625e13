"""The features and options of issue 17, by hand."""

from typing import Any

import pytest

from oracle.tables import CART, ORDERS, Told, moves, told, value

SHOP: list[Told] = [
    ("2024-11-01T10:00", CART, {"cart_id": "a"}),
    ("2024-11-01T11:00", ORDERS, {"cart_id": "a", "revenue": 10}),
    ("2024-11-01T11:00", CART, {"cart_id": "b"}),
    ("2024-11-01T12:00", CART, {"cart_id": "c"}),
    ("2024-11-01T10:30", CART, {"cart_id": "late"}),
    ("2024-11-01T12:30", "page", {}),
]


@pytest.mark.parametrize(
    ("feature", "expected"),
    [
        ({"count": CART}, 4),
        ({"count": CART, "since": ORDERS}, 2),  # the one of equal time arrived later, so it is later
        ({"count": "*", "since": ORDERS}, 3),
        ({"count": ORDERS, "since": ORDERS}, 0),
        ({"count": CART, "since": "Order Refunded"}, 4),  # never: nothing is in the way
        ({"count": CART, "since": ORDERS, "within": "1h"}, 1),
        ({"count": CART, "since": ORDERS, "where": "cart_id == 'b'"}, 1),
        ({"last": CART, "of": "cart_id", "since": ORDERS}, "c"),
        ({"first": CART, "of": "cart_id", "since": ORDERS}, "b"),
        ({"first": CART, "of": "cart_id", "since": "page"}, None),
        ({"sum": ORDERS, "of": "revenue", "since": CART}, 0),
        ({"days_since": ORDERS, "since": CART}, None),
        ({"days_since": CART, "since": ORDERS}, 0.5 / 24),
        ({"session": "count", "since": ORDERS}, 2),  # 11:00, and 12:00 with 12:30
        ({"session": "count"}, 2),  # with the order 10:00 to 11:00 is one session
        ({"ratio": [CART, "page"], "since": ORDERS}, 2.0),
        ({"count": CART, "since": [ORDERS, "page"]}, 0),
    ],
)
def test_since(feature: dict[str, Any], expected: Any) -> None:
    assert value(feature, SHOP, "2024-11-01T12:30") == expected


ITEMS = [
    {"category": "shoes", "price": 50, "Size (EU)": 42, "product_id": "1"},
    {"category": "bags", "price": 20, "product_id": "2"},
    {"category": "shoes", "price": "30.5", "brand": None, "product_id": "3"},
]
BASKETS: list[Told] = [
    ("2024-11-01T10:00", ORDERS, {"revenue": 100.5, "products": ITEMS, "category": "none", "vip": True}),
    ("2024-11-01T11:00", ORDERS, {"revenue": 20, "products": ITEMS[1]}),
    ("2024-11-01T12:00", ORDERS, {"revenue": 7}),
]
SHOES = "category == 'shoes'"


@pytest.mark.parametrize(
    ("feature", "expected"),
    [
        ({"sum": ORDERS, "of": "products.price", "items": SHOES}, 80.5),
        ({"sum": ORDERS, "of": "products.price"}, 120.5),
        ({"count": ORDERS, "items": SHOES}, 1),
        ({"count": ORDERS, "items": "price < 40"}, 2),
        ({"count": ORDERS, "items": "has(brand)"}, 0),
        ({"count": ORDERS, "items": "vip"}, 0),  # the order's, not the item's
        ({"count": ORDERS, "items": SHOES, "where": "'bags' in products.category"}, 1),  # `where` sees the whole event
        ({"count": ORDERS, "items": "`Size (EU)` == 42"}, 1),
        ({"sum": ORDERS, "of": "revenue", "items": SHOES}, 100.5),
        ({"distinct": ORDERS, "of": "products.product_id", "items": SHOES}, 2),
        ({"recent": ORDERS, "of": "products.product_id", "items": "price < 40"}, ["2", "2", "3"]),
        ({"top": ORDERS, "of": "products.category", "items": "price >= 20"}, ["bags", "shoes"]),
        ({"share": ORDERS, "of": "products.category", "equals": "shoes", "items": "price < 40"}, 1 / 3),
        ({"min": ORDERS, "of": "products.price", "items": SHOES}, 30.5),
        ({"mean": ORDERS, "of": "products.price", "items": "category == 'hats'"}, None),
        ({"days_since": ORDERS, "items": SHOES}, 1.0),
        ({"ratio": [ORDERS, "*"], "items": SHOES}, 1.0),
        ({"peak": ORDERS, "by": "hour", "items": "category == 'bags'"}, 10),
        ({"peak_share": ORDERS, "by": "hour", "items": "category == 'bags'"}, 0.5),
    ],
)
def test_items(feature: dict[str, Any], expected: Any) -> None:
    assert value(feature, BASKETS, "2024-11-02T10:00") == expected


PLANS: list[Told] = [
    told("2024-01-01T00:00", plan="free"),
    told("2024-01-03T00:00", plan="pro", seats=1),
    told("2024-01-05T00:00", plan="pro", seats=1.0),
    told("2024-01-06T00:00", name="Ann"),
    ("2024-01-06T00:00", "page", {"plan": "free"}),
]


@pytest.mark.parametrize(
    ("trait", "more", "expected"),
    [
        ("plan", [], 5.0),  # 2024-01-08 less the 3rd
        ("seats", [], 5.0),  # 1 and 1.0 are one number
        ("size", [], None),
        ("plan", [told("2024-01-04T00:00", plan="free")], 3.0),  # a late one comes between
        ("plan", [told("2024-01-02T00:00", plan="pro")], 6.0),
        ("plan", [told("2024-01-07T00:00", plan=None)], None),
        ("plan", [told("2024-01-06T12:00", plan=None), told("2024-01-07T00:00", plan="pro")], 1.0),
        ("plan", [told("2024-01-05T00:00", plan="free")], 3.0),  # of equal times the later arrival is the newer
        ("seats", [told("2024-01-07T00:00", seats=True)], 1.0),
        ("seats", [told("2024-01-07T00:00", seats="1")], 1.0),
    ],
)
def test_days_since_change(trait: str, more: list[Told], expected: float | None) -> None:
    assert value({"days_since_change": trait}, PLANS + more, "2024-01-08T00:00") == expected


CARTS: list[Told] = [
    ("2024-11-01T10:00", CART, {"cart_id": "a"}),
    ("2024-11-01T10:01", CART, {"cart_id": "b"}),
    ("2024-11-01T10:30", ORDERS, {"cart_id": "b"}),
    ("2024-11-01T12:00", CART, {"cart_id": "c"}),
    ("2024-11-01T12:59:59.999", ORDERS, {"cart_id": "c"}),
    ("2024-11-01T14:00", ORDERS, {"cart_id": "a"}),
]
PAIR = [CART, ORDERS]


@pytest.mark.parametrize(
    ("feature", "expected"),
    [
        ({"followed": PAIR, "in": "1h"}, 2),  # one of a and b, and c
        ({"followed": PAIR, "in": "1h", "by": "cart_id"}, 2),
        ({"followed": PAIR, "in": "29m", "by": "cart_id"}, 0),
        ({"followed": PAIR, "in": "30m", "by": "cart_id"}, 1),
        ({"followed": PAIR, "in": "59m", "by": "cart_id"}, 1),
        ({"followed": PAIR, "in": "5h", "by": "basket"}, 0),  # nothing to compare
        ({"followed": PAIR, "in": "5h", "by": "cart_id"}, 3),
        ({"followed": PAIR, "in": "5h"}, 3),
        ({"followed": PAIR, "in": "5h", "where": "cart_id != 'b'"}, 2),  # a and c
        ({"followed": PAIR, "in": "5h", "where": "cart_id == 'a'"}, 1),  # by b's order: `where` asks about firsts
        ({"followed": PAIR, "in": "1h", "within": "3h"}, 1),  # at 14:00 the first ones are out
        ({"followed": [CART, CART], "in": "5h"}, 2),
        ({"followed": ["Nothing", ORDERS], "in": "5h"}, 0),
        ({"followed": [ORDERS, CART], "in": "5h"}, 1),
        ({"unfollowed": PAIR, "after": "1h"}, 0),
        ({"unfollowed": [ORDERS, CART], "after": "1m"}, 1),  # the one at 12:59:59.999
        ({"unfollowed": [ORDERS, CART], "after": "0s"}, 2),
        ({"unfollowed": [CART, "page"], "after": "2h"}, 3),
        ({"unfollowed": [CART, "page"], "after": "121m"}, 2),
        ({"unfollowed": [CART, "page"], "after": "1h", "within": "3h"}, 1),
        ({"unfollowed": PAIR, "after": "1h", "where": "cart_id == 'b'"}, 0),
        ({"unfollowed": [CART, "page"], "after": "1h", "by": "basket"}, 0),
        ({"unfollowed": [CART, ORDERS], "after": "1h", "by": "cart_id", "where": "cart_id == 'a'"}, 0),
    ],
)
def test_followed_and_unfollowed(feature: dict[str, Any], expected: int) -> None:
    assert value(feature, CARTS, "2024-11-01T14:00") == expected


def test_of_equal_times_the_later_arrival_follows() -> None:
    cart, order = ("2024-11-01T10:00", CART, {}), ("2024-11-01T10:00", ORDERS, {})
    for stream, followed in (([cart, order], 1), ([order, cart], 0)):
        assert value({"followed": PAIR, "in": "1h"}, stream, "2024-11-01T12:00") == followed
        assert value({"unfollowed": PAIR, "after": "1h"}, stream, "2024-11-01T12:00") == 1 - followed


def test_an_abandoned_cart_appears_when_after_is_over_and_goes_with_the_order() -> None:
    feature = {"unfollowed": PAIR, "after": "1h", "by": "cart_id"}
    assert moves("f > 0", feature, CARTS, "2024-12-01T00:00") == [
        ("entered by time", "2024-11-01T11:00:00"),
        ("exited", "2024-11-01T14:00:00"),
    ]
    late = [*CARTS[:2], ("2024-11-01T12:00", "page", {}), ("2024-11-01T10:20", ORDERS, {"cart_id": "a"})]
    assert value(feature, late, "2024-11-01T12:00") == 1
    assert value({**feature, "within": "2h"}, CARTS[:1], "2024-11-01T12:00") == 0


@pytest.mark.parametrize(
    ("feature", "expected"),
    [
        ({"last": "*", "of": "`Product Name`"}, "Hat"),
        ({"last": "*", "of": "`a.b`"}, 1.0),
        ({"last": "*", "of": "a.b"}, 2.0),
        ({"last": "*", "of": "`first level`.`x.y`"}, "deep"),
        ({"sum": "*", "of": "products.`Unit Price`"}, 7),
        ({"count": "*", "where": '`Product Name` == "Hat"'}, 1),
        ({"count": "*", "where": '`Product Name`.startsWith("H") && has(`a.b`)'}, 1),
        ({"count": "*", "where": "`a.b` + a.b == 3"}, 1),
        ({"count": "*", "where": "3 in products . `Unit Price`"}, 1),
        ({"count": "*", "items": "`Unit Price` == 4"}, 1),
        ({"count": "*", "where": "date(day) >= date('2024-02-29')"}, 1),
        ({"count": "*", "where": "date(day) == 19782"}, 1),  # 54 years of 365 days, 13 leap days, and 59
        ({"count": "*", "where": "date(day) + 1 == date('2024-03-01')"}, 1),
        ({"count": "*", "where": "date(time) == 19782.5"}, 1),
        ({"count": "*", "where": "date('1969-12-31') == -1"}, 1),
        ({"count": "*", "where": "date(`Product Name`) == 0 || date(nothing) == 0"}, 0),
        ({"count": "*", "where": "!(date(`Product Name`) == 0)"}, 0),  # unknown
        ({"count": "*", "where": "date(a.b) < 1"}, 0),  # a number is no text
    ],
)
def test_names_in_backquotes_and_dates(feature: dict[str, Any], expected: Any) -> None:
    fields = {"Product Name": "Hat", "a.b": 1, "a": {"b": 2}, "first level": {"x.y": "deep"}, "day": "2024-02-29"}
    fields |= {"products": [{"Unit Price": 3}, {"Unit Price": 4}], "time": "2024-02-29T12:00:00Z"}
    assert value(feature, [("2024-11-01T10:00", ORDERS, fields)], "2024-11-01T10:00") == expected


def test_the_order_of_two_days_since_changes_with_events_only() -> None:
    found = moves(
        "f < g",
        {"days_since": CART},
        [CARTS[0], CARTS[2], CARTS[3], ("2024-11-01T12:00", ORDERS, {}), ("2024-11-02T00:00", "page", {})],
        "2025-11-01T00:00",
        g={"days_since": ORDERS},
    )
    assert found == [("entered", "2024-11-01T12:00:00"), ("exited", "2024-11-01T12:00:00")]
    assert moves("f <= g", {"days_since": CART}, CARTS[:1], "2025-01-01T00:00", g={"days_since": ORDERS}) == []


def test_a_bucket_is_a_number_to_99_that_name_and_user_give() -> None:
    found = {value({"bucket": f"test {index}"}, CARTS[:1], "2024-11-01T14:00") for index in range(400)}
    assert found <= set(range(100))
    assert len(found) > 90
