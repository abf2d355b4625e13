"""The option `items`: only items of `products` for which a condition holds, and events with at least one of them."""

from __future__ import annotations

from typing import Any

import pytest

from core.samples import definition, line
from livesegments.core.definition import parse_definition
from livesegments.core.errors import DefinitionError
from livesegments.core.events import decode
from livesegments.core.explain import History, explain
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from livesegments.survey import Survey, findings_of

SHOES = 'category == "shoes"'
HAT = {"product_id": "h", "category": "hats", "brand": "A", "price": 10.0, "quantity": 3}
BOOT = {"product_id": "b", "category": "shoes", "brand": "B", "price": 80, "size": {"eu": 42}}
SANDAL = {"product_id": "s", "category": "shoes", "brand": "A", "price": "20.50", "Made In": "PT"}


def order(*items: Any, day: float = 0, **properties: Any) -> bytes:
    return line(event="Order Completed", day=day, properties={"products": list(items), **properties})


ORDERS = [order(HAT, BOOT, SANDAL, revenue=130.5), order(HAT, day=1, revenue=30.0), order(BOOT, day=2, revenue=80.0)]


def values(features: dict[str, Any], lines: list[bytes], **sections: Any) -> dict[str, Any]:
    engine = Engine(definition(features, **sections))
    replay = Replay(engine)
    list(replay.run(lines))
    profile = replay.profiles["u"]
    found = engine.values(profile, profile.clock_ms)
    return {name: found[engine.program.slots[name]] for name in features}


FEATURES: list[tuple[dict[str, Any], Any]] = [
    ({"count": "Order Completed"}, 2),
    ({"count": "Order Completed", "within": "2d"}, 1),
    ({"sum": "Order Completed", "of": "products.price"}, 180.5),
    ({"sum": "Order Completed", "of": "products.price", "within": "2d"}, 80.0),
    ({"sum": "Order Completed", "of": "revenue"}, 210.5),
    ({"mean": "Order Completed", "of": ["products.cost", "products.price"]}, 180.5 / 3),
    ({"min": "Order Completed", "of": "products.price"}, 20.5),
    ({"max": "Order Completed", "of": "products.quantity"}, None),
    ({"first": "Order Completed", "of": "products.product_id"}, "b"),
    ({"last": "Order Completed", "of": "products.size.eu"}, 42),
    ({"recent": "Order Completed", "of": "products.product_id"}, ["b", "b", "s"]),
    ({"distinct": "Order Completed", "of": "products.brand", "within": "9d"}, 2),
    ({"top": "Order Completed", "of": "products.brand"}, ["B", "A"]),
    ({"share": "Order Completed", "of": "products.brand", "equals": "A"}, 1 / 3),
    ({"ratio": ["Order Completed", "*"]}, 1.0),
    ({"rate": "Order Completed", "per": "1d"}, 1.0),
    ({"days_since": "Order Completed"}, 0.0),
    ({"peak_share": "Order Completed", "by": "weekday", "within": "9d"}, 0.5),
    ({"session": "count", "events": "Order Completed"}, 2),
]


@pytest.mark.parametrize(("feature", "expected"), FEATURES)
def test_each_kind_reads_only_items_that_meet_the_condition(feature: dict[str, Any], expected: Any) -> None:
    assert values({"f": feature | {"items": SHOES}}, ORDERS) == {"f": expected}


def test_decayed_adds_up_the_items() -> None:
    feature = {"decayed": "Order Completed", "of": "products.price", "half_life": "1d", "items": SHOES}
    assert values({"f": feature}, ORDERS) == {"f": pytest.approx(80 + 100.5 / 4)}


CONDITIONS = [
    ('category == "shoes" && price > 50', 2),
    ("size.eu == 42", 2),
    ('`Made In` == "PT"', 1),
    ("price >= 20.5 && price < 80", 1),
    ("colour == null", 3),
    ("missing > 1", 0),
    ('category.startsWith("sho")', 2),
    ('"shoes" in category', 0),
    ("true", 3),
    ("false", 0),
]


@pytest.mark.parametrize(("condition", "count"), CONDITIONS)
def test_the_condition_reads_the_fields_of_one_item(condition: str, count: int) -> None:
    assert values({"f": {"count": "Order Completed", "items": condition}}, ORDERS) == {"f": count}


def test_where_filters_events_and_items_what_is_left_of_them() -> None:
    features = {
        "f": {"sum": "Order Completed", "of": "products.price", "where": "revenue > 100", "items": SHOES},
        "g": {"sum": "Order Completed", "of": "products.price", "where": "revenue > 100"},
        "h": {"sum": "Order Completed", "of": "products.price"},
    }
    assert values(features, ORDERS) == {"f": 100.5, "g": 110.5, "h": 200.5}


@pytest.mark.parametrize("products", [None, [], "none", [None, 5, "x"], [[BOOT]], {"category": "hats"}])
def test_what_has_no_items_has_none_that_meet_the_condition(products: Any) -> None:
    lines = [line(event="Order Completed", properties={"products": products, "category": "shoes"})]
    assert values({"f": {"count": "Order Completed", "items": SHOES}}, lines) == {"f": 0}


def test_one_object_is_a_list_of_one_item() -> None:
    lines = [line(event="Order Completed", properties={"products": BOOT})]
    assert values({"f": {"count": "Order Completed", "items": SHOES}}, lines) == {"f": 1}


def test_features_with_other_items_are_kept_apart_and_survive_storing() -> None:
    features = {name: {"count": "Order Completed", "items": f'category == "{name}"'} for name in ("shoes", "hats")}
    engine = Engine(definition(features))
    content = None
    for raw in ORDERS:
        profile = engine.restore("u", content)
        engine.apply(profile, decode(raw))
        content = engine.snapshot(profile)
    profile = engine.restore("u", content)
    assert engine.values(profile, profile.clock_ms) == [2, 2]
    renamed = Engine(definition({"worn": features["shoes"]}))
    profile = renamed.restore("u", content)
    assert renamed.values(profile, profile.clock_ms) == [2]


@pytest.mark.parametrize(
    ("feature", "message"),
    [
        ("{count: x, items: 'products.category == \"a\"'}", "write category for products.category"),
        ("{count: x, items: 'context.locale == \"a\"'}", "put a condition on context.locale into `where`"),
        ("{count: x, items: 'category = 1'}", "equality is `==`"),
        ("{count: x, items: 5}", "expected a condition on an item"),
        ("{count: x, items: [a]}", "expected a condition on an item"),
        ("{count: x, items: price * 2}", "no condition: compare it"),
        ("{count: x, items: 'price > 1 + size(price - 1)'}", "`size` is for texts and lists"),
        ("{count: x, item: 'price > 1'}", 'did you mean "items"?'),
        ("{trait: x, items: 'price > 1'}", 'unknown option of `trait` "items"'),
        ("{count: x, where: 'products.category == \"a\"'}", "with `items: 'category == \"a\"'`"),
    ],
)
def test_mistakes_say_what_to_write(feature: str, message: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        parse_definition(f"features:\n  f: {feature}")
    assert message in str(caught.value)


def test_explain_says_which_items() -> None:
    engine = Engine(definition({"f": {"sum": "Order Completed", "of": "products.price", "items": SHOES}}))
    history = History(engine, "u", None)
    history.read(ORDERS)
    [feature] = explain(engine, history.profile, history.now_ms).features
    assert feature.meaning == 'sum of products.price of Order Completed, only items where category == "shoes"'


def test_check_finds_fields_of_items_that_never_came() -> None:
    spec = definition({"f": {"count": "Order Completed", "items": 'catgory == "shoes"'}})
    survey = Survey(spec)
    for raw in ORDERS:
        survey.add(raw)
    messages = [finding.message for finding in findings_of(survey)]
    assert any("products.catgory: never there" in message and "products.category" in message for message in messages)
