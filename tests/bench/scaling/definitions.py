"""Definitions of any size, over the events of tests/bench/core.py: the same for the same numbers."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML

from bench.core import DEFINITION

__all__ = ["with_features", "with_segments"]

EVENTS = ("Product Viewed", "Order Completed", "Product Clicked", "Email Opened")
WINDOWS = ("30d", "7d", "90d", "14d", "180d", "60d", "365d")
CATEGORIES = ("fashion", "toys", "books", "electronics", "home decor")
THRESHOLDS: dict[str, tuple[float, ...]] = {  # so that few events change anything, as in a shop
    "orders": (6, 8, 10, 12, 15),
    "views": (8, 10, 12, 15, 20),
    "orders_30d": (5, 6, 8, 10),
    "revenue": (400, 500, 600, 800, 1000),
    "brand_loyalty": (0.5, 0.6, 0.75),
    "average_session_duration": (600, 900, 1200, 1800),
    "pages_per_session": (5, 6, 8),
    "email_open_rate": (0.4, 0.5, 0.6),
    "spend_momentum": (300, 400, 500),
}


def with_segments(count: int) -> str:
    """Give the twelve features of core.py and so many segments, each of three clauses; none is there twice."""
    definition, chance = _base(), random.Random(1)
    conditions: dict[str, None] = {}
    while len(conditions) < count:
        names = chance.sample(sorted(THRESHOLDS), 3)
        conditions[" && ".join(f"{name} >= {chance.choice(THRESHOLDS[name])}" for name in sorted(names))] = None
    definition["segments"] = {f"s{number}": {"when": text} for number, text in enumerate(conditions)}
    return json.dumps(definition)


def with_features(count: int) -> str:
    """Give the segments of core.py and the features that they read, and features of every kind up to so many."""
    definition = _base()
    kept = ("orders", "views", "orders_30d", "revenue", "brand_loyalty", "email_open_rate")
    kept += ("days_since_order", "spend_momentum")
    features = {name: definition["features"][name] for name in kept}
    specs = list(features.values())
    specs += {str(spec): spec for spec in _features() if spec not in specs}.values()
    assert len(specs) >= count, f"at most {len(specs)} features can be asked for, not {count}"
    more = specs[len(features) : count]
    definition["features"] = features | {f"f{number}": spec for number, spec in enumerate(more)}
    return json.dumps(definition)


def _features() -> Iterator[dict[str, Any]]:
    """Give features of all kinds in turn, other windows and events each round."""
    for window, event in itertools.product(WINDOWS, EVENTS):
        category = CATEGORIES[len(window + event) % len(CATEGORIES)]
        yield {"count": event, "within": window}
        session = "average_duration" if event.startswith("Product") else "average_pages"
        yield {"session": session, "within": window}
        yield {"count": event, "within": window, "where": f'category == "{category}"'}
        yield {"sum": event, "of": "revenue", "within": window}
        yield {"top": event, "of": "brand", "within": window}
        yield {"share": event, "of": "category", "within": window}
        yield {"ratio": [event, "*"], "within": window}
        yield {"decayed": event, "of": "revenue", "half_life": window}


def _base() -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(DEFINITION)
    return found
