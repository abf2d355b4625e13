"""A small shop with predictions of every kind, as lines of events; who likes to buy can be seen."""

import itertools
import json
from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from random import Random

from core.samples import START
from livesegments.core.definition import Definition, parse_definition
from livesegments.core.events import decode
from livesegments.models.learning import ModelLearner, ModelRow

START_MS = int(START.timestamp() * 1000)

FEATURES = """
features:
  orders:           {count: Order Completed}
  orders_7d:        {count: Order Completed, within: 7d}
  views_3d:         {count: Product Viewed, within: 3d}
  revenue_7d:       {sum: Order Completed, of: revenue, within: 7d}
  days_since_order: {days_since: Order Completed}
  chance:           {prediction: buys}
  worth:            {prediction: worth}
  alive:            {prediction: alive}
  will_be:          {prediction: class_later}
"""
SEGMENTS = """
segments:
  likely:      {when: 'chance >= 0.5', exit_when: 'chance < 0.4'}
  worthy:      {when: 'worth > 15'}
  alive_ones:  {when: 'alive > 0.6'}
  future_high: {when: 'will_be == "high"'}
"""
READ = "features: [orders, orders_7d, views_3d, days_since_order]"
PREDICTIONS = {
    "buys": f"{{will: Order Completed, within: 5d, labels: 50, every: 1d, {READ}}}",
    "tree": f"{{will: Order Completed, within: 5d, labels: 50, every: 1d, model: decision_tree, {READ}}}",
    "gated": "{will: Order Completed, within: 5d, labels: 50, every: 1d, model: gru, "
    "events: [Product Viewed, Order Completed]}",
    "long": "{will: Order Completed, where: 'revenue > 20', within: 5d, labels: 50, every: 1d, model: lstm}",
    "alive": "{will: Order Completed, within: 5d, model: bg_nbd, every: 1d}",
    "worth": "{value: customer_lifetime_value, horizon: 4d, every: 1d}",
    "class_later": "{class: {high: 'revenue_7d > 60', some: 'days_since_order < 4'}, in: 6d, labels: 50, every: 1d, "
    f"{READ}}}",
    "class_long": "{class: {high: 'revenue_7d > 60'}, in: 6d, labels: 50, every: 1d, model: gru}",
}


def text_of(predictions: dict[str, str]) -> str:
    """Give a definition with these predictions, and with the features and segments that read those."""
    made = [f"{{prediction: {name}}}" for name in PREDICTIONS if name not in predictions]
    features = [line for line in FEATURES.splitlines() if not any(part in line for part in made)]
    gone = [line.split(":")[0].strip() for line in FEATURES.splitlines() if any(part in line for part in made)]
    segments = [line for line in SEGMENTS.splitlines() if not any(f"'{name} " in line for name in gone)]
    told = [f"  {name}: {text}" for name, text in predictions.items()]
    return "\n".join([*features, *segments, "predictions:", *told, ""])


DEFINITION = parse_definition(text_of(PREDICTIONS))


def definition(*names: str) -> Definition:
    """Give the definition with some of the predictions."""
    return parse_definition(text_of({name: PREDICTIONS[name] for name in names}))


def shop_lines(users: int = 55, days: int = 26, seed: int = 1, until_day: float = 1e9) -> list[bytes]:
    """Give the events in time order: views, and orders of those in the mood to buy."""
    random, found, numbers = Random(seed), [], itertools.count()
    for user in range(users):
        mood = random.uniform(0.05, 0.9)
        day = random.expovariate(0.3)
        while day < days:
            buys = random.random() < mood * 0.5
            found.append((day, user, buys, round(random.uniform(10, 40), 2)))
            day += random.expovariate(0.4 + mood)
    return [
        json.dumps(
            {
                "type": "track",
                "event": "Order Completed" if buys else "Product Viewed",
                "messageId": f"m-{next(numbers)}",
                "userId": f"user-{user}",
                "timestamp": (START + timedelta(days=day)).isoformat(timespec="milliseconds"),
                "properties": {"revenue": amount} if buys else {},
            }
        ).encode()
        for day, user, buys, amount in sorted(found)
        if day < until_day
    ]


def rows_of(learner: ModelLearner, lines: Iterable[bytes]) -> list[ModelRow]:
    """Give all rows that come of the events."""
    return [row for line in lines for row in learner.feed(decode(line))]


@cache
def whole_pass() -> tuple[tuple[ModelRow, ...], bytes]:
    """Give what one learner of all predictions writes over the shop's events, to the end, and its last snapshot."""
    learner = ModelLearner(DEFINITION)
    return (*rows_of(learner, shop_lines()), *learner.finish()), learner.snapshot()
