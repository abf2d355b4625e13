"""How far back what a savepoint keeps reaches: calendar windows, windows since, pairs; a bucket keeps nothing."""

from __future__ import annotations

from typing import Any

import pytest

from core.samples import definition, line
from livesegments.core.events import decode
from livesegments.core.step import Engine
from livesegments.models.learning import identities_of
from livesegments.preview.edits import edit_of

EVENTS = [line("u", day=day, event="Order Completed") for day in (0, 3, 5, 13, 18, 20)]
ORDERED = {"count": "Order Completed"}
BOTH = ["Order Completed", "Order Completed"]
SINCE = {"since": "Email Delivered"}
REACHES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a bucket": ({"bucket": "holdout"}, {"bucket": "holdout"}, "kept"),
    "a new bucket": ({"bucket": "holdout"}, {"bucket": "test"}, "kept"),
    "more days": (
        ORDERED | {"within": {"calendar": "day", "last": 3}},
        ORDERED | {"within": {"calendar": "day", "last": 19}},
        "short",
    ),
    "fewer days": (
        ORDERED | {"within": {"calendar": "day", "last": 19}},
        ORDERED | {"within": {"calendar": "day", "last": 3}},
        "kept",
    ),
    "a longer window since": (ORDERED | SINCE | {"within": "4d"}, ORDERED | SINCE | {"within": "19d"}, "short"),
    "unfollowed for longer": (
        {"unfollowed": ["Order Completed", "Product Clicked"], "after": "1h", "within": "4d"},
        {"unfollowed": ["Order Completed", "Product Clicked"], "after": "1h", "within": "19d"},
        "short",
    ),
    "followed for ever": (
        {"followed": BOTH, "in": "9d", "within": "4d"},
        {"followed": BOTH, "in": "9d"},
        "kept",
    ),
    "followed in a window": (
        {"followed": BOTH, "in": "9d"},
        {"followed": BOTH, "in": "9d", "within": "19d"},
        "short",
    ),
}


@pytest.mark.parametrize("kind", REACHES)
def test_each_kind_of_window_reaches_as_far_as_is_told(kind: str) -> None:
    earlier, later, state = REACHES[kind]
    before, after = definition({"it": earlier}), definition({"it": later})
    told = {one.feature: one.state for one in edit_of(before, after, identities_of).features}
    assert told.get("it", "kept") == state
    stored, engine = Engine(before), Engine(after)
    profile, whole = stored.restore("u", None), engine.restore("u", None)
    for raw in EVENTS:
        stored.apply(profile, decode(raw))
        engine.apply(whole, decode(raw))
    restored = engine.restore("u", stored.snapshot(profile))
    same = engine.values(restored, restored.clock_ms) == engine.values(whole, whole.clock_ms)
    assert same is (state == "kept")
