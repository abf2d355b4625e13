"""The pieces of JSON that lines are put together from, written once instead of once per event."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from livesegments.shop.generator.catalogue import BRANDS, CATEGORIES, Catalogue
from livesegments.shop.generator.dates import Dates
from livesegments.shop.generator.people import CITIES, DEVICES, GENDERS, OCCUPATIONS, PLANS, People
from livesegments.shop.generator.settings import Ints, Settings

__all__ = ["Wording", "time_texts"]


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def time_texts(times_ms: Ints) -> list[str]:
    """Give RFC 3339 without the closing `Z`, such as 2024-11-09T14:20:00.000."""
    texts: list[str] = np.datetime_as_string(times_ms.astype("datetime64[ms]")).tolist()
    return texts


class Wording:
    """JSON texts by number: users, contexts (city and device), products as they cost before and after a price shift."""

    __slots__ = (
        "_catalogue", "_dates", "_people", "_settings", "contexts", "pages", "prices", "products", "screens", "users",
    )  # fmt: skip

    def __init__(self, settings: Settings, catalogue: Catalogue, people: People, dates: Dates | None = None) -> None:
        self._dates = dates
        self._settings, self._catalogue, self._people = settings, catalogue, people
        width = max(6, len(str(settings.users)))
        self.users = [f"user_{number:0{width}d}" for number in range(1, settings.users + 1)]
        self.contexts = [_context(city, device) for city in range(len(CITIES)) for device in DEVICES]
        names = [name for name, _, _ in CATEGORIES]
        self.pages = [_json({"name": name.title(), "category": name, "path": f"/{name}"}) for name in names]
        self.screens = [_json({"name": name.title(), "category": name}) for name in names]
        self.prices: list[float] = []
        self.products: list[str] = []
        self.price_day(0)

    def price_day(self, day: int) -> None:
        """Bring the prices up to date for a day, counted from the start."""
        shift_day = self._settings.price_shift_day
        shifted = shift_day is not None and day >= shift_day
        if self.products and day != shift_day:
            return
        factor = self._settings.price_shift if shifted else 1.0
        self.prices = np.round(self._catalogue.price * factor, 2).tolist()
        self.products = [_json(self.product(number)) for number in range(len(self.prices))]

    def product(self, number: int) -> dict[str, Any]:
        """Give a product's properties at today's price."""
        return {
            "product_id": self._catalogue.names[number],
            "category": CATEGORIES[self._catalogue.category[number]][0],
            "brand": BRANDS[self._catalogue.brand[number]],
            "price": self.prices[number],
        }

    def traits(self, user: int) -> str:
        """Give the traits that a user's `identify` carries; what the user did not tell is missing."""
        people = self._people
        location, country, *_ = CITIES[people.city[user]]
        traits = {
            "age": int(people.age[user]),
            "gender": GENDERS[people.gender[user]],
            "location": location,
            "country": country,
            "occupation": OCCUPATIONS[people.occupation[user]],
            "income": int(people.income[user]),
            "plan": PLANS[people.plan[user]],
        }
        if self._dates is not None:
            traits |= {"birthday": self._dates.birthday[user], "createdAt": self._dates.signed_up[user]}
        return _json({name: value for name, value in traits.items() if value is not None})


def _context(city: int, device: str) -> str:
    location, country, locale, timezone, _ = CITIES[city]
    return _json(
        {
            "device": {"type": device},
            "locale": locale,
            "timezone": timezone,
            "location": {"city": location, "country": country},
        }
    )
