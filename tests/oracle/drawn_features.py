"""Random features: every kind, option and window, small enough that things expire."""

from random import Random
from typing import Any

NUMBERS, TIMED, TEXTS, LISTS, ANYTHING, VALUES = "numbers", "timed", "texts", "lists", "anything", "values"
DAYS = "days"  # features that count days since or until what a trait says
Drawn = dict[str, list[str]]  # names of features by what they hold
Keys = dict[str, Any]

DURATIONS = ["5s", "7s", "10s", "1m", "5m", "1h", "6h", "1d", "2d"]
BETWEEN = [["10s", "5s"], ["1m", "10s"], ["1h", "5m"], ["2d", "1d"], ["2d", "6h"], ["6s", "5s"]]
TRACK_NAMES = [
    *("Order Completed", "Product Viewed", "Order Completed", "Product Viewed", "Order Refunded"),
    *("Email Delivered", "Email Opened", "SMS Delivered", "Push Notification Received"),
]
SELECTIONS: list[Any] = [
    *("Order Completed", "Product Viewed", "*", "Order Completed", "Product Viewed", "*", "*", "*", "Product *"),
    *("page", "screen", "identify", "Email *", "Order*", "Emails"),
    *(["Order Completed", "Order Refunded"], ["page", "screen"], ["Email *", "SMS *", "Email Opened"]),
]
NUMBER_PATHS: list[Any] = [
    *("revenue", "revenue", "price", "products.price", "score", "nested.level", "context.screen.width"),
    *(["total", "revenue"], ["products.price", "price"]),
]
WEIGHT_PATHS: list[Any] = ["revenue", "quantity", ["total", "revenue"]]  # never negative: see READINGS.md
TEXT_PATHS: list[Any] = [
    *("category", "products.brand", "products.category", "context.device.type", "traits.country"),
    *(["products.brand", "brand"], ["brand", "category"]),
]
VALUE_PATHS: list[Any] = [*TEXT_PATHS, "score", "vip", "tags"]
WHERES = [
    *("category == 'shoes'", 'category == "bags" || revenue > 5', "has(category)", "!(category == 'bags')"),
    *("'BrandA' in products.brand", "size(products.brand) >= 2", "category.startsWith('sh')", "score + 1 > 3"),
    *("context.device.type == 'mobile'", "score != null && score < 5", "category in ['shoes', 'bags']"),
    *("has(products.price)", "nested.level * 2 == 4", "traits.country == 'CH'", "vip", "!vip", "price <= 0.05"),
]
# `per` is never longer than the window: see READINGS.md
RATE_SPANS: list[Keys] = [
    *({"per": "5s"}, {"per": "1h"}, {"per": "1d"}, {"per": "5s", "within": "5s"}, {"per": "5s", "within": "10s"}),
    *({"per": "5s", "within": "1h"}, {"per": "1h", "within": "1d"}, {"per": "5s", "between": ["1m", "10s"]}),
]
KINDS = {
    NUMBERS: [
        "count",
        "count",
        "count",
        "count",
        "sum",
        "mean",
        "min",
        "max",
        "distinct",
        "share",
        "ratio",
        "peak_share",
        "session",
    ],
    TIMED: ["rate", "days_since", "days_since", "decayed", "session_days"],
    LISTS: ["recent", "top"],
    TEXTS: ["peak", "first_text", "last_text"],
    ANYTHING: ["trait", "trait", "first", "last"],
    VALUES: ["value"],
}
HOLDINGS = [NUMBERS, NUMBERS, NUMBERS, TIMED, TIMED, LISTS, TEXTS, ANYTHING, VALUES]
EXPRESSIONS = [
    *("{0} / {1}", "{0} + {1} * 2", "{0} - {1}", "{0} > {1} ? {0} : {1}", "has({0}) ? {0} : 0", "-{0} + 3"),
    *("{0} > 1 && {1} < 3", "[{0}, {1}]", "{0} == {1}"),
]


def draw_features(random: Random, size_max: int = 12) -> tuple[dict[str, Keys], Drawn]:
    """Draw up to `size_max` features; gives them by name, and their names by what they hold."""
    features: dict[str, Keys] = {"events": {"count": "*"}}
    drawn: Drawn = {NUMBERS: ["events"], TIMED: [], LISTS: [], TEXTS: [], ANYTHING: []}
    for index in range(random.randint(1, size_max - 1)):
        holds = random.choice(HOLDINGS)
        kind = random.choice(KINDS[holds])
        keys = draw_value(random, drawn) if kind == "value" else draw_keys(random, kind)
        name = f"{next(iter(keys))}_{index}"
        features[name] = keys
        drawn[ANYTHING if kind == "value" else holds].append(name)
    return features, drawn


def draw_value(random: Random, drawn: Drawn) -> Keys:
    names = drawn[NUMBERS]
    return {"value": random.choice(EXPRESSIONS).format(random.choice(names), random.choice(names))}


def draw_keys(random: Random, kind: str) -> Keys:
    """Draw the keys of one feature of a kind."""
    selection = random.choice(SELECTIONS)
    where = maybe(random, "where", WHERES) if random.randrange(2) else {}
    window = draw_window(random)
    if kind == "trait":
        return {"trait": random.choice(["country", "age", "vip", "tags"])}
    if kind in ("session", "session_days"):
        what = random.choice(["count", "average_duration", "pages", "average_pages"])
        options = maybe(random, "gap", ["5s", "1m", "1h"]) | maybe(random, "events", SELECTIONS) | window
        return {"session": what if kind == "session" else "days_since"} | options
    if kind == "ratio":
        return {"ratio": [selection, random.choice(SELECTIONS)]} | window | where
    if kind in ("first_text", "last_text"):
        return {kind[:-5]: selection, "of": random.choice(TEXT_PATHS)} | where
    return {kind: selection} | OPTIONS[kind](random, window, where)


def draw_window(random: Random) -> Keys:
    kind = random.choice(["lifetime", "within", "within", "within", "between"])
    if kind == "lifetime":
        return {}
    return {kind: random.choice(DURATIONS if kind == "within" else BETWEEN)}


def maybe(random: Random, name: str, values: list[Any]) -> Keys:
    return {name: random.choice(values)} if random.randint(0, 2) == 2 else {}


def draw_of(paths: list[Any]) -> Any:
    return lambda random, window, where: {"of": random.choice(paths)} | window | where


def draw_by(random: Random, window: Keys, where: Keys) -> Keys:
    return {"by": random.choice(["season", "month", "weekday", "hour"])} | window | where


OPTIONS: dict[str, Any] = {
    "count": lambda random, window, where: window | where,  # noqa: ARG005 - all draw alike
    **{kind: draw_of(NUMBER_PATHS) for kind in ("sum", "mean", "min", "max")},
    **{kind: lambda random, _, where: {"of": random.choice(VALUE_PATHS)} | where for kind in ("first", "last")},
    "recent": lambda random, *_: {"of": random.choice(VALUE_PATHS)} | maybe(random, "n", [1, 2, 5]),
    "distinct": draw_of(VALUE_PATHS),
    "top": lambda random, *rest: draw_of(TEXT_PATHS)(random, *rest) | maybe(random, "n", [1, 2]),
    "share": lambda random, *rest: draw_of(TEXT_PATHS)(random, *rest) | maybe(random, "equals", ["shoes", "BrandA"]),
    "rate": lambda random, _, where: random.choice(RATE_SPANS) | where,
    "days_since": lambda _random, _window, where: where,
    "decayed": lambda random, _, where: (
        maybe(random, "of", WEIGHT_PATHS) | {"half_life": random.choice(DURATIONS)} | where
    ),
    "peak": draw_by,
    "peak_share": draw_by,
}
