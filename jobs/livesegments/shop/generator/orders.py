"""The lines of orders: the bought products are viewed, most go through the cart, an offer may be taken."""

from __future__ import annotations

import numpy as np

from livesegments.core.times import DAY_MS
from livesegments.shop.generator.baskets import Order
from livesegments.shop.generator.settings import Ints
from livesegments.shop.generator.shop import Shop
from livesegments.shop.generator.stories import BEHAVIOURS
from livesegments.shop.generator.visits import lines_of, track
from livesegments.shop.generator.wording import time_texts

__all__ = ["draw_orders", "write_orders"]

_PRODUCTS = np.array([behaviour.products for behaviour in BEHAVIOURS])
_PREMIUM = np.array([behaviour.premium for behaviour in BEHAVIOURS])
_LOYALTY = np.array([behaviour.loyalty for behaviour in BEHAVIOURS])
_TAKES = np.array([behaviour.offer_taken for behaviour in BEHAVIOURS])
_CART_SHARE = 0.6
_OFFER_SHARE = 0.5
_REFUND_SHARE = 0.02
_DISCOUNT = 0.1


def write_orders(shop: Shop, orders: list[Order]) -> None:
    """Write the orders of a day, each after the visit that led to it."""
    events: dict[str, list[tuple[int, int, int, str]]] = {}
    for order in orders:
        for event, time_ms, properties in _events(shop, order):
            events.setdefault(event, []).append((time_ms, order.user, order.context, properties))
    for event, rows in events.items():
        times_ms = np.array([row[0] for row in rows], np.int64)
        words = shop.wording
        parts = zip(
            shop.message_ids(len(rows)),
            [words.users[row[1]] for row in rows],
            time_texts(times_ms),
            [row[3] for row in rows],
            [words.contexts[row[2]] for row in rows],
            strict=True,
        )
        shop.deliver(times_ms, lines_of(track(event), parts))


def draw_orders(shop: Shop, users: Ints, after_ms: Ints, context: Ints, first_number: int) -> list[Order]:
    """Draw what is in each order of a day; its steps follow `after_ms`, the end of the visit that leads to it."""
    rng, people, size = shop.order_rng, shop.people, users.size
    behaviour = shop.behaviour[users]
    counts = 1 + rng.poisson(_PRODUCTS[behaviour] - 1)
    order = np.repeat(np.arange(size), counts)
    buyer = users[order]
    taste = np.minimum(np.searchsorted([0.6, 0.85], rng.random(order.size), side="right"), 2)
    category = people.categories[buyer, taste]
    from_brand = rng.random(order.size) < _LOYALTY[behaviour][order]
    one, two = (shop.catalogue.pick(rng, category, people.brand[buyer], from_brand) for _ in range(2))
    product = np.where(_PREMIUM[behaviour][order], shop.catalogue.dearer(one, two), one)
    baskets = np.split(product, np.cumsum(counts)[:-1])
    cart = rng.random(size) < _CART_SHARE
    offered = rng.random(size) < _OFFER_SHARE
    taken = offered & (rng.random(size) < _TAKES[behaviour])
    refund = np.where(rng.random(size) < _REFUND_SHARE, 2 + 18 * rng.random(size), np.nan)
    return [
        Order(
            number=first_number + number,
            user=int(users[number]),
            context=int(context[number]),
            after_ms=int(after_ms[number]),
            products=baskets[number].tolist(),
            through_cart=bool(cart[number]),
            offered=bool(offered[number]),
            taken=bool(taken[number]),
            refund_days=None if np.isnan(refund[number]) else float(refund[number]),
        )
        for number in range(size)
    ]


def _events(shop: Shop, order: Order) -> list[tuple[str, int, str]]:
    """Give what happens around an order: event name, time, properties as JSON."""
    texts, steps, order_id = shop.wording.products, [], f"order-{order.number}"
    cart = f',"cart_id":"{order.cart}"' if order.cart is not None else ""
    for product in order.products:
        steps.append(("Product Viewed", texts[product]))
        if order.through_cart:
            steps.append(("Product Added", f'{texts[product][:-1]},"quantity":1{cart}}}'))
    offer = f'"order_id":"{order_id}","coupon_id":"offer-{order.number}","coupon_name":"10 % off"'
    if order.offered:
        steps.append(("Promotion Viewed", f'{{"promotion_id":"offer-{order.number}","name":"10 % off"}}'))
    prices = [shop.wording.prices[product] for product in order.products]
    total = round(sum(prices), 2)
    discount = round(total * _DISCOUNT, 2) if order.taken else 0.0
    if order.taken:
        steps.append(("Coupon Entered", f"{{{offer}}}"))
        steps.append(("Coupon Applied", f'{{{offer},"discount":{discount}}}'))
    products = ",".join(f'{texts[product][:-1]},"quantity":1}}' for product in order.products)
    paid = round(total - discount, 2)
    coupon = f'"coupon":"offer-{order.number}","discount":{discount},' if order.taken else ""
    steps.append(
        (
            "Order Completed",
            f'{{"order_id":"{order_id}"{cart},"revenue":{paid},"total":{paid},"currency":"USD",{coupon}"products":[{products}]}}',
        )
    )
    events = [(event, order.step_ms(step), properties) for step, (event, properties) in enumerate(steps, start=1)]
    if order.refund_days is not None:
        refund_ms = events[-1][1] + int(order.refund_days * DAY_MS)
        events.append(("Order Refunded", refund_ms, f'{{"order_id":"{order_id}","total":{paid},"currency":"USD"}}'))
    return events
