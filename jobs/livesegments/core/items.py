"""A condition on the items of `products`: which of them a feature reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from livesegments.core.events import Event, value_below

__all__ = ["PRODUCTS", "ItemFilter"]

PRODUCTS = "products"
Path = tuple[str, ...]


class ItemFilter:
    """The items of an event's `products` for which a condition holds; it reads the item's fields by name.

    `paths` are those of the condition's names, in the order of the values that `condition` is called with.
    """

    __slots__ = ("_chosen", "_event", "_fields", "condition", "paths")

    def __init__(self, condition: Callable[[list[Any]], bool | None], paths: Sequence[Path]) -> None:
        self.condition = condition
        self.paths = tuple(paths)
        self._fields = tuple(path[0] for path in self.paths) if all(len(path) == 1 for path in self.paths) else None
        self._event: Event | None = None  # the last one asked for: all that reads it asks one after the other
        self._chosen: list[Any] = []

    def chosen(self, event: Event) -> list[Any]:
        """Give the items for which the condition holds, in list order, not to be changed; unknown does not hold."""
        if event is not self._event:
            self._chosen = self._choose(event)
            self._event = event
        return self._chosen

    def _choose(self, event: Event) -> list[Any]:
        products = None if event.properties is None else event.properties.get(PRODUCTS)
        if type(products) is not list:
            return []
        condition, fields = self.condition, self._fields
        items = [item for item in products if type(item) is dict]
        if fields is not None:  # most conditions: twice as fast
            return [item for item in items if condition([item.get(field) for field in fields]) is True]
        return [item for item in items if condition([value_below(item, path) for path in self.paths]) is True]
