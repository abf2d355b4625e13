"""What the `profile:` section makes of features: values as they are, times, lists, and null."""

import json
from typing import Any

from core.samples import definition, line
from livesegments.core.events import decode
from livesegments.core.step import Engine

FEATURES = {
    "seen": {"days_since": "Product Viewed"},
    "bought": {"days_since": "Order Completed"},
    "brand": {"last": "Product Viewed", "of": "brand"},
    "brands": {"recent": "Product Viewed", "of": "brand"},
    "plan": {"trait": "plan"},
}
FIELDS = {
    "brand": "brand",
    "last_seen": {"time_of": "seen"},
    "last_order": {"time_of": "bought"},
    "brand_as_list": {"list_of": "brand"},
    "brands": {"list_of": "brands"},
    "plans": {"list_of": "plan"},
    "size": None,
}
VIEWS = [
    line(timestamp="2024-01-02T00:00:00.001Z", properties={"brand": "A"}),
    line(timestamp="2024-01-17T03:20:59.999Z", properties={"brand": "B"}),
    line(timestamp="2024-03-01T10:00:00.007Z", event="Email Opened"),
]


def sections(profile: dict[str, Any], lines: list[bytes]) -> dict[str, Any]:
    engine = Engine(definition(FEATURES, profile=profile))
    user = engine.restore("u", None)
    for one in lines:
        engine.apply(user, decode(one))
    document = engine.document(user)
    assert document is not None
    found: dict[str, Any] = json.loads(document)
    return {name: found[name] for name in profile}


def test_a_field_shows_a_value_the_time_that_it_counts_from_or_a_list() -> None:
    assert sections({"shopping": FIELDS}, VIEWS) == {
        "shopping": {
            "brand": "B",
            "last_seen": "2024-01-17T03:20:59.999Z",
            "last_order": None,
            "brand_as_list": ["B"],
            "brands": ["B", "A"],
            "plans": [],
            "size": None,
        }
    }
