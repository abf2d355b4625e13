"""From settings to lines: day by day, so that memory holds the users and one day, not the stream."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Unpack

import msgspec
import numpy as np

from livesegments.core.times import DAY_MS
from livesegments.shop.generator.checkouts import write_checkouts
from livesegments.shop.generator.messages import write_messages
from livesegments.shop.generator.options import Options
from livesegments.shop.generator.orders import draw_orders, write_orders
from livesegments.shop.generator.pace import daily_pace
from livesegments.shop.generator.profiles import write_profiles
from livesegments.shop.generator.sessions import browse, visit_starts
from livesegments.shop.generator.settings import Floats, Settings
from livesegments.shop.generator.shop import Shop
from livesegments.shop.generator.stories import BEHAVIOURS
from livesegments.shop.generator.truth import Truth, truths
from livesegments.shop.generator.visits import write_visits
from livesegments.shop.lines import write_lines

__all__ = ["generate", "truth", "write"]

_VISITS = np.array([behaviour.visits for behaviour in BEHAVIOURS])
_ARRIVAL_MS = 2_000


def generate(users: int, days: int, seed: int, **options: Unpack[Options]) -> Iterator[bytes]:
    """Yield a shop's events, one JSON object each, in order of delivery.

    The same arguments give the same bytes on every machine. Raises EdgeError for a setting out of range, at
    the call, not at the first line.
    """
    return _lines(Shop(Settings(users=users, days=days, seed=seed, **options)))


def truth(users: int, days: int, seed: int, **options: Unpack[Options]) -> Iterator[Truth]:
    """Yield what is true of each user at the end of what `generate` yields for the same arguments, by user id."""
    shop = Shop(Settings(users=users, days=days, seed=seed, **options))
    if shop.settings.visitors or shop.settings.carts:
        for _ in _lines(shop):
            pass
    return truths(shop)


def write(
    out: str | Path, users: int, days: int, seed: int, *, truth: str | Path | None = None, **options: Unpack[Options]
) -> int:
    """Write the events to a file (gzip if it ends in `.gz`), the truth as JSON lines to another, return the events."""
    shop = Shop(Settings(users=users, days=days, seed=seed, **options))
    count = write_lines(out, _lines(shop))
    if truth is not None:
        write_lines(truth, (msgspec.json.encode(row) for row in truths(shop)))
    return count


def _lines(shop: Shop) -> Iterator[bytes]:
    settings = shop.settings
    pace = daily_pace("all year", settings.start_ms, settings.days)
    for day in range(settings.days):
        day_ms = settings.start_ms + day * DAY_MS
        shop.open_day(day_ms)
        write_profiles(shop)
        _write_visits_and_orders(shop, float(pace[day]))
        write_messages(shop)
        yield from shop.delivery.until(day_ms + DAY_MS)
    yield from shop.delivery.until(None)


def _write_visits_and_orders(shop: Shop, pace: float) -> None:
    plan, people, rng = shop.plan, shop.people, shop.visit_rng
    arrived = people.arrived_ms < shop.day_ms
    rate: Floats = _VISITS[shop.behaviour] * people.liveliness * arrived * pace
    users, start_ms = visit_starts(rng, people, rate, shop.day_ms)
    first, until = shop.orders_done, int(np.searchsorted(plan.order_ms, shop.day_ms + DAY_MS))
    buyers = plan.order_user[first:until]
    # An arrival's identify comes first.
    starts = np.maximum(plan.order_ms[first:until], people.arrived_ms[buyers] + _ARRIVAL_MS)
    visits = browse(
        rng, people, shop.catalogue, shop.behaviour, np.concatenate([users, buyers]), np.concatenate([start_ms, starts])
    )
    context = visits.context[visits.first[users.size :]]
    orders = draw_orders(shop, buyers, visits.end_ms[users.size :], context, first) if buyers.size else []
    if shop.carts is not None:
        shop.carts.fill(visits, users.size, orders)
        write_checkouts(shop, shop.carts, orders)
    write_visits(shop, visits)
    write_orders(shop, orders)
    shop.orders_done = until
