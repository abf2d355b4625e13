"""Who the users are: traits, devices, places, tastes, and when their story begins and turns."""

from __future__ import annotations

import msgspec
import numpy as np

from livesegments.core.times import DAY_MS
from livesegments.shop.generator.catalogue import BRANDS, CATEGORIES, PREMIUM_CATEGORIES
from livesegments.shop.generator.pace import SEASONS, daily_pace
from livesegments.shop.generator.settings import HOUR_MS, Bools, Floats, Ints, Settings
from livesegments.shop.generator.stories import BEHAVIOURS, STORIES

__all__ = ["CITIES", "DEVICES", "GENDERS", "OCCUPATIONS", "PLANS", "People", "make_people"]

CITIES: tuple[tuple[str, str, str, str, int], ...] = (
    ("New York, NY", "US", "en-US", "America/New_York", -5),
    ("Chicago, IL", "US", "en-US", "America/Chicago", -6),
    ("Austin, TX", "US", "en-US", "America/Chicago", -6),
    ("Los Angeles, CA", "US", "en-US", "America/Los_Angeles", -8),
    ("Seattle, WA", "US", "en-US", "America/Los_Angeles", -8),
    ("Toronto, ON", "CA", "en-CA", "America/Toronto", -5),
    ("São Paulo", "BR", "pt-BR", "America/Sao_Paulo", -3),
    ("London", "GB", "en-GB", "Europe/London", 0),
    ("Berlin", "DE", "de-DE", "Europe/Berlin", 1),
    ("Paris", "FR", "fr-FR", "Europe/Paris", 1),
    ("Madrid", "ES", "es-ES", "Europe/Madrid", 1),
    ("Zürich", "CH", "de-CH", "Europe/Zurich", 1),
    ("Mumbai", "IN", "en-IN", "Asia/Kolkata", 5),
    ("Tokyo", "JP", "ja-JP", "Asia/Tokyo", 9),
    ("Sydney", "AU", "en-AU", "Australia/Sydney", 10),
)
"""Location, country, locale, time zone and its hours ahead of UTC (the shop's days ignore summer time)."""

_CITY_WEIGHTS = (20, 9, 7, 11, 6, 5, 5, 9, 6, 5, 4, 2, 4, 4, 3)
DEVICES = ("mobile", "desktop", "tablet")
_DEVICE_WEIGHTS = (58, 34, 8)
GENDERS = ("female", "male", "non-binary", None)
_GENDER_WEIGHTS = (50, 42, 2, 6)
OCCUPATIONS = ("engineer", "teacher", "nurse", "student", "manager", "designer", "retired", "sales", "craft", None)
PLANS = ("free", "plus", "premium")


class People(msgspec.Struct, kw_only=True):
    """All users, one entry each; `device` is the one they mostly use, `categories` their three, best first."""

    story: Ints
    arrived_ms: Ints
    switch_ms: Ints
    season: Ints
    city: Ints
    offset_ms: Ints
    device: Ints
    other_device: Ints
    gender: Ints
    occupation: Ints
    plan: Ints
    age: Ints
    income: Ints
    brand: Ints
    categories: Ints
    liveliness: Floats
    openness: Floats
    gets_email: Bools
    gets_sms: Bools
    gets_push: Bools


def _draw(rng: np.random.Generator, weights: tuple[int, ...], size: int) -> Ints:
    total = np.cumsum(weights)
    drawn: Ints = np.searchsorted(total, rng.random(size) * total[-1], side="right").astype(np.int64)
    return drawn


def _stories(settings: Settings, rng: np.random.Generator) -> Ints:
    """Give each user a story; the shares are met as exactly as whole users allow, whatever the seed."""
    shares = np.array([story.share for story in STORIES])
    if settings.emerging_day is not None:
        shares = shares * (1 - settings.emerging_share)
        shares[-1] = settings.emerging_share
    edges = np.round(np.cumsum(shares) / shares.sum() * settings.users).astype(np.int64)
    story = np.repeat(np.arange(len(STORIES)), np.diff(edges, prepend=0))
    return rng.permutation(story).astype(np.int64)


def _arrivals(settings: Settings, rng: np.random.Generator, story: Ints) -> Ints:
    """Give arrivals in the first half, two thirds of them in the first tenth.

    Who has a season or a switch ahead comes early enough to show what was before.
    """
    length = settings.days * DAY_MS
    early = rng.random(story.size) < 2 / 3
    seasonal = np.array([behaviour.seasonal for behaviour in BEHAVIOURS_OF])[story]
    switches = np.array([len(planned.behaviours) > 1 for planned in STORIES])[story]
    latest = np.where(early, 0.1, np.where(switches, 0.2, np.where(seasonal, 0.3, 0.5)))
    share = rng.random(story.size) * latest
    if settings.emerging_day is not None:
        begin = settings.emerging_day / settings.days
        emerging = story == len(STORIES) - 1
        share = np.where(emerging, begin + rng.random(story.size) * min(0.2, 1 - begin), share)
    arrived_ms: Ints = settings.start_ms + (share * (length - 1)).astype(np.int64)
    return arrived_ms


BEHAVIOURS_OF = [
    next(behaviour for behaviour in BEHAVIOURS if behaviour.name == story.behaviours[0]) for story in STORIES
]
"""The first behaviour of each story."""


def _seasons(settings: Settings, rng: np.random.Generator, size: int) -> Ints:
    """Give each user the number of a season, of those with at least ten days between start and end; 0 is none."""
    found = [
        number
        for number, name in enumerate(SEASONS, start=1)
        if (daily_pace(name, settings.start_ms, settings.days) == 1).sum() >= 10
    ]
    late = rng.random(size) < 0.3
    return np.where(late, found[-1], found[0]).astype(np.int64) if found else np.ones(size, np.int64)


def _tastes(rng: np.random.Generator, story: Ints) -> Ints:
    """Give each user three different categories."""
    categories = rng.permuted(np.tile(np.arange(len(CATEGORIES)), (story.size, 1)), axis=1)[:, :3]
    dear = rng.permuted(np.tile(PREMIUM_CATEGORIES, (story.size, 1)), axis=1)[:, :3]
    premium = np.array([behaviour.premium for behaviour in BEHAVIOURS_OF])[story]
    return np.where(premium[:, None], dear, categories)


def make_people(settings: Settings, rng: np.random.Generator) -> People:
    """Draw all users of a shop."""
    size = settings.users
    story = _stories(settings, rng)
    arrived_ms = _arrivals(settings, rng, story)
    city = _draw(rng, _CITY_WEIGHTS, size)
    age = np.clip(np.round(38 + 13 * rng.standard_normal(size)), 18, 85).astype(np.int64)
    device = _draw(rng, _DEVICE_WEIGHTS, size)
    middle = settings.days * DAY_MS * (0.4 + 0.3 * rng.random(size))
    return People(
        story=story,
        arrived_ms=arrived_ms,
        switch_ms=settings.start_ms + middle.astype(np.int64),
        season=_seasons(settings, rng, size),
        city=city,
        offset_ms=np.array([hours for *_, hours in CITIES])[city] * HOUR_MS,
        device=device,
        other_device=_draw(rng, _DEVICE_WEIGHTS, size),
        gender=_draw(rng, _GENDER_WEIGHTS, size),
        occupation=rng.integers(0, len(OCCUPATIONS), size),
        plan=_draw(rng, (80, 15, 5), size),
        age=age,
        income=np.clip(np.round(52 * np.exp(0.5 * rng.standard_normal(size))), 12, 400).astype(np.int64) * 1_000,
        brand=rng.integers(0, len(BRANDS), size),
        categories=_tastes(rng, story),
        liveliness=rng.standard_gamma(8.0, size) / 8.0,
        openness=np.exp(0.2 * rng.standard_normal(size)),
        gets_email=rng.random(size) < 0.95,
        gets_sms=rng.random(size) < 0.35,
        gets_push=(device == DEVICES.index("mobile")) & (rng.random(size) < 0.5),
    )
