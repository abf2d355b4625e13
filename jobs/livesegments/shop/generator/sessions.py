"""Visits: when users come, and what they look at before they leave or buy."""

from __future__ import annotations

import msgspec
import numpy as np

from livesegments.core.times import DAY_MS
from livesegments.shop.generator.catalogue import Catalogue
from livesegments.shop.generator.pace import HOURS
from livesegments.shop.generator.people import DEVICES, People
from livesegments.shop.generator.settings import HOUR_MS, Floats, Ints
from livesegments.shop.generator.stories import BEHAVIOURS

__all__ = ["ADD", "CLICK", "OFFER", "PAGE", "VIEW", "Visits", "browse", "visit_starts"]

PAGE, VIEW, CLICK, ADD, OFFER = range(5)
_KIND_EDGES = np.cumsum([0.20, 0.64, 0.1535, 0.0025])
"""Shares of pages, product views, clicks and abandoned carts among a visit's events; the rest are offers."""

_VISIT_EVENTS = np.array([behaviour.visit_events for behaviour in BEHAVIOURS])
_VISIT_EVENTS_MAX = 120
_GAP_MS_MEAN = 32_000
_HOUR_EDGES = np.cumsum(HOURS)
_FROM_BRAND = np.array([0.7 if behaviour.loyalty else 0.0 for behaviour in BEHAVIOURS])


class Visits(msgspec.Struct, kw_only=True):
    """All browsing events of a day, visit by visit, one entry each.

    `first` and `end_ms` have one entry per visit: the index of its first event, and the time of its last.
    """

    user: Ints
    time_ms: Ints
    kind: Ints
    product: Ints
    category: Ints
    context: Ints
    first: Ints
    end_ms: Ints


def visit_starts(rng: np.random.Generator, people: People, rate: Floats, day_ms: int) -> tuple[Ints, Ints]:
    """Draw the visits of a day from all users' rates: users and start times, in UTC."""
    total = np.cumsum(rate)
    count = int(rng.poisson(total[-1])) if total[-1] > 0 else 0
    users = np.searchsorted(total, rng.random(count) * total[-1], side="right").astype(np.int64)
    users = np.minimum(users, rate.size - 1)
    hour = np.searchsorted(_HOUR_EDGES, rng.random(count) * _HOUR_EDGES[-1], side="right")
    local_ms = hour * HOUR_MS + (rng.random(count) * HOUR_MS).astype(np.int64)
    return users, day_ms + (local_ms - people.offset_ms[users]) % DAY_MS


def browse(
    rng: np.random.Generator,
    people: People,
    catalogue: Catalogue,
    behaviour: Ints,
    users: Ints,
    start_ms: Ints,
) -> Visits:
    """Fill visits with events: a page first, then pages, views, clicks, a rare abandoned cart, an offer."""
    lively = behaviour[users]
    counts = np.minimum(rng.geometric(1 / _VISIT_EVENTS[lively]), _VISIT_EVENTS_MAX).astype(np.int64)
    first = np.cumsum(counts) - counts
    total = int(counts.sum())
    visit = np.repeat(np.arange(users.size), counts)
    gaps = 1_000 + (rng.standard_exponential(total) * _GAP_MS_MEAN).astype(np.int64)
    gaps[first] = 0
    passed = np.cumsum(gaps)
    time_ms = start_ms[visit] + passed - passed[first][visit]
    kind = np.searchsorted(_KIND_EDGES, rng.random(total), side="right").astype(np.int64)
    kind[first] = PAGE
    taste = np.minimum(np.searchsorted([0.6, 0.85], rng.random(users.size), side="right"), 2)
    category = people.categories[users, taste][visit]
    user = users[visit]
    from_brand = rng.random(total) < _FROM_BRAND[lively][visit]
    product = catalogue.pick(rng, category, people.brand[user], from_brand)
    # What goes into the cart is what was looked at just before.
    added = np.flatnonzero(kind == ADD)
    product[added] = product[added - 1]
    main = rng.random(users.size) < 0.85
    device = np.where(main, people.device[users], people.other_device[users])
    return Visits(
        user=user,
        time_ms=time_ms,
        kind=kind,
        product=product,
        category=category,
        context=(people.city[users] * len(DEVICES) + device)[visit],
        first=first,
        end_ms=time_ms[first + counts - 1],
    )
