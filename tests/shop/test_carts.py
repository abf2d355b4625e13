"""The generated shop with carts: the same life, what is left behind, the dates users tell, and the truth of it all."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from livesegments.cli import main
from livesegments.core.times import DAY_MS, parse_time
from livesegments.shop.generator import CartTruth, Truth, generate, truth
from shop.contract_check import checked_event

USERS, DAYS, SEED = 150, 120, 12


@pytest.fixture(scope="module")
def events() -> list[dict[str, Any]]:
    """Give all events, each message once."""
    return list({one["messageId"]: one for one in map(checked_event, generate(USERS, DAYS, SEED, carts=True))}.values())


@pytest.fixture(scope="module")
def truths() -> list[Truth]:
    return list(truth(USERS, DAYS, SEED, carts=True))


@pytest.fixture(scope="module")
def carts(truths: list[Truth]) -> list[CartTruth]:
    return [cart for row in truths for cart in row.carts or ()]


@pytest.mark.parametrize("visitors", [False, True])
def test_all_else_is_as_in_the_shop_without_carts(visitors: bool) -> None:
    def without(line: bytes) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(line)
        for place, names in (("properties", ["cart_id"]), ("traits", ["birthday", "createdAt"])):
            for name in names:
                event.get(place, {}).pop(name, None)
        return event

    rest = [
        without(line)
        for line in generate(USERS, 30, SEED, carts=True, visitors=visitors)
        if b'"Checkout Started"' not in line
    ]
    assert rest == [json.loads(line) for line in generate(USERS, 30, SEED, visitors=visitors)]


@pytest.mark.parametrize(("users", "days", "seed"), [(USERS, 40, SEED), (300, 10, 4)])
def test_the_carts_of_the_truth_are_those_of_the_events(users: int, days: int, seed: int) -> None:
    """The second shop ends during a checkout: what comes after the end never happens."""
    names = {"Product Added": 0, "Checkout Started": 1, "Order Completed": 2}
    found: dict[tuple[str, str], tuple[set[str], set[str], set[str]]] = defaultdict(lambda: (set(), set(), set()))
    for line in generate(users, days, seed, carts=True):
        event = json.loads(line)
        if event.get("event") in names:
            moments = found[event["userId"], event["properties"]["cart_id"]]
            moments[names[event["event"]]].add(event["timestamp"])
    assert found == {
        (row.user, cart.cart): (set(cart.added), set(cart.checkouts), {cart.ordered} - {None})
        for row in truth(users, days, seed, carts=True)
        for cart in row.carts or ()
    }


def test_a_cart_belongs_to_one_user(truths: list[Truth], carts: list[CartTruth]) -> None:
    assert len({cart.cart for cart in carts}) == len(carts)
    assert sum(bool(row.carts) for row in truths) > USERS / 2


def test_every_way_that_a_cart_can_go_is_there(truths: list[Truth], carts: list[CartTruth]) -> None:
    left = [cart for cart in carts if cart.ordered is None]
    at_checkout = [cart for cart in left if cart.checkouts]
    assert 0.3 < len(at_checkout) / len(left) < 0.6
    assert 0.15 < len(left) / len(carts) < 0.4
    ordered = [cart for cart in carts if cart.ordered]
    assert all(cart.checkouts and cart.checkouts[-1] < str(cart.ordered) for cart in ordered)
    assert any(not cart.added for cart in ordered), "bought at once"
    resumed = [
        cart for cart in ordered if cart.added and parse_time(str(cart.ordered)) - parse_time(cart.added[0]) > DAY_MS
    ]
    assert resumed
    assert any(len(cart.checkouts) > 1 for cart in ordered), "left at the checkout, and ordered after all"
    waiting_while_another_is_ordered = [
        cart
        for row in truths
        for cart in row.carts or ()
        for other in row.carts or ()
        if cart.ordered is None and cart.added and other.ordered and not other.added
        if 0 < parse_time(other.ordered) - parse_time(cart.added[-1]) < 7 * DAY_MS
    ]
    assert waiting_while_another_is_ordered


def test_a_checkout_shows_what_lies_in_the_cart(events: list[dict[str, Any]]) -> None:
    checkouts = [event["properties"] for event in events if event.get("event") == "Checkout Started"]
    for checkout in checkouts:
        assert checkout["products"]
        total = sum(product["price"] * product["quantity"] for product in checkout["products"])
        assert checkout["value"] == pytest.approx(total, abs=0.006)


def test_users_tell_birthdays_that_agree_with_their_age_and_when_they_signed_up(
    events: list[dict[str, Any]], truths: list[Truth]
) -> None:
    by_user = {row.user: row for row in truths}
    for event in events:
        if event["type"] != "identify":
            continue
        row, traits = by_user[event["userId"]], event["traits"]
        assert (traits.get("birthday"), traits["createdAt"]) == (row.birthday, row.signed_up)
        if row.birthday:
            born, arrived = date.fromisoformat(str(row.birthday)), date.fromisoformat(row.arrived[:10])
            had_it = (arrived.month, arrived.day) >= (born.month, born.day)
            assert arrived.year - born.year - (not had_it) == traits["age"]
    assert 0.7 < sum(row.birthday is not None for row in truths) / USERS < 0.95
    at_once = sum(row.signed_up == row.arrived for row in truths)
    assert all(str(row.signed_up) <= row.arrived for row in truths)
    assert 0.4 < at_once / USERS < 0.8
    assert len({str(row.birthday)[5:7] for row in truths}) == 12 + 1, "every month, and not told"


def test_a_truth_without_carts_says_nothing_of_them() -> None:
    (row,) = truth(1, 5, 1)
    assert not {"carts", "birthday", "signed_up"} & json.loads(msgspec.json.encode(row)).keys()


def test_the_command_writes_the_same_shop(tmp_path: Path) -> None:
    out, beside = tmp_path / "events.jsonl", tmp_path / "truth.jsonl"
    with pytest.raises(SystemExit) as ended:
        main(f"generate --users 20 --days 20 --carts --quiet --out {out} --truth {beside}".split())
    assert ended.value.code in (0, None)
    assert out.read_bytes().splitlines() == list(generate(20, 20, 1, carts=True))
    expected = [msgspec.json.encode(row) for row in truth(20, 20, 1, carts=True)]
    assert beside.read_bytes().splitlines() == expected
