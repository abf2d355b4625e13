"""Event names in another spelling than those of the definition: `order completed` for `Order Completed`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

import msgspec

from livesegments.core.definition import Definition
from livesegments.core.heads import named
from livesegments.core.replay import NAMES_MAX, count_name
from livesegments.core.selection import Selector
from livesegments.survey.readers import Reader, readers_of, readers_of_predictions
from livesegments.survey.records import NeverCame

__all__ = [
    "SURVEYED_MAX",
    "Held",
    "Slip",
    "count_line",
    "count_names",
    "near_name",
    "never_came",
    "slips",
    "slips_among",
    "slips_line",
    "wanted_names",
]

SURVEYED_MAX = 1_000
"""So many names are counted in a survey, and beside them those of the definition."""
_NEAR = 0.88
_NEAR_PREFIX = 0.8
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W_A-Z]+|\d+")
_DIGITS = re.compile(r"\d+")
_SHOWN = 3
_SHORT = 3  # letters of a word: one more or less makes another one
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
    """A name that came, how often, and the one of the definition that was probably meant.

    Where `events` is 0 it is the other way round: a name of the definition, and the one that came.
    """

    name: str
    events: int
    near: str


class Held:
    """The names that came, held against those that a definition reads; the near ones are looked for once."""

    def __init__(self, names: Mapping[str, int], definition: Definition) -> None:
        self.names = names
        self.readers = [*readers_of(definition), *readers_of_predictions(definition)]
        self.never = _texts_that_never_came(names, self.readers)
        self._near: dict[str, str | None] = {}

    def near(self, text: str) -> str | None:
        """Give the name that came and that one which never came was probably meant to be."""
        if text not in self._near:
            self._near[text] = _near_among(text, self.names)
        return self._near[text]

    def told(self, text: str) -> tuple[str, ...]:
        """Give what reads a name that never came, in words."""
        return tuple(dict.fromkeys(f"{reader.feature} ({reader.kind})" for reader in self.never.get(text, ())))


def slips(names: Mapping[str, int], definition: Definition) -> list[Slip]:
    """Give the names that look misspelt, most frequent first; `names` counts events by name, or by type but `track`.

    A name is one when it is no name that the definition reads, but differs from one only in case, spaces, signs or
    the order of its words, or by a letter or two. So is a name of the definition that never came, where one came from
    which it differs as little. Where both are read, letters must be wrong within a word: `Unsubscribed` is not meant to
    be `Subscribed`.
    """
    return slips_among(Held(names, definition))


def slips_among(held: Held) -> list[Slip]:
    """Give the same of names that are held against a definition already."""
    selectors = [reader.selector for reader in held.readers]
    wanted = wanted_names(held.readers)
    found = []
    for name, count in held.names.items():
        if name in wanted:
            continue
        near = near_name(name, wanted, selectors)
        if near is not None:
            found.append(Slip(name=name, events=count, near=near))
    told = {slip.near for slip in found}
    texts = {text for selector in selectors for text in selector.texts}
    for text, readers in held.never.items():
        near = None if text in told else held.near(text)
        if near is None or (near in texts and not _is_misspelt(text, near)):
            continue
        if all(reader.selector.matches("track", near) or near in reader.selector.texts for reader in readers):
            continue  # all take the near one too: it is written both ways, one of which need not come
        found.append(Slip(name=text, events=0, near=near))
    return sorted(found, key=lambda slip: (-slip.events, slip.name))


def never_came(held: Held) -> list[NeverCame]:
    """Give each name of the definition of which no event came, each by itself, in the definition's order.

    The near name is one that came, or else one of the Segment Spec.
    """
    found = []
    for text in held.never:
        near = held.near(text)
        if near is None and text not in _SPEC:
            near = near_name(text, _SPEC)
            near = None if near is not None and _words(near) == _words(text) else near  # a spelling of one's own
        found.append(NeverCame(name=text, readers=held.told(text), near=near))
    return found


def _texts_that_never_came(names: Mapping[str, int], readers: Iterable[Reader]) -> dict[str, list[Reader]]:
    """Give the names, types and prefixes of selectors of which nothing came, each with all that reads it."""
    found: dict[str, list[Reader]] = {}
    for reader in readers if len(names) < NAMES_MAX else ():  # beyond it, names came that are not among these
        for text in reader.selector.texts:
            if not _came(text, names):
                found.setdefault(text, []).append(reader)
    return found


def _came(text: str, names: Mapping[str, int]) -> bool:
    if text.endswith("*"):
        return len(names) >= SURVEYED_MAX or any(name.startswith(text[:-1]) for name in names)
    return text in names


def _near_among(text: str, names: Iterable[str]) -> str | None:
    """Give the name that came, or the beginning of some, that a name or a prefix was probably meant to be."""
    if not text.endswith("*"):
        return near_name(text, names)
    stem = text[:-1]
    begun = stem.rstrip(" _-.:/")
    after = len(stem) - len(begun)  # with its space, where it has one
    found: dict[str, str] = {}
    for name in sorted(names):
        for word in _WORD.finditer(name):
            found.setdefault(name[: word.end()].lower(), f"{name[: word.end() + after]}*")
    words = _words(begun)
    same = next((near for near in found.values() if words and _words(near) == words), None)
    is_of_spec = any(name.startswith(stem) for name in _SPEC)  # `Product *` is not `Products *`
    close = [] if is_of_spec else difflib.get_close_matches(begun.lower(), list(found), n=1, cutoff=_NEAR_PREFIX)
    return same or (found[close[0]] if close else None)


def wanted_names(readers: Iterable[Reader]) -> set[str]:
    """Give each name of an event that is read."""
    return {name for reader in readers for name in reader.selector.names}


def slips_line(found: list[Slip], source: str) -> str | None:
    """Give one line about the names that look misspelt, or None where none does."""
    if not found:
        return None
    shown = "; ".join(map(_told, found[:_SHOWN]))
    more = f"; and {len(found) - _SHOWN:,} more." if len(found) > _SHOWN else ""
    return f"this looks misspelt: {shown}{more} See: livesegments check --events {source}"


def _told(slip: Slip) -> str:
    times = ("never came", "once")[slip.events] if slip.events < 2 else f"{slip.events:,} times"
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
    numbers = _DIGITS.findall(name)  # `Step 1 Done` is not `Step 2 Done`
    lowered = {one.lower(): one for one in known if _DIGITS.findall(one) == numbers}
    close = difflib.get_close_matches(name.lower().strip(), list(lowered), n=1, cutoff=_NEAR)
    return lowered[close[0]] if close else None


def _is_misspelt(text: str, near: str) -> bool:
    """Tell whether a name differs from a near one only within words: by letters, not by a word or by what begins one.

    >>> _is_misspelt("Email Delivred", "Email Delivered"), _is_misspelt("Item Unliked", "Item Liked")
    (True, False)
    >>> _is_misspelt("Step A Done", "Step B Done")
    False
    """
    ours, theirs = _words(text), _words(near)
    pairs = [(one, other) for one, other in zip(ours, theirs, strict=False) if one != other]
    is_within = all(
        min(len(one), len(other)) > _SHORT and not one.endswith(other) and not other.endswith(one)
        for one, other in pairs
    )
    return (
        "".join(ours) == "".join(theirs) or sorted(ours) == sorted(theirs) or (len(ours) == len(theirs) and is_within)
    )


def _words(text: str) -> list[str]:
    """Give the words in lower case, whatever joins them.

    >>> _words("order_completed"), _words("OrderCompleted"), _words(" Order  Completed ")
    (['order', 'completed'], ['order', 'completed'], ['order', 'completed'])
    """
    return [word.lower() for word in _WORD.findall(text)]


def count_names(lines: Iterable[bytes]) -> dict[str, int]:
    """Count `track` events by their name, all others by their type; of at most 10,000 names."""
    names: dict[str, int] = {}
    for line in lines:
        count_line(names, line)
    return names


def count_line(names: dict[str, int], line: bytes) -> None:
    """Count one more event by its name or type; one that cannot be read is passed over."""
    found = named(line)
    if found is not None:
        count_name(names, *found)
