"""What the shop sells: categories, brands, products with log-normal prices, and how users pick from them."""

from __future__ import annotations

import msgspec
import numpy as np

from livesegments.shop.generator.settings import Bools, Floats, Ints

__all__ = ["BRANDS", "CATEGORIES", "PREMIUM_CATEGORIES", "Catalogue", "make_catalogue"]

CATEGORIES: tuple[tuple[str, float, float], ...] = (
    ("fashion", 39.0, 0.5),
    ("shoes", 69.0, 0.4),
    ("electronics", 119.0, 0.6),
    ("beauty", 19.0, 0.5),
    ("home", 35.0, 0.7),
    ("garden", 29.0, 0.7),
    ("toys", 22.0, 0.5),
    ("sports", 45.0, 0.6),
    ("books", 14.0, 0.3),
    ("grocery", 6.0, 0.5),
    ("jewelry", 89.0, 0.6),
    ("outdoor", 59.0, 0.6),
)
"""Name, median price and the standard deviation of the price's logarithm."""

BRANDS: tuple[str, ...] = (
    "Alder", "Aster", "Birch", "Borea", "Calla", "Cedar", "Clover", "Coral", "Dahlia",
    "Delta", "Ember", "Fable", "Fern", "Flint", "Gale", "Harbor", "Hazel", "Indigo",
    "Iris", "Juniper", "Kestrel", "Lumen", "Maple", "Marlow", "Nimbus", "Northway", "Ochre",
    "Onyx", "Pebble", "Quill", "Rowan", "Saffron", "Sierra", "Tundra", "Verve", "Willow",
)  # fmt: skip

_BRANDS_PER_CATEGORY = 9
_PRODUCTS_PER_BRAND = 8
_PER_CATEGORY = _BRANDS_PER_CATEGORY * _PRODUCTS_PER_BRAND
_ZIPF_EXPONENT = 0.8
_RANKS = 4096

PREMIUM_CATEGORIES = [number for number, (_, price, _) in enumerate(CATEGORIES) if price >= 39]
"""The categories that users with money prefer."""


class Catalogue(msgspec.Struct, kw_only=True):
    """All products, one entry each; those of a category are neighbours, the most popular first."""

    names: list[str]
    category: Ints
    brand: Ints
    price: Floats
    rank_of: Ints
    of_brand: Ints

    def pick(self, rng: np.random.Generator, categories: Ints, brands: Ints, from_brand: Bools) -> Ints:
        """Pick a product for each entry: of the category by popularity, or any of the brand where `from_brand`."""
        chance = rng.random(categories.size)
        usual = categories * _PER_CATEGORY + self.rank_of[(chance * _RANKS).astype(np.int64)]
        mine = self.of_brand[brands, (chance * self.of_brand.shape[1]).astype(np.int64)]
        return np.where(from_brand, mine, usual)

    def dearer(self, first: Ints, second: Ints) -> Ints:
        """Give the dearer one of each pair."""
        return np.where(self.price[first] >= self.price[second], first, second)


def make_catalogue(rng: np.random.Generator) -> Catalogue:
    """Draw a catalogue: every brand is in three categories, popularity within a category is Zipf's."""
    count = len(CATEGORIES) * _PER_CATEGORY
    category = np.repeat(np.arange(len(CATEGORIES)), _PER_CATEGORY)
    shelf = np.concatenate([rng.permutation(_PER_CATEGORY) for _ in CATEGORIES])
    brand = (3 * category + shelf // _PRODUCTS_PER_BRAND) % len(BRANDS)
    median = np.array([price for _, price, _ in CATEGORIES])[category]
    sigma = np.array([spread for _, _, spread in CATEGORIES])[category]
    price = np.maximum(0.5, np.round(median * np.exp(sigma * rng.standard_normal(count)), 2))
    weight = np.cumsum((1.0 + np.arange(_PER_CATEGORY)) ** -_ZIPF_EXPONENT)
    quantiles = (np.arange(_RANKS) + 0.5) / _RANKS * weight[-1]
    return Catalogue(
        names=[f"product_{number + 1:03d}" for number in range(count)],
        category=category,
        brand=brand,
        price=price,
        rank_of=np.searchsorted(weight, quantiles).astype(np.int64),
        of_brand=np.stack([np.flatnonzero(brand == number) for number in range(len(BRANDS))]),
    )
