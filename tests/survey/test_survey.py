"""What `check --events` finds: planted mistakes in a generated stream, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from importlib import resources
from typing import Any

import pytest

from core.samples import definition, line
from livesegments.core.definition import Definition, parse_definition
from livesegments.shop.generator import generate
from livesegments.survey import Survey, count_names, report_of, slips, slips_line

SHOP = (resources.files("livesegments") / "definitions" / "shop.yaml").read_text()


def report(lines: Iterable[bytes], of: Definition) -> Any:
    survey = Survey(of)
    for one in lines:
        survey.add(one)
    return report_of(survey)


def shop_lines(
    change: Callable[[int, dict[str, Any]], None] | None = None, users: int = 60, *, carts: bool = False
) -> Iterable[bytes]:
    for number, one in enumerate(generate(users, 30, 3, carts=carts)):
        event = json.loads(one)
        if change is not None:
            change(number, event)
        yield json.dumps(event).encode()


@pytest.mark.parametrize("users", [5, 60])
@pytest.mark.parametrize("carts", [False, True])
def test_a_generated_stream_has_nothing_wrong(users: int, carts: bool) -> None:
    assert report(shop_lines(users=users, carts=carts), parse_definition(SHOP)).findings == ()


def test_a_generated_stream_with_carts_has_all_that_shop_yaml_reads_but_a_newsletter() -> None:
    found = report(shop_lines(carts=True), parse_definition(SHOP))
    assert [one.feature for one in found.never_matched] == ["wants_newsletter"]


def test_three_planted_mistakes_are_found_and_nothing_else() -> None:
    """An event name in lower case, a path that is never there, a number as text with a currency."""

    def plant(number: int, event: dict[str, Any]) -> None:
        if event.get("event") == "Product Clicked" and number % 3:
            event["event"] = "product clicked"
        if event.get("event") == "Order Completed" and number % 2:
            event["properties"]["revenue"] = f"${event['properties']['revenue']}"

    text = SHOP.replace("of: products.brand, within: 365d}", "of: products.brnd, within: 365d}")
    assert text != SHOP
    found = report(shop_lines(plant), parse_definition(text))
    assert [(one.kind, one.name, one.path, one.near) for one in found.findings] == [
        ("name", "product clicked", "", "Product Clicked"),
        ("path", "Order Completed", "products.brnd", "products.brand"),
        ("number", "Order Completed", "revenue", None),
        ("value", "Order Completed", "revenue", None),
    ]
    assert found.findings[1].features == ("brand_loyalty",)
    assert "'$" in found.findings[2].message  # what sums skip, and what a segment compares with a number
    assert found.findings[3].features == ("first_order_value",)
    assert "brand_loyalty" in [one.feature for one in found.never_matched]


ORDERS = definition(
    {
        "orders": {"count": "Order Completed"},
        "spent": {"sum": "Order Completed", "of": ["revenue", "total"]},
        "spent_eur": {"sum": "Order Completed", "of": "revenue", "where": 'currency == "EUR"'},
        "opened": {"count": "Email *"},
        "plan": {"trait": "plan"},
    }
)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("order completed", "Order Completed"),
        ("Order Completed ", "Order Completed"),
        ("order_completed", "Order Completed"),
        ("OrderCompleted", "Order Completed"),
        ("Completed Order", "Order Completed"),
        ("Order Complete", "Order Completed"),
        ("email opened", "Email *"),
        ("Order Completed", None),
        ("Email Opened", None),
        ("Order Cancelled", None),
        ("Order Updated", None),
        ("Product Viewed", None),
        ("page", None),
    ],
)
def test_near_names_are_found(name: str, near: str | None) -> None:
    assert [slip.near for slip in slips({name: 3}, ORDERS)] == ([near] if near else [])


def test_names_of_the_segment_spec_are_not_taken_for_one_another() -> None:
    removed = definition({"removed": {"count": "Product Removed"}})
    assert slips({"Product Reviewed": 1}, removed) == []
    assert [slip.near for slip in slips({"Product Remove": 1}, removed)] == ["Product Removed"]


def test_a_path_is_not_missed_where_its_events_did_not_come() -> None:
    assert report([line(event="Other")], ORDERS).findings == ()


LEFT = definition({"left": {"unfollowed": ["Checkout Started", "Order Completed"], "by": "cart_id", "after": "1h"}})


def test_a_path_of_what_follows_is_not_missed_where_there_is_nothing_to_follow() -> None:
    order = line(event="Order Completed", properties={"revenue": 5})
    found = report([order], LEFT)
    assert found.findings == ()
    assert [(one.feature, one.reason) for one in found.never_matched] == [("left", "no event Checkout Started came")]
    both = report([order, line(event="Checkout Started", properties={"cart_id": "c"})], LEFT)
    assert [(one.name, one.path) for one in both.findings] == [("Order Completed", "cart_id")]
    assert both.never_matched == ()


def test_what_looks_misspelt_is_one_line() -> None:
    named = count_names([line(event="order completed"), line(event="Other"), line(type="page"), b"garbage"])
    assert named == {"order completed": 1, "Other": 1, "page": 1}
    text = slips_line(slips(named, ORDERS), "events.jsonl")
    assert text is not None
    assert "'order completed' (once), did you mean 'Order Completed'?" in text
    assert text.endswith("livesegments check --events events.jsonl")
    assert slips_line([], "events.jsonl") is None


def test_two_currencies_in_one_sum_are_told_and_where_settles_it() -> None:
    lines = [
        line("u", event="Order Completed", properties={"revenue": amount, "currency": currency})
        for amount, currency in ((6000, "JPY"), (600, "EUR"), (700, "EUR"))
    ]
    (finding,) = report(lines, ORDERS).findings
    assert (finding.kind, finding.features) == ("currency", ("spent",))
    assert "EUR 2, JPY 1" in finding.message


def test_texts_that_a_segment_compares_with_a_number_are_told() -> None:
    features = {"age": {"trait": "age"}, "plan": {"trait": "plan"}, "tier": {"trait": "tier"}}
    segments = {"grown": {"when": "age >= 18"}, "paying": {"when": 'plan == "pro" || tier in ["2", "3"]'}}
    lines = [
        line("u", type="identify", traits={"age": "42", "plan": "pro", "tier": "2"}),
        line("v", type="identify", traits={"age": 42}),
    ]
    (finding,) = report(lines, definition(features, segments)).findings
    assert (finding.kind, finding.path, finding.features) == ("value", "traits.age", ("age",))
    assert "1 value is a text, but grown compares age with a number" in finding.message


def test_a_date_is_a_text_that_days_are_counted_from() -> None:
    features = {"birthday": {"days_until": {"trait": "birthday"}}, "signed_up": {"days_since": {"trait": "createdAt"}}}
    segments = {"soon": {"when": "birthday < 7"}, "new": {"when": "signed_up < 30"}}
    lines = [line("u", type="identify", traits={"birthday": "1990-05-12", "createdAt": "2024-01-05T10:00:00Z"})]
    found = report(lines, definition(features, segments))
    assert (found.findings, found.never_matched) == ((), ())


def test_ids_of_a_broken_producer_are_told_unless_they_are_refused() -> None:
    users = ["undefined", "null", "[object Object]", "ann"]
    lines = [line(user, event="Order Completed", properties={"revenue": 1}) for user in users]
    found = report(lines, ORDERS).findings
    assert [one.name for one in found if one.kind == "user"] == ["[object Object]", "null", "undefined"]
    refusing = definition({"orders": {"count": "Order Completed"}}, limits={"refuse_users": ["null", "undefined"]})
    refused = report(lines, refusing)
    assert [one.name for one in refused.findings] == ["[object Object]"]
    assert refused.dead_letters == {"missing_user": 2}


def test_what_never_matched_says_why() -> None:
    of = definition(
        {
            "wrong_name": {"count": "Cart Viewed"},
            "wrong_where": {"count": "Order Completed", "where": 'currency == "CHF"'},
            "wrong_kind": {"sum": "Order Completed", "of": "currency"},
            "fine": {"count": "Order Completed"},
            "score": {"value": "fine + 1"},
            "plan": {"trait": "plan"},
        }
    )
    lines = [
        line(event="Order Completed", properties={"currency": "EUR"}),
        line(event="cart viewed"),
        line(type="identify", event="", traits={"age": 3}),
    ]
    found = report(lines, of)
    assert [(one.feature, one.reason, one.near) for one in found.never_matched] == [
        ("plan", "no identify has traits.plan", None),
        ("wrong_kind", "no number at currency", None),
        ("wrong_name", "no event Cart Viewed came", "cart viewed"),
        ("wrong_where", "its `where` never held", None),
    ]


def test_names_and_paths_are_counted_with_what_reads_them() -> None:
    lines = [
        line(event="Order Completed", properties={"revenue": "5", "products": [{"price": 1}, {"price": "$2"}]}),
        line(event="Order Completed", properties={"revenue": 7, "color": None}),
        line(type="page", event="", properties={"path": "/"}),
        b"garbage",
        b"  ",
    ]
    found = report(lines, ORDERS)
    assert found.events == 4
    assert [(row.name, row.events, row.features) for row in found.names] == [("Order Completed", 2, 3), ("page", 1, 0)]
    rows = {(row.name, row.path): (row.events, row.kinds, row.features) for row in found.paths}
    assert rows["Order Completed", "revenue"] == (2, {"number as text": 1, "number": 1}, 2)
    assert rows["Order Completed", "products.price"] == (1, {"number": 1, "text": 1}, 0)
    assert rows["page", "path"] == (1, {"text": 1}, 0)
    assert [(one.path, one.values, one.example) for one in found.skipped] == [("products.price", 1, "$2")]


def test_what_is_kept_is_bounded() -> None:
    lines = [line(event=f"E{number}", properties={f"p{number}": 1}) for number in range(12_000)]
    survey = Survey(ORDERS)
    for one in lines:
        survey.add(one)
    assert len(survey.names) == 1_000
    assert len(survey.paths) == 5_000
    assert report_of(survey).paths_left_out == 7_000


def test_paths_are_those_that_the_decoder_gives() -> None:
    of = definition({"boots": {"count": "page", "where": 'name == "Boots"'}, "plan": {"trait": "plan"}})
    lines = [
        line(type="page", event="", name="Boots"),
        line(type="identify", event="", context={"traits": {"plan": 1}}),
    ]
    found = report(lines, of)
    assert (found.findings, found.never_matched) == ((), ())
    assert [row.features for row in found.paths if row.path in ("name", "traits.plan")] == [1, 1]


def test_texts_where_a_segment_asks_whether_they_are_true_are_told() -> None:
    made = definition({"vip": {"trait": "vip"}}, {"vips": {"when": "!vip || vip"}, "set": {"when": "has(vip)"}})
    traits = [{"vip": "true"}, {"vip": True}, {"vip": "yes"}]
    found = report([line("u", type="identify", traits=each) for each in traits], made).findings
    assert [finding.message for finding in found] == [
        'traits.vip of identify: 2 values are texts, but vips asks whether vip is true, and the text "true" is not true'
    ]
