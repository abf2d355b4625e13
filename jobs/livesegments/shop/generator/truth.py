"""The truth beside the events: each user's story, its turns, and what the user will really do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import msgspec
import numpy as np
from msgspec import UNSET, UnsetType

from livesegments.core.times import format_time
from livesegments.shop.generator.carts import Cart
from livesegments.shop.generator.catalogue import BRANDS
from livesegments.shop.generator.pace import SEASONS
from livesegments.shop.generator.people import BEHAVIOURS_OF
from livesegments.shop.generator.shop import Shop
from livesegments.shop.generator.stories import BEHAVIOURS, STORIES

__all__ = ["CartTruth", "Switch", "Truth", "truths"]


class Switch(msgspec.Struct, frozen=True, kw_only=True):
    """A turn of a story: from `at` on the user behaves as `to`."""

    at: str
    to: str


class CartTruth(msgspec.Struct, frozen=True, kw_only=True):
    """A cart: when something was added, when a checkout was begun, and when it was ordered; null: it never was."""

    cart: str
    added: list[str]
    checkouts: list[str]
    ordered: str | None


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """What is true of one user at the end.

    `story` was planned; `behaviour` is how the user behaves at the end, since `since`. `orders` counts from arrival.
    `alive`: may still buy. `p_purchase_30d` is the exact probability of an order within 30 days after the end.
    `purchases_per_day` is the user's own rate on a plain day while alive, `dropout` the probability of leaving for
    good after each repeat purchase. `brand` is the favourite of a loyalist, `season` the one of a seasonal shopper.
    With visitors, `cookies` are those that the user was known by, in order, also on a shared device (`home-`), and
    `anonymous_events` counts what was sent with one of them alone, each event once.
    With carts, `carts` are the user's, the oldest first; `birthday` is null where the user did not tell it.
    """

    user: str
    story: str
    behaviour: str
    since: str
    arrived: str
    switches: list[Switch]
    orders: int
    alive: bool
    p_purchase_30d: float
    purchases_per_day: float
    dropout: float
    brand: str | None
    season: str | None
    cookies: list[str] | UnsetType = UNSET
    anonymous_events: int | UnsetType = UNSET
    birthday: str | UnsetType | None = UNSET
    signed_up: str | UnsetType = UNSET
    carts: list[CartTruth] | UnsetType = UNSET


def truths(shop: Shop) -> Iterator[Truth]:
    """Yield the truth of every user, in the order of user ids; where there are visitors or carts, after all lines."""
    plan, people = shop.plan, shop.people
    switches: dict[int, list[Switch]] = defaultdict(list)
    for time_ms, user, to in zip(
        plan.change_ms.tolist(), plan.change_user.tolist(), plan.change_to.tolist(), strict=True
    ):
        switches[user].append(Switch(at=format_time(time_ms), to=BEHAVIOURS[to].name))
    orders = np.bincount(plan.order_user, minlength=shop.settings.users).tolist()
    seasons = list(SEASONS)
    for user, name in enumerate(shop.wording.users):
        story = int(people.story[user])
        first = BEHAVIOURS_OF[story]
        turns = switches.get(user, [])
        arrived = format_time(int(people.arrived_ms[user]))
        yield Truth(
            user=name,
            story=STORIES[story].name,
            behaviour=turns[-1].to if turns else first.name,
            since=turns[-1].at if turns else arrived,
            arrived=arrived,
            switches=turns,
            orders=orders[user],
            alive=bool(plan.alive[user]),
            p_purchase_30d=round(float(plan.chance_30d[user]), 9),
            purchases_per_day=round(float(plan.rate[user]), 9),
            dropout=round(float(plan.dropout[user]), 9),
            brand=BRANDS[people.brand[user]] if first.loyalty else None,
            season=seasons[people.season[user] - 1] if first.seasonal else None,
            cookies=UNSET if shop.cookies is None else list(shop.cookies.worn[user]),
            anonymous_events=UNSET if shop.cookies is None else shop.cookies.anonymous_events[user],
            birthday=UNSET if shop.dates is None else shop.dates.birthday[user],
            signed_up=UNSET if shop.dates is None else shop.dates.signed_up[user],
            carts=UNSET if shop.carts is None else _carts(shop.carts.all[user], shop.settings.end_ms),
        )


def _carts(carts: list[Cart], end_ms: int) -> list[CartTruth]:
    """Give what happened to the carts before the end."""
    found = []
    for cart in carts:
        ordered_ms = [] if cart.ordered_ms is None else [cart.ordered_ms]
        added, checkouts, ordered = (
            [format_time(at_ms) for at_ms in times_ms if at_ms < end_ms]
            for times_ms in (cart.added_ms, cart.checkouts_ms, ordered_ms)
        )
        if added or checkouts:
            at = ordered[0] if ordered else None
            found.append(CartTruth(cart=cart.id, added=added, checkouts=checkouts, ordered=at))
    return found
