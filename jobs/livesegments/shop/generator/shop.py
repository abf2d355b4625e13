"""The shop as it stands on a day: its people, plan and products, and who behaves how today."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from livesegments.shop.generator.carts import Carts
from livesegments.shop.generator.catalogue import Catalogue, make_catalogue
from livesegments.shop.generator.cookies import Cookies
from livesegments.shop.generator.dates import Dates, draw_dates
from livesegments.shop.generator.delivery import Delivery
from livesegments.shop.generator.people import BEHAVIOURS_OF, People, make_people
from livesegments.shop.generator.purchases import Plan, plan_purchases
from livesegments.shop.generator.settings import Ints, Settings
from livesegments.shop.generator.stories import BY_NAME
from livesegments.shop.generator.wording import Wording

__all__ = ["Shop"]


class Shop:
    """Everything that the writers of visits, orders and messages share.

    Each concern draws from its own random stream, so that a change in one leaves the others' draws alone.
    """

    __slots__ = (
        "behaviour", "carts", "catalogue", "changes_done", "cookies", "dates", "day_ms", "delivery", "message_rng",
        "order_rng", "orders_done", "people", "plan", "profile_rng", "settings", "visit_rng", "wording", "written",
    )  # fmt: skip

    def __init__(self, settings: Settings) -> None:
        seeds = np.random.SeedSequence(settings.seed)
        streams = seeds.spawn(8)
        rngs = [np.random.Generator(np.random.PCG64(stream)) for stream in streams]
        self.settings = settings
        self.catalogue: Catalogue = make_catalogue(rngs[0])
        self.people: People = make_people(settings, rngs[1])
        self.plan: Plan = plan_purchases(settings, self.people, rngs[2])
        self.delivery = Delivery(settings, rngs[3])
        self.visit_rng, self.order_rng, self.message_rng, self.profile_rng = rngs[4:8]
        cookie_rng, cart_rng = (np.random.Generator(np.random.PCG64(stream)) for stream in seeds.spawn(2))
        self.dates: Dates | None = draw_dates(cart_rng, self.people) if settings.carts else None
        self.wording = Wording(settings, self.catalogue, self.people, self.dates)
        self.carts: Carts | None = Carts(settings.users, cart_rng) if settings.carts else None
        self.cookies: Cookies | None = None
        if settings.visitors:
            self.cookies = Cookies(self.wording.users, settings.end_ms, cookie_rng)
        first = np.array([BY_NAME[behaviour.name] for behaviour in BEHAVIOURS_OF])
        self.behaviour: Ints = first[self.people.story]
        self.day_ms = settings.start_ms
        self.changes_done = 0
        self.orders_done = 0
        self.written = 0

    def open_day(self, day_ms: int) -> None:
        """Begin a day: change the behaviour of those whose story turned before it, and the prices."""
        self.day_ms = day_ms
        plan = self.plan
        until = int(np.searchsorted(plan.change_ms, day_ms))
        # Later changes of the same user win: they come later in the arrays.
        self.behaviour[plan.change_user[self.changes_done : until]] = plan.change_to[self.changes_done : until]
        self.changes_done = until
        if self.cookies is not None:
            self.cookies.open_day(day_ms)
        self.wording.price_day((day_ms - self.settings.start_ms) // 86_400_000)

    def message_ids(self, count: int) -> list[str]:
        """Give the next message ids."""
        first = self.written
        self.written += count
        return [f"{self.settings.seed}-{number}" for number in range(first, first + count)]

    def deliver(self, times_ms: Ints, texts: Sequence[str], rng: np.random.Generator | None = None) -> None:
        """Hand over lines with their event times; `rng` draws which of them are late or come twice."""
        if self.cookies is not None:
            texts = self.cookies.put_on(times_ms, texts)
        self.delivery.add(times_ms, [text.encode() for text in texts], rng)
