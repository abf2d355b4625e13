"""Event names that came and look like others that the definition reads: `order completed` for `Order Completed`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

import msgspec

from livesegments.core.definition import Definition
from livesegments.core.replay import count_name
from livesegments.core.selection import Selector
from livesegments.survey.readers import readers_of

__all__ = ["Slip", "count_line", "count_names", "near_name", "slips", "slips_line"]

_NEAR = 0.88
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W_A-Z]+|\d+")
_SHOWN = 3
# Names of the Segment Spec are not taken for one another.
_SPEC_TEXT = """
Products Searched, Product List Viewed, Product List Filtered, Promotion Viewed, Promotion Clicked, Product Clicked,
Product Viewed, Product Added, Product Removed, Cart Viewed, Checkout Started, Checkout Step Viewed,
Checkout Step Completed, Payment Info Entered, Order Completed, Order Updated, Order Refunded, Order Cancelled,
Coupon Entered, Coupon Applied, Coupon Denied, Coupon Removed, Product Added to Wishlist,
Product Removed from Wishlist, Wishlist Product Added to Cart, Product Shared, Cart Shared, Product Reviewed,
Email Delivered, Email Opened, Email Link Clicked, Email Bounced, SMS Delivered, SMS Opened,
Push Notification Received, Push Notification Tapped, Push Notification Bounced
"""
_SPEC = frozenset(map(str.strip, _SPEC_TEXT.split(",")))


class Slip(msgspec.Struct, frozen=True, kw_only=True):
    """A name that came, how often, and the one that was probably meant."""

    name: str
    events: int
    near: str


def slips(names: Mapping[str, int], definition: Definition) -> list[Slip]:
    """Give the names that look misspelt, most frequent first; `names` counts events by name, or by type but `track`.

    A name is one when it is no name that the definition reads, but differs from one only in case, spaces, signs or
    the order of its words, or by a letter or two.
    """
    selectors = [reader.selector for reader in readers_of(definition)]
    wanted = {name for selector in selectors for name in selector.names}
    found = []
    for name, count in names.items():
        if name in wanted:
            continue
        near = near_name(name, wanted, selectors)
        if near is not None:
            found.append(Slip(name=name, events=count, near=near))
    return sorted(found, key=lambda slip: (-slip.events, slip.name))


def slips_line(found: list[Slip], source: str) -> str | None:
    """Give one line about the names that look misspelt, or None where none does."""
    if not found:
        return None
    shown = "; ".join(map(_told, found[:_SHOWN]))
    more = f"; and {len(found) - _SHOWN:,} more." if len(found) > _SHOWN else ""
    return f"this looks misspelt: {shown}{more} See: livesegments check --events {source}"


def _told(slip: Slip) -> str:
    times = "once" if slip.events == 1 else f"{slip.events:,} times"
    return f"{slip.name!r} ({times}), did you mean {slip.near!r}?"


def near_name(name: str, wanted: Iterable[str], selectors: Iterable[Selector] = ()) -> str | None:
    """Give the wanted name, or prefix such as `Email *`, that a name was probably meant to be; None without one."""
    words = _words(name)
    sorted_words = sorted(words)
    known = sorted(wanted)
    for one in known:
        if sorted(_words(one)) == sorted_words:
            return one
    for prefix in sorted({prefix for selector in selectors for prefix in selector.prefixes if prefix}):
        head = _words(prefix)
        if words[: len(head)] == head and not name.startswith(prefix):
            return f"{prefix}*"
    if name in _SPEC:
        return None
    lowered = {one.lower(): one for one in known}
    close = difflib.get_close_matches(name.lower().strip(), list(lowered), n=1, cutoff=_NEAR)
    return lowered[close[0]] if close else None


def _words(text: str) -> list[str]:
    """Give the words in lower case, whatever joins them.

    >>> _words("order_completed"), _words("OrderCompleted"), _words(" Order  Completed ")
    (['order', 'completed'], ['order', 'completed'], ['order', 'completed'])
    """
    return [word.lower() for word in _WORD.findall(text)]


class _Head(msgspec.Struct):
    type: str = ""
    event: str | None = None


_head_of = msgspec.json.Decoder(_Head).decode


def count_names(lines: Iterable[bytes]) -> dict[str, int]:
    """Count `track` events by their name, all others by their type; of at most 10,000 names."""
    names: dict[str, int] = {}
    for line in lines:
        count_line(names, line)
    return names


def count_line(names: dict[str, int], line: bytes) -> None:
    """Count one more event by its name or type; one that cannot be read is passed over."""
    try:
        head = _head_of(line)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return
    count_name(names, head.type, head.event)
