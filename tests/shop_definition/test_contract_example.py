"""A user whose events tell the story of the contract's example has the contract's profile document."""

from __future__ import annotations

import json
from typing import Any

from livesegments.core.definition import load_definition
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from livesegments.core.times import DAY_MS, format_time, parse_time
from streams.stories import SHOP

NOW_MS = parse_time("2024-11-09T14:20:00.000Z")
EXAMPLE: dict[str, Any] = {
    "user_id": "12345",
    "sequence": 7,
    "updated_at": "2024-11-09T14:20:00.000Z",
    "demographics": {
        "age": 34, "gender": "female", "location": "New York, NY", "occupation": None, "income": None,
    },
    "behavioral_data": {
        "purchase_history": ["product_001"],
        "click_history": ["product_002", "category_shoes"],
        "average_session_duration": 300,
        "pages_per_session": 5,
        "frequency_of_purchases": 0.2,
    },
    "preferences": {"preferred_categories": ["fashion"], "favorite_brands": ["BrandA"]},
    "contextual_data": {
        "device_type": "mobile",
        "time_of_last_interaction": "2024-11-09T14:20:00.000Z",
        "seasonal_preferences": ["winter"],
    },
    "engagement": {"email_open_rate": 0.4, "sms_open_rate": 0.3, "push_notification_click_rate": 0.1},
}  # fmt: skip


def story() -> list[dict[str, Any]]:
    """Tell it: a first order at the till 300 days ago, messages in autumn, one visit on a phone that ends with A1."""
    told: list[dict[str, Any]] = []

    def put(before_ms: int, event: str | None = None, type_: str = "track", **rest: Any) -> None:
        name = {} if event is None else {"event": event}
        context = {"device": {"type": "mobile"}, "locale": "en-US", "timezone": "America/New_York"}
        told.append({
            "type": type_, **name, "messageId": f"m-{len(told)}", "userId": "12345",
            "timestamp": format_time(NOW_MS - before_ms), "context": context, **rest,
        })  # fmt: skip

    fashion = {"category": "fashion", "brand": "BrandA", "price": 29.9}
    put(
        300 * DAY_MS, "Order Completed", properties={"revenue": 29.9, "products": [fashion]}
    )  # tills know no product ids
    traits = {"age": 34, "gender": "female", "location": "New York, NY", "newsletter": True}
    put(290 * DAY_MS, type_="identify", traits=traits)
    for count, answered, delivered, answer in [
        (5, 2, "Email Delivered", "Email Opened"),
        (10, 3, "SMS Delivered", "SMS Opened"),
        (10, 1, "Push Notification Received", "Push Notification Tapped"),
    ]:
        for number in range(count):
            put((60 - number) * DAY_MS, delivered)
            if number < answered:
                put((60 - number) * DAY_MS - 60_000, answer)
    for second in (300, 240, 180):
        put(second * 1_000, type_="page")
    put(170_000, "Product List Viewed", properties={"list_id": "category_shoes", "category": "shoes"})
    put(120_000, "Product Clicked", properties={"product_id": "product_002", "category": "shoes"})
    for second in (100, 20):
        put(second * 1_000, type_="page")
    product = {**fashion, "product_id": "product_001", "quantity": 2}
    put(0, "Order Completed", properties={"order_id": "A1", "revenue": 59.8, "products": [product]})
    return sorted(told, key=lambda event: event["timestamp"])


def document() -> dict[str, Any]:
    replay = Replay(Engine(load_definition(SHOP)))
    changes = list(replay.run(json.dumps(event).encode() for event in story()))
    (found,) = replay.documents()
    decoded: dict[str, Any] = json.loads(found)
    assert decoded["sequence"] == changes[-1].detail.sequence
    return decoded


def test_the_example_is_in_the_document() -> None:
    found = document()
    for section, expected in EXAMPLE.items():
        if isinstance(expected, dict):
            assert {name: found[section][name] for name in expected} == expected
        elif section != "sequence":  # it counts the changes, and shop.yaml has more segments than the example
            assert found[section] == expected
    assert "newsletter" in found["segments"]
    assert found["clusters"] == found["predictions"] == {}


def test_the_examples_fields_come_first_and_in_its_order() -> None:
    found = document()
    assert list(found)[: len(EXAMPLE)] == list(EXAMPLE)
    for section, expected in EXAMPLE.items():
        if isinstance(expected, dict):
            assert list(found[section])[: len(expected)] == list(expected)


def test_what_the_example_lacks_stands_beside_it() -> None:
    found = document()
    beside = {
        section: {name: value for name, value in found[section].items() if name not in expected}
        for section, expected in EXAMPLE.items()
        if isinstance(expected, dict)
    }
    assert beside == {
        "demographics": {},
        "behavioral_data": {"viewed_categories": ["shoes"]},
        "preferences": {},
        "contextual_data": {"hour_of_interaction": 14, "place_of_interaction": None},
        "engagement": {"interactions_per_week": 14 * 7 / 90, "offers_taken": None},
    }


def test_a_user_without_anything_has_empty_lists_and_nulls() -> None:
    replay = Replay(Engine(load_definition(SHOP)))
    line = {"type": "identify", "messageId": "1", "userId": "new", "timestamp": "2024-11-09T14:20:00Z", "traits": {}}
    assert [change.detail.segment for change in replay.run([json.dumps(line).encode()])] == ["barely_engaged"]
    (found,) = replay.documents()
    shown = json.loads(found)
    values = [value for section in EXAMPLE if isinstance(EXAMPLE[section], dict) for value in shown[section].values()]
    assert all(value in (None, [], 0) for value in values)
    assert shown["preferences"] == {"preferred_categories": [], "favorite_brands": []}
