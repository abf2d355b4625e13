"""Whole numbers beyond 2**53, as ids are: the same only where all of their digits are."""

from __future__ import annotations

import json

import pytest

from core.conditions.evaluated import value_of
from core.samples import definition, line
from livesegments.core.conditions import UNKNOWN, canonical, parse
from livesegments.core.replay import Replay
from livesegments.core.step import Engine

LONG = 2**53 + 1
NEAR = 2**53


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"x == {LONG}", True),
        (f"{LONG} == x", True),
        (f"x == {NEAR}", False),
        (f"x != {NEAR}", True),
        (f"x != {LONG}", False),
        (f"x == {LONG}.0", True),  # a number with a point is a double
        (f"x == 0{LONG}", True),
        (f"x in [1, {LONG}]", True),
        (f"x in [{NEAR}]", False),
        (f"{LONG} in [x, 5]", True),
        (f"{NEAR} in [x, 5]", False),
        (f"{NEAR} in xs", False),
        (f"{LONG} in xs", True),
        (f"-{LONG} == y", True),
        (f"-{NEAR} == y", False),
        (f"{LONG} == {NEAR}", False),
        (f"x >= {NEAR} && x <= {NEAR}", True),  # order is that of doubles
        ("x == z", False),
        ("x == x", True),
        (f"huge == {LONG}", UNKNOWN),
        (f"f == {NEAR}", True),
        (f'"{LONG}" == x', False),
    ],
)
def test_two_whole_numbers_are_the_same_where_all_digits_are(text: str, expected: object) -> None:
    found = value_of(text, x=LONG, y=-LONG, z=NEAR, xs=[5, LONG], huge=10**400, f=float(NEAR))
    assert found is expected


def test_a_change_of_the_last_digit_is_an_edit() -> None:
    assert canonical(parse(f"x == {LONG}")) == ["==", ["name", "x"], LONG] != canonical(parse(f"x == {NEAR}"))
    assert canonical(parse("x == 5")) == ["==", ["name", "x"], 5.0]


def test_a_value_is_a_double_also_where_its_place_tells_that_a_segment_need_not_be_decided() -> None:
    features = {
        "last": {"last": "Order Completed", "of": "order_id"},
        "copy": {"value": "last"},
        "orders": {"count": "Order Completed"},
    }
    engine = Engine(definition(features, {"it": {"when": f"copy == {LONG} && orders > 0"}}))
    replay, members = Replay(engine), []
    for day, identity in enumerate((1, LONG, LONG + 2, NEAR, 1), 1):
        replay.feed(line(day=day, event="Order Completed", properties={"order_id": identity}))
        members.append("it" in replay.profiles["u"].members)
    assert members == [False, True, False, True, False]  # LONG and NEAR are the same double


def test_an_order_id_of_64_bits_is_told_apart_in_where() -> None:
    features = {
        "that": {"count": "Order Completed", "where": f"order_id == {LONG}"},
        "bought": {"count": "Order Completed", "where": f"{LONG} in products.product_id"},
        "big": {"count": "Order Completed", "items": f"product_id == {LONG}"},
        "last": {"last": "Order Completed", "of": "order_id"},
    }
    engine = Engine(definition(features, {"it": {"when": f"last == {LONG}"}, "near": {"when": f"last == {NEAR}"}}))
    replay = Replay(engine)
    for identity in (NEAR, NEAR + 2, LONG):
        products = [{"product_id": identity}]
        replay.feed(line(event="Order Completed", properties={"order_id": identity, "products": products}))
    profile = replay.profiles["u"]
    document = engine.document(profile, replay.end_ms)
    assert document is not None
    found = json.loads(document)
    assert found["features"] == {"that": 1, "bought": 1, "big": 1, "last": LONG}
    assert found["segments"] == ["it"]
