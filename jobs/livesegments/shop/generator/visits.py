"""The lines of visits: pages and screens, product views and clicks, abandoned carts, offers."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from livesegments.shop.generator.people import DEVICES
from livesegments.shop.generator.sessions import ADD, CLICK, OFFER, PAGE, VIEW, Visits
from livesegments.shop.generator.settings import Bools, Ints
from livesegments.shop.generator.shop import Shop
from livesegments.shop.generator.wording import time_texts

__all__ = ["lines_of", "track", "write_visits"]

_APP_CONTEXT = DEVICES.index("mobile")


def track(event: str) -> str:
    """Give the head of a `track` line."""
    return f'"type":"track","event":"{event}"'


def lines_of(head: str, parts: Iterable[tuple[str, str, str, str, str]]) -> list[str]:
    """Give lines from (message id, user, time, properties, context)."""
    return [
        f'{{{head},"messageId":"{message}","userId":"{user}","timestamp":"{time}Z","properties":{properties},"context":{context}}}'
        for message, user, time, properties, context in parts
    ]


def write_visits(shop: Shop, visits: Visits) -> None:
    """Write all browsing events of a day."""
    words = shop.wording
    app = shop.people.gets_push[visits.user] & (visits.context % len(DEVICES) == _APP_CONTEXT)
    page = visits.kind == PAGE
    _write(shop, visits, page & ~app, '"type":"page"', words.pages, visits.category)
    _write(shop, visits, page & app, '"type":"screen"', words.screens, visits.category)
    _write(shop, visits, visits.kind == VIEW, track("Product Viewed"), words.products, visits.product)
    _write(shop, visits, visits.kind == CLICK, track("Product Clicked"), words.products, visits.product)
    _write(shop, visits, visits.kind == ADD, track("Product Added"), *_added(shop, visits))
    _write(shop, visits, visits.kind == OFFER, track("Promotion Viewed"), _offers(shop), visits.category)


def _added(shop: Shop, visits: Visits) -> tuple[list[str], Ints]:
    """Give what is added to carts, and which of it belongs to each event of `visits` that adds."""
    texts = [f'{text[:-1]},"quantity":1}}' for text in shop.wording.products]
    if shop.carts is None:
        return texts, visits.product
    is_added = visits.kind == ADD
    products = visits.product[is_added].tolist()
    added = [
        f'{texts[product][:-1]},"cart_id":"{cart}"}}' for product, cart in zip(products, shop.carts.ids, strict=True)
    ]
    return added, np.cumsum(is_added) - 1


def _offers(shop: Shop) -> list[str]:
    week = (shop.day_ms - shop.settings.start_ms) // (7 * 86_400_000)
    return [f'{{"promotion_id":"week-{week}","name":"Deal of the week"}}'] * len(shop.wording.pages)


def _write(shop: Shop, visits: Visits, which: Bools, head: str, texts: list[str], number: Ints) -> None:
    mine = np.flatnonzero(which)
    times_ms = visits.time_ms[mine]
    users, contexts = shop.wording.users, shop.wording.contexts
    parts = zip(
        shop.message_ids(mine.size),
        [users[user] for user in visits.user[mine].tolist()],
        time_texts(times_ms),
        [texts[index] for index in number[mine].tolist()],
        [contexts[index] for index in visits.context[mine].tolist()],
        strict=True,
    )
    shop.deliver(times_ms, lines_of(head, parts))
