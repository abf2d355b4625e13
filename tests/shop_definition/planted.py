"""Who belongs into a segment by what the generator planted, as of any moment; no threshold of shop.yaml is asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

from livesegments.core.times import DAY_MS, parse_time
from livesegments.shop.generator import Truth

__all__ = ["PLANTED"]

_HOUR_MS = 3_600_000
_ASKED_MS = 7 * DAY_MS


def left_a_checkout(user: Truth, now_ms: int) -> bool:
    """Tell whether a checkout of an hour to a week ago did not come to an order of its cart."""
    return any(_is_open(begun, cart.ordered, now_ms) for cart in user.carts or () for begun in cart.checkouts)


def left_a_cart(user: Truth, now_ms: int) -> bool:
    """Tell whether a cart that got something an hour to a week ago is not ordered, nor left at the checkout."""
    is_left = any(_is_open(added, cart.ordered, now_ms) for cart in user.carts or () for added in cart.added)
    return is_left and not left_a_checkout(user, now_ms)


def _is_open(begun: str, ordered: str | None, now_ms: int) -> bool:
    begun_ms = parse_time(begun)
    ended = ordered is not None and begun_ms <= parse_time(ordered) <= now_ms
    return _HOUR_MS <= now_ms - begun_ms < _ASKED_MS and not ended


def has_a_birthday_soon(user: Truth, now_ms: int) -> bool:
    """Tell whether the birthday, if it was told, is today or within the next seven days."""
    if not user.birthday or now_ms < parse_time(user.arrived):
        return False
    born, today = date.fromisoformat(str(user.birthday)), datetime.fromtimestamp(now_ms // 1_000, UTC).date()
    for year in (today.year, today.year + 1):
        is_leap = year % 4 == 0  # from 1901 to 2099
        day = 28 if (born.month, born.day) == (2, 29) and not is_leap else born.day
        begins_ms = parse_time(f"{year}-{born.month:02d}-{day:02d}T00:00:00Z")
        if -DAY_MS < begins_ms - now_ms < 7 * DAY_MS:
            return True
    return False


def signed_up_and_did_not_order(user: Truth, now_ms: int) -> bool:
    """Tell whether a user signed up 7 to 60 days ago and has ordered no cart."""
    age_ms = now_ms - parse_time(str(user.signed_up))
    ordered = any(cart.ordered and parse_time(cart.ordered) <= now_ms for cart in user.carts or ())
    return now_ms >= parse_time(user.arrived) and 7 * DAY_MS <= age_ms < 60 * DAY_MS and not ordered


PLANTED: dict[str, Callable[[Truth, int], bool]] = {
    "abandoned_checkout": left_a_checkout,
    "abandoned_cart": left_a_cart,
    "birthday_this_week": has_a_birthday_soon,
    "signed_up_no_order": signed_up_and_did_not_order,
}
