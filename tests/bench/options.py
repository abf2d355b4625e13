"""What an event costs in the step with each kind and option of a feature, as a multiple of a `count` with a window.

Run: PYTHONPATH=tests uv run python tests/bench/options.py. One definition of one feature and one segment over it each,
all over the same decoded events; CPU seconds of this process, the least of a few interleaved runs. In 17 days nothing
leaves 30 days: windows of 7 days are to be held against a count over 7 days.
"""

import argparse
import json
import random
import time
from typing import Any

import msgspec

from livesegments.core.definition import parse_definition
from livesegments.core.events import Event, decode
from livesegments.core.memory import look_for_cycles_seldom
from livesegments.core.step import Engine
from livesegments.core.times import format_time

ADDED, ORDER = "Product Added", "Order Completed"
SECTIONS = {"timezone": "Europe/Berlin", "segments": {"s": {"when": "f > 20"}}}
SHOES = 'category == "shoes"'
OPTIONS: dict[str, dict[str, Any]] = {
    "count, within 30d": {"count": ADDED, "within": "30d"},
    "count, within 7d": {"count": ADDED, "within": "7d"},
    "count, lifetime": {"count": ADDED},
    "count, since": {"count": ADDED, "since": ORDER},
    "count, within 30d, since": {"count": ADDED, "within": "30d", "since": ORDER},
    "count, items": {"count": ADDED, "within": "30d", "items": SHOES},
    "sum, within 30d": {"sum": ADDED, "of": "products.price", "within": "30d"},
    "sum of items, within 30d": {"sum": ADDED, "of": "products.price", "within": "30d", "items": SHOES},
    "count, last 7 calendar days": {"count": ADDED, "within": {"calendar": "day", "last": 7}},
    "sum, this calendar month": {"sum": ADDED, "of": "revenue", "within": {"calendar": "month"}},
    "followed, within 7d": {"followed": [ADDED, ORDER], "in": "1h", "within": "7d"},
    "followed by cart, within 7d": {"followed": [ADDED, ORDER], "in": "1h", "by": "cart_id", "within": "7d"},
    "unfollowed, within 7d": {"unfollowed": [ADDED, ORDER], "after": "1h", "within": "7d"},
    "unfollowed by cart, within 7d": {"unfollowed": [ADDED, ORDER], "after": "1h", "by": "cart_id", "within": "7d"},
    "days_since of a trait": {"days_since": {"trait": "birthday"}},
    "days_until of a trait": {"days_until": {"trait": "birthday"}},
    "days_since_change": {"days_since_change": "plan"},
    "bucket": {"bucket": "holdout"},
}


def events(count: int, users: int) -> list[Event]:
    """Give events of many users in the order of time: one of five an order, one of fifty with traits, else a cart."""
    chance, found, time_ms = random.Random(1), [], 1_731_000_000_000
    for number in range(count):
        time_ms += chance.randint(1, 60_000)
        products = [{"category": chance.choice(["shoes", "hats"]), "price": 9.5} for _ in range(2)]
        event: dict[str, Any] = {"messageId": f"e{number}", "userId": f"u{chance.randrange(users)}"}
        event["timestamp"] = format_time(time_ms)
        if chance.random() < 0.02:
            traits = {"birthday": f"19{chance.randrange(50, 99)}-03-05", "plan": chance.choice(["free", "paid"])}
            event |= {"type": "identify", "traits": traits}
        else:
            event |= {"type": "track", "event": ORDER if chance.random() < 0.2 else ADDED}
            cart = f"c{chance.randrange(3)}"
            event["properties"] = {"products": products, "revenue": 19.0, "cart_id": cart}
        found.append(decode(msgspec.json.encode(event)))
    return found


def seconds(engine: Engine, given: list[Event]) -> float:
    """Time all events through new profiles."""
    profiles: dict[str, Any] = {}
    start = time.process_time()
    for event in given:
        profile = profiles.get(event.user_id)
        if profile is None:
            profile = profiles[event.user_id] = engine.restore(event.user_id, None)
        engine.apply(profile, event)
    return time.process_time() - start


def main() -> None:
    """Print the costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--users", type=int, default=1_000)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    look_for_cycles_seldom()
    given = events(arguments.events, arguments.users)
    engines = {
        name: Engine(parse_definition(json.dumps({**SECTIONS, "features": {"f": feature}})))
        for name, feature in OPTIONS.items()
    }
    costs: dict[str, list[float]] = {name: [] for name in engines}
    for _ in range(arguments.runs):
        for name, engine in engines.items():
            costs[name].append(1e6 * seconds(engine, given) / arguments.events)
    base = min(next(iter(costs.values())))
    for name, found in costs.items():
        print(f"{name:30} {min(found):6.2f} us/event  {min(found) / base:5.2f} x")


if __name__ == "__main__":
    main()
