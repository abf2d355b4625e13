"""Amounts: numbers that producers also send as texts, and the products of an order."""

from __future__ import annotations

import math
import re
from typing import Any

import msgspec

__all__ = ["AMOUNTS", "Amounts", "mend_properties", "number_of_text"]

AMOUNTS = ("revenue", "total", "price", "quantity", "value", "discount", "tax", "shipping")
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WHOLE_LENGTH_MAX = 20  # what may fit into 64 bits


class _Item(msgspec.Struct, gc=False):
    revenue: float | None = None
    total: float | None = None
    price: float | None = None
    quantity: float | None = None
    value: float | None = None
    discount: float | None = None
    tax: float | None = None
    shipping: float | None = None


class Amounts(_Item, gc=False):
    """What of `properties` has a type; `msgspec.convert` to it fails where `mend_properties` has something to do."""

    products: list[_Item] | None = None


def number_of_text(text: str) -> int | float | None:
    """Give the number that a text wholly is, by the grammar of JSON; None for any other text and beyond a double.

    >>> number_of_text("59.80"), number_of_text("12"), number_of_text("$59.80"), number_of_text("1.234,50")
    (59.8, 12, None, None)
    """
    if _NUMBER.fullmatch(text) is None:
        return None
    if len(text) <= _WHOLE_LENGTH_MAX and _WHOLE.fullmatch(text):
        return int(text)
    number = float(text)
    return number if math.isfinite(number) else None


def mend_properties(properties: dict[str, Any]) -> tuple[str, ...]:
    """Make amounts that are texts numbers and `products` a list of objects, in place.

    An empty text, and products that are no objects, are taken out. Gives the paths of what cannot be read.
    """
    odd: dict[str, None] = {}
    _mend_amounts(properties, "properties", odd)
    if properties.get("products") is not None:
        _mend_products(properties, odd)
    return tuple(odd)


def _mend_amounts(holder: dict[str, Any], path: str, odd: dict[str, None]) -> None:
    for name in AMOUNTS:
        found = holder.get(name)
        if found is None or type(found) is float or type(found) is int:
            continue
        number = number_of_text(found) if type(found) is str else None
        if number is not None:
            holder[name] = number
        elif found == "":
            del holder[name]
        else:
            odd[f"{path}.{name}"] = None


def _is_php_list(products: dict[str, Any]) -> bool:
    """Tell a list that PHP wrote as an object, as it does where numbers are missing, such as after array_filter."""
    return all(key.isascii() and key.isdecimal() and type(product) is dict for key, product in products.items())


def _mend_products(properties: dict[str, Any], odd: dict[str, None]) -> None:
    products = properties["products"]
    if type(products) is dict:
        properties["products"] = products = list(products.values()) if _is_php_list(products) else [products]
    if type(products) is not list:
        del properties["products"]
        if products != "":
            odd["properties.products"] = None
        return
    kept = [product for product in products if type(product) is dict]
    if len(kept) < len(products):
        properties["products"] = kept
        odd["properties.products"] = None
    for product in kept:
        _mend_amounts(product, "properties.products", odd)
