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

    __slots__ = ("condition", "paths")

    def __init__(self, condition: Callable[[list[Any]], bool | None], paths: Sequence[Path]) -> None:
        self.condition = condition
        self.paths = tuple(paths)

    def holds(self, item: Any) -> bool:
        """Tell whether the condition holds for an item; unknown does not, nor what is no object."""
        return type(item) is dict and self.condition([value_below(item, path) for path in self.paths]) is True

    def chosen(self, event: Event) -> list[Any]:
        """Give the items for which the condition holds, in list order."""
        products = None if event.properties is None else event.properties.get(PRODUCTS)
        return [item for item in products if self.holds(item)] if type(products) is list else []

    def any(self, event: Event) -> bool:
        """Tell whether the condition holds for at least one item."""
        products = None if event.properties is None else event.properties.get(PRODUCTS)
        return type(products) is list and any(map(self.holds, products))
