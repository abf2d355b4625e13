"""Which events a feature reads, and which values of an event."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from livesegments.core.amounts import number_of_text
from livesegments.core.events import Event, value_at, value_below
from livesegments.core.items import PRODUCTS, ItemFilter

__all__ = ["Path", "Selection", "Selector", "parse_path", "path_text", "scalars_of"]

Path = tuple[str, ...]
_TYPES = ("page", "screen", "identify")
TEXT_LENGTH_MAX = 256  # longer texts are cut when a feature keeps them, so that state stays bounded
NUMBER_MAX = 1e12  # numbers() skips greater magnitudes: no amounts of a shop, and sums stay exact in 64 bits
WHOLE_MIN = -(2**63)  # whole numbers from here
WHOLE_END = 2**64  # to below here are kept as they are: ids and times; state holds no longer ones


_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PART = re.compile(r"`([^`]+)`|([^.`]+)")


def parse_path(text: str) -> Path:
    """Split a dotted path such as `products.brand`; a part with dots stands in backquotes.

    Raises ValueError when a part is empty or a backquote has no other one.

    >>> parse_path("products.brand"), parse_path("products.`EU.size`")
    (('products', 'brand'), ('products', 'EU.size'))
    """
    parts, at = [], 0
    while (match := _PART.match(text, at)) is not None:
        parts.append(match[1] or match[2])
        at = match.end() + 1
        if match.end() == len(text):
            return tuple(parts)
        if text[match.end()] != ".":
            break
    raise ValueError(f"expected a path such as revenue, products.brand or context.device.type, found {text!r}")


def path_text(path: Path) -> str:
    """Give a path as it is written in a definition: parts that are no plain words stand in backquotes.

    >>> path_text(("products", "Brand Name"))
    'products.`Brand Name`'
    """
    return ".".join(part if _WORD.fullmatch(part) else f"`{part}`" for part in path)


class Selector:
    """SEL: an event name, a list of names, page, screen, identify, a prefix such as 'Email *', or '*'."""

    __slots__ = ("everything", "names", "prefixes", "texts", "types")

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = sorted(texts)
        self.everything = "*" in texts
        self.types = frozenset(text for text in texts if text in _TYPES)
        self.prefixes = tuple(text[:-1] for text in texts if text.endswith("*") and text != "*")
        self.names = frozenset(text for text in texts if text not in _TYPES and not text.endswith("*"))

    def covers(self, text: str) -> bool:
        """Tell whether all events of one text of a selector are selected."""
        if text in self.types or (self.everything and text != "identify"):
            return True
        if text in _TYPES or text == "*":
            return False
        stem = text.removesuffix("*")
        return (text == stem and text in self.names) or stem.startswith(self.prefixes or ("\0",))

    def matches(self, event_type: str, name: str | None) -> bool:
        """Tell whether events of this type and (for track) name are selected."""
        if event_type == "track":
            return self.everything or name in self.names or (name or "").startswith(self.prefixes or ("\0",))
        return event_type in self.types or (self.everything and event_type in ("page", "screen"))


class Selection:
    """A selector with its `where`, `items` and `of`: the events and the values of them that a feature takes."""

    __slots__ = ("content", "field", "items", "nested", "paths", "property", "selector", "where", "where_paths")

    def __init__(
        self,
        selector: Selector,
        paths: Sequence[Path] = (),
        where: Callable[[list[Any]], bool | None] | None = None,
        where_paths: Sequence[Path] = (),
        content: Any = None,
        items: ItemFilter | None = None,
    ) -> None:
        self.content = content  # what it means, as plain data: selections of the same content are the same
        self.selector = selector
        self.paths = tuple(paths)
        self.property = self.paths[0][0] if len(self.paths) == 1 and len(self.paths[0]) == 1 else None
        first = self.paths[0] if self.paths else ()
        self.nested = first if len(first) > 1 and first[0] != PRODUCTS else ()
        one = first if len(self.paths) == 1 else ()
        self.field = one[1] if len(one) == 2 and one[0] == PRODUCTS else None
        self.where = where
        self.where_paths = tuple(where_paths)
        self.items = items

    @property
    def takes_all(self) -> bool:
        """Tell whether every event of the selector is accepted."""
        return self.where is None and self.items is None

    def accepts(self, event: Event) -> bool:
        """Tell whether `where` holds for this event, and `items` for one of its items; unknown does not."""
        if self.where is not None and self.where([value_at(event, path) for path in self.where_paths]) is not True:
            return False
        return self.items is None or bool(self.items.chosen(event))

    def values(self, event: Event) -> list[Any]:
        """Give the values at the first path of `of` that is present, one per list item, nulls left out."""
        return self._present(event)[1]

    def _present(self, event: Event, *, numbers: bool = False) -> tuple[Path, list[Any]]:
        """Give the first path that is present and its values; for numbers an empty text is as good as none."""
        if self.property is not None:  # most paths: ten times faster
            found = None if event.properties is None else event.properties.get(self.property)
            if type(found) is float or (type(found) is str and found):
                return self.paths[0], [found]
        elif self.field is not None and (values := self._of_products(event, self.field)):
            return self.paths[0], values
        for path in self.paths:
            found = self._value(event, path)
            if found is None:
                continue
            values = _flat(found) if type(found) is list else [found]
            if numbers and "" in values:
                values = [value for value in values if value != ""]
            if values:
                return path, values
        return (), []

    def _of_products(self, event: Event, field: str) -> list[Any]:
        """Give a field of each product that counts, where all of them have numbers or texts there; else nothing."""
        if self.items is not None:
            products: Any = self.items.chosen(event)
        else:
            products = None if event.properties is None else event.properties.get(PRODUCTS)
        if type(products) is not list:
            return []
        values = []
        for product in products:
            value = product.get(field) if type(product) is dict else None
            if type(value) is not float and type(value) is not int and (type(value) is not str or not value):
                return []
            values.append(value)
        return values

    def _value(self, event: Event, path: Path) -> Any:
        """Give the value at a path; of `products` only those items that are chosen."""
        if self.items is not None and path[0] == PRODUCTS:
            return value_below(self.items.chosen(event), path[1:])
        return value_at(event, path)

    def numbers(self, event: Event) -> list[float]:
        """Give those values that are numbers of at most NUMBER_MAX, as doubles.

        A text that is wholly a JSON number is that number. Everything else, booleans too, is skipped and counted in
        `event.skipped`.
        """
        path, values = self._present(event, numbers=True)
        numbers: list[float] = []
        for value in values:
            number = number_of_text(value) if type(value) is str else value
            if (type(number) is float or type(number) is int) and -NUMBER_MAX <= number <= NUMBER_MAX:
                numbers.append(float(number))
        if len(numbers) < len(values):
            _note(event, path)
        return numbers

    def scalars(self, event: Event) -> list[Any]:
        """Give those values that are texts (cut to 256 characters), numbers or booleans; others are counted as skipped.

        Whole numbers stay as they are within 64 bits; longer ones are skipped.
        """
        if self.nested:  # nearly all of these are texts
            found = value_at(event, self.nested)
            if type(found) is str and len(found) <= TEXT_LENGTH_MAX:
                return [found]
        path, values = self._present(event)
        if len(values) == 1 and type(values[0]) is str and len(values[0]) <= TEXT_LENGTH_MAX:
            return values
        scalars = scalars_of(values)
        if len(scalars) < len(values):
            _note(event, path)
        return scalars


def _note(event: Event, path: Path) -> None:
    if event.skipped is not None:
        below = path if len(path) > 1 and path[0] in ("context", "traits") else ("properties", *path)
        event.skipped.note(event, ".".join(below))


def scalars_of(values: list[Any]) -> list[Any]:
    """Give those values that are texts (cut to 256 characters), booleans or numbers (whole ones of 64 bits)."""
    scalars: list[Any] = []
    for value in values:
        if type(value) is str:
            scalars.append(value[:TEXT_LENGTH_MAX])
        elif type(value) is bool or type(value) is float or (type(value) is int and WHOLE_MIN <= value < WHOLE_END):
            scalars.append(value)
    return scalars


def _flat(values: list[Any]) -> list[Any]:
    for value in values:
        if value is None or type(value) is list:
            break
    else:  # nearly all
        return values
    flat: list[Any] = []
    for value in values:
        if type(value) is list:
            flat.extend(_flat(value))
        elif value is not None:
            flat.append(value)
    return flat
