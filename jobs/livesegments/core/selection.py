"""Which events a feature reads, and which values of an event."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from livesegments.core.events import Event, value_at

__all__ = ["Path", "Selection", "Selector", "parse_path", "scalars_of"]

Path = tuple[str, ...]
_TYPES = ("page", "screen", "identify")
TEXT_LENGTH_MAX = 256  # longer texts are cut when a feature keeps them, so that state stays bounded
NUMBER_MAX = 1e12  # greater magnitudes are no amounts of a shop and are skipped, so that sums stay exact in 64 bits


def parse_path(text: str) -> Path:
    """Split a dotted path such as `products.brand`; raises ValueError when a part is empty."""
    parts = tuple(text.split("."))
    if not all(parts):
        raise ValueError(f"expected a path such as revenue, products.brand or context.device.type, found {text!r}")
    return parts


class Selector:
    """SEL: an event name, a list of names, page, screen, identify, a prefix such as 'Email *', or '*'."""

    __slots__ = ("everything", "names", "prefixes", "types")

    def __init__(self, texts: Sequence[str]) -> None:
        self.everything = "*" in texts
        self.types = frozenset(text for text in texts if text in _TYPES)
        self.prefixes = tuple(text[:-1] for text in texts if text.endswith("*") and text != "*")
        self.names = frozenset(text for text in texts if text not in _TYPES and not text.endswith("*"))

    def matches(self, event_type: str, name: str | None) -> bool:
        """Tell whether events of this type and (for track) name are selected."""
        if event_type == "track":
            return self.everything or name in self.names or (name or "").startswith(self.prefixes or ("\0",))
        return event_type in self.types or (self.everything and event_type in ("page", "screen"))


class Selection:
    """A selector with its `where` and `of`: the events and the values of them that a feature takes."""

    __slots__ = ("content", "paths", "property", "selector", "where", "where_paths")

    def __init__(
        self,
        selector: Selector,
        paths: Sequence[Path] = (),
        where: Callable[[list[Any]], bool | None] | None = None,
        where_paths: Sequence[Path] = (),
        content: Any = None,
    ) -> None:
        self.content = content  # what it means, as plain data: selections of the same content are the same
        self.selector = selector
        self.paths = tuple(paths)
        self.property = self.paths[0][0] if len(self.paths) == 1 and len(self.paths[0]) == 1 else None
        self.where = where
        self.where_paths = tuple(where_paths)

    def accepts(self, event: Event) -> bool:
        """Tell whether `where` holds for this event; unknown does not."""
        return self.where is None or self.where([value_at(event, path) for path in self.where_paths]) is True

    def values(self, event: Event) -> list[Any]:
        """Give the values at the first path of `of` that is present, one per list item, nulls left out."""
        if self.property is not None:  # most paths: ten times faster
            found = None if event.properties is None else event.properties.get(self.property)
            if type(found) is str or type(found) is float:
                return [found]
        for path in self.paths:
            found = value_at(event, path)
            if found is None:
                continue
            if type(found) is not list:
                return [found]
            found = _flat(found)
            if found:
                return found
        return []

    def numbers(self, event: Event) -> list[float]:
        """Give those values that are numbers (no booleans, no texts) of at most NUMBER_MAX, as doubles."""
        return [
            float(value)
            for value in self.values(event)
            if (type(value) is float or type(value) is int) and -NUMBER_MAX <= value <= NUMBER_MAX
        ]

    def scalars(self, event: Event) -> list[Any]:
        """Give those values that are texts (cut to 256 characters), numbers or booleans."""
        values = self.values(event)
        if len(values) == 1 and type(values[0]) is str and len(values[0]) <= TEXT_LENGTH_MAX:
            return values
        return scalars_of(values)


def scalars_of(values: list[Any]) -> list[Any]:
    """Give those values that are texts (cut to 256 characters), numbers of at most NUMBER_MAX or booleans."""
    scalars: list[Any] = []
    for value in values:
        if type(value) is str:
            scalars.append(value[:TEXT_LENGTH_MAX])
        elif type(value) is bool or (
            (type(value) is float or type(value) is int) and -NUMBER_MAX <= value <= NUMBER_MAX
        ):
            scalars.append(value)
    return scalars


def _flat(values: list[Any]) -> list[Any]:
    if not any(value is None or type(value) is list for value in values):
        return values
    flat: list[Any] = []
    for value in values:
        if type(value) is list:
            flat.extend(_flat(value))
        elif value is not None:
            flat.append(value)
    return flat
