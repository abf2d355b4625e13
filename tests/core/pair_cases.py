"""followed and unfollowed from scratch: every event again, in the order of time, by the words of the contract."""

from __future__ import annotations

from typing import Any, NamedTuple

from core.samples import START

START_MS = round(START.timestamp() * 1_000)


class Seen(NamedTuple):
    """An event as the two kinds see it: when (ms), what it is, the cart, and whether `where` holds."""

    time_ms: int
    name: str  # a, b, or ab for one that both selections take
    cart: Any
    good: bool


def keyed(events: list[Seen], by: bool) -> list[Seen]:
    ordered = sorted(events, key=lambda event: event.time_ms)  # stable: equal times by arrival
    return [event for event in ordered if not by or event.cart is not None]


def same(one: Seen, other: Seen, by: bool) -> bool:
    return not by or (one.cart == other.cart and type(one.cart) is type(other.cart))


def inside(event: Seen, now_ms: int, window: tuple[int, int] | None) -> bool:
    return window is None or window[1] <= now_ms - event.time_ms < window[0]


def followed(events: list[Seen], now_ms: int, in_ms: int, by: bool, window: tuple[int, int] | None) -> int:
    ordered = keyed(events, by)
    taken: set[int] = set()
    for place, event in enumerate(ordered):
        if "b" not in event.name:
            continue
        for before in range(place):
            first = ordered[before]
            if before in taken or "a" not in first.name or not first.good or not same(first, event, by):
                continue
            if event.time_ms - first.time_ms < in_ms:
                taken.add(before)
                break
    return sum(inside(ordered[place], now_ms, window) for place in taken)


def unfollowed(events: list[Seen], now_ms: int, after_ms: int, by: bool, window: tuple[int, int] | None) -> int:
    ordered = keyed(events, by)
    found = 0
    for place, event in enumerate(ordered):
        if "a" not in event.name or not event.good or now_ms - event.time_ms < after_ms:
            continue
        if not inside(event, now_ms, window):
            continue
        found += not any("b" in later.name and same(event, later, by) for later in ordered[place + 1 :])
    return found
