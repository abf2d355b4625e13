"""Dates that users tell: birthdays that agree with their age on arrival, and when they signed up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import numpy as np

from livesegments.core.times import DAY_MS, format_time
from livesegments.shop.generator.people import People

__all__ = ["Dates", "draw_dates"]

_TELL_BIRTHDAY = 0.85
_SIGNED_UP_BEFORE = 0.4
_BEFORE_DAYS_MEAN = 300


class Dates(msgspec.Struct, kw_only=True):
    """By user: the birthday as a date (None: not told), and the moment of signing up; both as texts."""

    birthday: list[str | None]
    signed_up: list[str]


def draw_dates(rng: np.random.Generator, people: People) -> Dates:
    """Draw all dates: some signed up long before the shop's first day, the others on arrival."""
    size = people.arrived_ms.size
    tells = (rng.random(size) < _TELL_BIRTHDAY).tolist()
    days_since_birthday = rng.integers(0, 365, size).tolist()
    before_ms = (rng.standard_exponential(size) * _BEFORE_DAYS_MEAN * DAY_MS).astype(np.int64)
    signed_up_ms = people.arrived_ms - np.where(rng.random(size) < _SIGNED_UP_BEFORE, before_ms, 0)
    arrived = [datetime.fromtimestamp(time_ms // 1_000, UTC).date() for time_ms in people.arrived_ms.tolist()]
    born = [
        _born(day - timedelta(days=since), age)
        for day, since, age in zip(arrived, days_since_birthday, people.age.tolist(), strict=True)
    ]
    return Dates(
        birthday=[day.isoformat() if told else None for day, told in zip(born, tells, strict=True)],
        signed_up=[format_time(time_ms) for time_ms in np.maximum(signed_up_ms, 0).tolist()],
    )


def _born(last_birthday: date, age: int) -> date:
    """Give the day of birth of who became so old on a day."""
    year = last_birthday.year - age
    try:
        return last_birthday.replace(year=year)
    except ValueError:  # 29 February of a year that has none
        return last_birthday.replace(year=year, day=28)
