"""The carts of users: what goes into which, who leaves one at the checkout, and which are ordered in the end."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from livesegments.core.times import DAY_MS
from livesegments.shop.generator.baskets import Order
from livesegments.shop.generator.sessions import ADD, Visits

__all__ = ["Cart", "Carts", "Checkout"]

_LIFE_MS = 7 * DAY_MS
_LEFT_AT_CHECKOUT = 0.45
_TO_CHECKOUT_MS = 10_000


class Cart(msgspec.Struct, kw_only=True):
    """One cart: when something was added, when a checkout was begun, and when it was ordered, if ever."""

    id: str
    user: int
    products: list[int] = []
    added_ms: list[int] = []
    checkouts_ms: list[int] = []
    ordered_ms: int | None = None


class Checkout(msgspec.Struct, frozen=True, kw_only=True):
    """A checkout that did not come to its order at once: what was in the cart, and the context of the visit."""

    cart: Cart
    time_ms: int
    context: int
    products: list[int]


class Carts:
    """Gives each user one cart at a time, until it is ordered or nothing was added for a week.

    Who buys at once, not through the cart, has another one for that order; what lies in the first stays there.
    """

    __slots__ = ("_open", "_written", "all", "ids", "left", "rng")

    def __init__(self, users: int, rng: np.random.Generator) -> None:
        self.rng = rng
        self.all: list[list[Cart]] = [[] for _ in range(users)]
        self.ids: list[str] = []  # of the day's products that were added in visits, in the order of `Visits`
        self.left: list[Checkout] = []  # of the day
        self._open: dict[int, Cart] = {}
        self._written = 0

    def fill(self, visits: Visits, first_to_order: int, orders: Sequence[Order]) -> None:
        """Give a day's products and orders their carts, by time; visits from `first_to_order` on lead to an order."""
        added = np.flatnonzero(visits.kind == ADD)
        visit = np.searchsorted(visits.first, added, side="right") - 1
        leaves = (self.rng.random(added.size) < _LEFT_AT_CHECKOUT) & (visit < first_to_order)
        self.ids, self.left = [""] * added.size, []
        moments = [(int(visits.time_ms[event]), 0, place) for place, event in enumerate(added.tolist())]
        moments += [(order.after_ms, 1, place) for place, order in enumerate(orders)]
        for time_ms, is_order, place in sorted(moments):
            if is_order:
                self._take(orders[place])
                continue
            event = int(added[place])
            cart = self._add(int(visits.user[event]), time_ms, int(visits.product[event]))
            self.ids[place] = cart.id
            if leaves[place]:
                self._leave(cart, time_ms + _TO_CHECKOUT_MS, int(visits.context[event]))

    def message_ids(self, seed: int, count: int) -> list[str]:
        """Give the next message ids of the events that are there for carts only."""
        first = self._written
        self._written += count
        return [f"{seed}-c{number}" for number in range(first, first + count)]

    def _add(self, user: int, time_ms: int, product: int) -> Cart:
        cart = self._open.get(user)
        if cart is None or time_ms - cart.added_ms[-1] >= _LIFE_MS:
            cart = self._open[user] = self._new(user)
        cart.products.append(product)
        cart.added_ms.append(time_ms)
        return cart

    def _leave(self, cart: Cart, time_ms: int, context: int) -> None:
        cart.checkouts_ms.append(time_ms)
        self.left.append(Checkout(cart=cart, time_ms=time_ms, context=context, products=list(cart.products)))

    def _take(self, order: Order) -> None:
        cart = self._open.pop(order.user, None) if order.through_cart else None
        if cart is None or order.after_ms - cart.added_ms[-1] >= _LIFE_MS:
            cart = self._new(order.user)
        order.cart = cart.id
        cart.added_ms += order.added_ms
        cart.checkouts_ms.append(order.checkout_ms)
        cart.ordered_ms = order.ordered_ms

    def _new(self, user: int) -> Cart:
        mine = self.all[user]
        cart = Cart(id=f"cart-{user + 1}-{len(mine) + 1}", user=user)
        mine.append(cart)
        return cart
