"""The lines of checkouts: of every order, and of the carts that are left there."""

from __future__ import annotations

import msgspec
import numpy as np

from livesegments.shop.generator.baskets import Order
from livesegments.shop.generator.carts import Carts
from livesegments.shop.generator.shop import Shop
from livesegments.shop.generator.visits import lines_of, track
from livesegments.shop.generator.wording import time_texts

__all__ = ["write_checkouts"]


def write_checkouts(shop: Shop, carts: Carts, orders: list[Order]) -> None:
    """Write the checkouts of a day, with draws and message ids of their own."""
    rows = [(order.checkout_ms, order.user, order.context, str(order.cart), order.products) for order in orders]
    rows += [(left.time_ms, left.cart.user, left.context, left.cart.id, left.products) for left in carts.left]
    if not rows:
        return
    times_ms = np.array([row[0] for row in rows], np.int64)
    words = shop.wording
    parts = zip(
        carts.message_ids(shop.settings.seed, len(rows)),
        [words.users[row[1]] for row in rows],
        time_texts(times_ms),
        [_properties(shop, cart, products) for *_, cart, products in rows],
        [words.contexts[row[2]] for row in rows],
        strict=True,
    )
    shop.deliver(times_ms, lines_of(track("Checkout Started"), parts), carts.rng)


def _properties(shop: Shop, cart: str, products: list[int]) -> str:
    words = shop.wording
    value = msgspec.json.encode(round(sum(words.prices[product] for product in products), 2)).decode()
    texts = ",".join(f'{words.products[product][:-1]},"quantity":1}}' for product in products)
    return f'{{"cart_id":"{cart}","value":{value},"currency":"USD","products":[{texts}]}}'
