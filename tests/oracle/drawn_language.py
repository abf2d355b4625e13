"""Random features of every kind and option that the language has, those of issue 17 among them."""

from random import Random
from typing import Any

from oracle.drawn_features import (
    ANYTHING,
    BETWEEN,
    DAYS,
    HOLDINGS,
    KINDS,
    LISTS,
    NUMBERS,
    SELECTIONS,
    TEXTS,
    TIMED,
    VALUES,
    Drawn,
    Keys,
    draw_keys,
    draw_value,
    maybe,
)
from oracle.durations import milliseconds

PAIRS = ("followed", "unfollowed")
NEW_KINDS = {NUMBERS: ["followed", "followed", "unfollowed", "unfollowed", "bucket"]}
DAY_KINDS = ["trait_days", "trait_days", "days_until", "days_since_change"]
DATE_TRAITS = ["born", "born", "signed_up", "signed_up", "signed_up", "age"]
CALENDARS = [
    *({"calendar": "day", "last": 1}, {"calendar": "day", "last": 2}, {"calendar": "day", "last": 7}),
    *({"calendar": "week", "last": 1}, {"calendar": "week", "last": 2}, {"calendar": "month", "last": 1}),
    *({"calendar": "month", "last": 3}, {"calendar": "year", "last": 1}, {"calendar": "year", "last": 2}),
]
WITHIN = ["10s", "1m", "1h", "1d", "7d"]
SPANS = ["1s", "5s", "5s", "1m", "5m", "1h", "1h", "1d", "2d"]
SINCE = ["Order Completed", "Product Viewed", "page", "identify", "Email *", ["Order Refunded", "screen"], "*"]
ITEMS = [
    *("category == 'shoes'", 'brand == "BrandA" || price > 4', "has(price)", "!(category == 'bags')", "price <= 2"),
    *("`Size (EU)` == 42", "has(`Size (EU)`) && brand != ''", "product_id.startsWith('B')", "category in ['shoes']"),
]
COMMON = ["*", "*", "page", ["Order Completed", "page"], ["Product Viewed", "screen"], "Product Viewed"] * 3
BY = [*["cart_id"] * 4, "category", "`Cart No.`", "context.device.type", "products.brand"]
QUOTED_NUMBERS: list[Any] = ["products.`Size (EU)`", ["`Cart No.`", "revenue"], "products.price"]
QUOTED_VALUES: list[Any] = ["`Cart No.`", "`a.b`", "products.`Size (EU)`", ["`Product Name`", "category"], "day"]
QUOTED_WHERES = [
    *('`Product Name` == "Hat"', "`a.b` >= 2", "42 in products.`Size (EU)`", "has(`Product Name`)"),
    *("date(day) >= date('2024-02-29')", "date(day) < 19789", "date(day) - 1 == date('2024-02-28')"),
]
NUMERIC = ("sum", "mean", "min", "max")
VALUED = ("first", "last", "recent", "distinct")


def draw_features(random: Random, size_max: int) -> tuple[dict[str, Keys], Drawn]:
    """Draw up to `size_max` features; gives them by name, and their names by what they hold."""
    features: dict[str, Keys] = {"events": {"count": "*"}}
    drawn: Drawn = {NUMBERS: ["events"], TIMED: [], LISTS: [], TEXTS: [], ANYTHING: [], DAYS: []}
    for index in range(random.randint(1, size_max - 1)):
        holds = random.choice([*HOLDINGS, NUMBERS, NUMBERS, DAYS])
        kind = random.choice(DAY_KINDS if holds == DAYS else [*KINDS[holds], *NEW_KINDS.get(holds, [])])
        keys = draw_value(random, drawn) if kind == "value" else draw_any(random, kind)
        name = f"{next(iter(keys))}_{index}"
        features[name] = keys
        is_new = "since" in keys or "items" in keys or isinstance(keys.get("within"), dict) or kind in PAIRS
        drawn[ANYTHING if holds == VALUES else holds] += [name] * (4 if is_new else 1)  # conditions name them often
    return features, drawn


def draw_any(random: Random, kind: str) -> Keys:
    """Draw the keys of one feature of an old or a new kind."""
    if kind == "bucket":
        return {"bucket": random.choice(["holdout", "spring test", "ü"])}
    if kind == "days_since_change":
        return {kind: random.choice(["plan", "country", "age", "tags"])}
    if kind in DAY_KINDS:
        return {kind if kind == "days_until" else "days_since": {"trait": random.choice(DATE_TRAITS)}}
    if kind in PAIRS:
        return with_options(random, draw_pair(random, kind))
    keys = draw_keys(random, kind)
    return keys if kind == "trait" else with_options(random, keys)


def draw_pair(random: Random, kind: str) -> Keys:
    """Draw firsts and seconds, which may be the same events; `after` ends before the window does."""
    window: Keys = random.choice([*[{}] * 6, *[{"within": one} for one in WITHIN], {"between": random.choice(BETWEEN)}])
    far = window.get("within") or window.get("between", [None])[0]
    spans = [one for one in SPANS if far is None or kind == "followed" or milliseconds(one) < milliseconds(far)]
    span = {"in" if kind == "followed" else "after": random.choice(spans)}
    where = maybe(random, "where", ["category == 'shoes'", "!vip", "has(cart_id)"])
    by = {"by": random.choice(BY)} if random.randrange(2) else {}
    firsts, seconds = random.choice([*SELECTIONS, *COMMON]), random.choice([*SELECTIONS, *COMMON])
    return {kind: [firsts, seconds], **span, **by, **window, **where}


def with_options(random: Random, keys: Keys) -> Keys:
    """Add `since` or `items`, a calendar window in place of another, and names in backquotes."""
    kind = next(iter(keys))
    keys = dict(keys)
    if "within" in keys and random.randrange(2):
        keys["within"] = dict(random.choice(CALENDARS))
        if kind == "rate":
            keys["per"] = "1h"
    since = random.choice(SINCE)
    if not random.randrange(4) and not any(covers(since, one) for one in selections_of(keys)):
        keys["since"] = since
    if not random.randrange(4):
        keys["items"] = random.choice(ITEMS)
    if kind in (*NUMERIC, *VALUED) and not random.randrange(3):
        keys["of"] = random.choice(QUOTED_NUMBERS if kind in NUMERIC else QUOTED_VALUES)
    if "where" in keys and not random.randrange(3):
        keys["where"] = random.choice(QUOTED_WHERES)
    return keys


def selections_of(keys: Keys) -> list[Any]:
    """Give the selections that a feature counts."""
    kind, what = next(iter(keys.items()))
    if kind == "session":
        return [keys.get("events", "*")]
    return list(what) if kind in ("ratio", *PAIRS) else [what]


def covers(since: Any, selection: Any) -> bool:
    """Say whether each event of a selection is one of `since`: none could be later, and the definition is refused."""
    if isinstance(selection, list):
        return all(covers(since, one) for one in selection)
    if isinstance(since, list):
        return any(covers(one, selection) for one in since)
    if since == "*":
        return bool(selection != "identify")
    if since.endswith("*") and selection not in ("page", "screen", "identify"):
        return bool(selection.startswith(since[:-1]))
    return bool(since == selection)
