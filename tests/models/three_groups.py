"""A small shop whose users are of three groups that everybody can see, as lines of events."""

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from livesegments.core.definition import parse_definition

DEFINITION_TEXT = """
features:
  orders_30d: {count: Order Completed, within: 30d}
  views_30d:  {count: Product Viewed, within: 30d}
  group:      {cluster: groups}
segments:
  top: {when: 'group == "High"'}
clusters:
  groups: {features: [orders_30d, views_30d], clusters: 3, names: [Low, Middle, High], warm_up: 120, interval: 5d}
"""
DEFINITION = parse_definition(DEFINITION_TEXT)
GROUPS = {"Low": (80, 1.0, 4.0), "Middle": (60, 6.0, 20.0), "High": (40, 25.0, 80.0)}
"""Users of each group, and the orders and views of one in 30 days."""

START = datetime(2024, 1, 1, tzinfo=UTC)


def shop_lines(days: int = 75, seed: int = 1) -> Iterator[bytes]:
    """Give the events of all users in time order."""
    random, found = Random(seed), []
    users = ((name, number) for name, (count, _, _) in GROUPS.items() for number in range(count))
    for name, number in users:
        _, orders, views = GROUPS[name]
        for event, each in (("Order Completed", orders), ("Product Viewed", views)):
            day = random.expovariate(each / 30)
            while day < days:
                found.append((day, f"{name}-{number}", event))
                day += random.expovariate(each / 30)
    numbers = itertools.count()
    for day, user, event in sorted(found):
        time = (START + timedelta(days=day)).isoformat(timespec="milliseconds")
        yield json.dumps(
            {"type": "track", "event": event, "messageId": f"m-{next(numbers)}", "userId": user, "timestamp": time}
        ).encode()
