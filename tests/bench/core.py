"""What one event costs in the core, as a multiple of the yardstick; run: uv run python tests/bench/core.py [MODULE.py]

The yardstick is a module with `step(state, raw) -> (user, state, changes)` on events of its own simple shape; without
one, yardstick.py beside this file. Both sides get the same users, times and kinds of events, interleaved.
"""

import argparse
import importlib.util
import json
import platform
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from livesegments.core.definition import parse_definition
from livesegments.core.memory import look_for_cycles_seldom
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from livesegments.core.times import format_time

DEFINITION = """
features:
  orders: {count: Order Completed}
  views: {count: Product Viewed}
  orders_30d: {count: Order Completed, within: 30d}
  revenue: {sum: Order Completed, of: revenue}
  categories: {top: '*', of: category}
  brands: {top: '*', of: brand}
  brand_loyalty: {share: Order Completed, of: brand}
  average_session_duration: {session: average_duration}
  pages_per_session: {session: average_pages}
  email_open_rate: {ratio: [Email Opened, '*']}
  days_since_order: {days_since: Order Completed}
  spend_momentum: {decayed: Order Completed, of: revenue, half_life: 14d}
segments:
  high_value: {when: 'revenue > 1000 && email_open_rate > 0.2', exit_when: 'revenue < 800'}
  browser: {when: 'views > 10 && orders_30d < 1'}
  one_time: {when: 'orders == 1 && days_since_order > 30'}
  loyal: {when: 'brand_loyalty >= 0.5 && orders >= 5'}
  hot: {when: 'spend_momentum >= 100'}
"""
NAMES = {
    "page_view": "Product Viewed",
    "click": "Product Clicked",
    "purchase": "Order Completed",
    "email_open": "Email Opened",
    "session_start": None,
}


class Key(msgspec.Struct):
    """What the yardstick's caller must read to find the state."""

    user_id: str


def lines(count: int, users: int) -> tuple[list[bytes], list[bytes]]:
    """Give the same events in the yardstick's shape and in ours."""
    chance = random.Random(1)
    theirs, ours, time_ms = [], [], 1_731_000_000_000
    for number in range(count):
        time_ms += chance.randint(1, 2_000)
        user, kind = f"u{int(users * chance.random() ** 3)}", chance.choice(list(NAMES))
        category = chance.choice(["fashion", "home decor", "toys", "electronics", "books"])
        price = round(chance.random() * 100, 2)
        product = f"p{chance.randint(0, 5000)}"
        properties = {"product_id": product, "category": category, "brand": f"b{chance.randint(0, 50)}", "price": price}
        simple = {"event_id": f"e{number}", "user_id": user, "type": kind, "ts": time_ms, "device": "mobile"}
        theirs.append(json.dumps({**simple, "properties": {**properties, "quantity": 1}}).encode())
        event = {"messageId": f"e{number}", "userId": user, "timestamp": format_time(time_ms)}
        name = NAMES[kind]
        event |= {"type": "track", "event": name} if name else {"type": "page"}
        event["properties"] = {**properties, "revenue": price}
        ours.append(json.dumps(event | {"context": {"device": {"type": "mobile"}}}).encode())
    return theirs, ours


def seconds(work: Callable[[], None]) -> float:
    """Time one run in CPU seconds of this process: the machine is shared."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    """Print the costs and their ratio: minimum, median and maximum."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("yardstick", type=Path, nargs="?", default=Path(__file__).with_name("yardstick.py"))
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    spec = importlib.util.spec_from_file_location("yardstick", arguments.yardstick)
    assert spec is not None
    assert spec.loader is not None
    yardstick = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(yardstick)
    look_for_cycles_seldom()  # as the job and `replay` do
    theirs, ours = lines(arguments.events, arguments.users)
    engine, key = Engine(parse_definition(DEFINITION)), msgspec.json.Decoder(Key)

    def run_yardstick() -> None:
        states: dict[str, bytes] = {}
        for raw in theirs:
            user = key.decode(raw).user_id
            _, states[user], _ = yardstick.step(states.get(user), raw)

    def run_core() -> None:
        replay = Replay(engine)
        for change in replay.run(ours):
            change.encode()
        replay.profiles.flush()

    pairs = [(seconds(run_yardstick), seconds(run_core)) for _ in range(arguments.runs)]
    print(f"{platform.machine()}, Python {sys.version.split()[0]}, msgspec {msgspec.__version__}")
    for name, figures in (
        ("yardstick us/event", [1e6 * a / arguments.events for a, _ in pairs]),
        ("core us/event", [1e6 * b / arguments.events for _, b in pairs]),
        ("ratio", [b / a for a, b in pairs]),
    ):
        print(f"{name:20} min {min(figures):.2f}  median {statistics.median(figures):.2f}  max {max(figures):.2f}")


if __name__ == "__main__":
    main()
