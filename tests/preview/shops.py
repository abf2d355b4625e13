"""A shop's stream and two definitions of it, for previews."""

import json
from functools import cache

from livesegments.core.definition import Definition, parse_definition
from livesegments.shop.generator import generate

__all__ = ["NEW", "OLD", "lines", "new", "old"]

OLD = """
limits: {lateness: 7d}
features:
  orders:           {count: Order Completed}
  views_7d:         {count: Product Viewed, within: 7d}
  revenue_30d:      {sum: Order Completed, of: [revenue, total], within: 30d}
  days_since_order: {days_since: Order Completed}
  device:           {last: '*', of: context.device.type}
  first_device:     {first: '*', of: context.device.type}
segments:
  buyers:     {when: 'orders >= 1'}
  browsers:   {when: 'views_7d >= 4', exit_when: 'views_7d < 1', cooldown: 2d}
  flappers:   {when: 'views_7d >= 2'}
  valuable:   {when: 'revenue_30d >= 150', exit_when: 'revenue_30d < 50'}
  lapsing:    {when: 'orders >= 1 && days_since_order > 10'}
  mobile:     {when: 'first_device == "mobile"', kind: static}
  lost_value: {when: 'valuable && lapsing || device == "mobile" && !flappers'}
  retired:    {when: 'views_7d == 3'}
"""
NEW = (
    OLD.replace("days_since_order > 10'", "days_since_order > 6'")
    .replace("exit_when: 'views_7d < 1', cooldown: 2d", "cooldown: 1d")
    .replace("revenue_30d < 50", "revenue_30d < 100")
    .replace("  retired:    {when: 'views_7d == 3'}\n", "  fresh:      {when: 'views_7d == 1 || orders == 3'}\n")
)


def old() -> Definition:
    return parse_definition(OLD, "old.yaml")


def new() -> Definition:
    return parse_definition(NEW, "new.yaml")


@cache
def lines(users: int = 150, days: int = 40, seed: int = 5) -> tuple[bytes, ...]:
    """Give a generated stream in which two users are erased, one of them comes back, and a line is broken."""
    made = list(generate(users, days, seed))
    for number, place in ((1, len(made) // 2), (2, len(made) - 20)):
        event = json.loads(made[place])
        erase = {"type": "erase", "messageId": f"erase-{number}", "userId": event["userId"]}
        made.insert(place + 1, json.dumps(erase | {"timestamp": event["timestamp"]}).encode())
    made.insert(7, b"{broken")
    return tuple(made)
