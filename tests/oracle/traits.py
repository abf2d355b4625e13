"""Features over traits: the newest value, and the days since or until what it says."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from oracle.calendars import local_date, start_ms
from oracle.dates import anniversary, day_of, moment_of
from oracle.definition import Definition, Feature
from oracle.durations import DAY_MS
from oracle.profiles import Profile
from oracle.selections import parts


def trait_value(definition: Definition, profile: Profile, feature: Feature, now_ms: int) -> Any:
    """Compute one feature over a trait at a moment; None is null."""
    told = told_values(profile, feature.what)
    newest = told[-1][1] if told else None
    if feature.kind == "trait":
        return newest
    if newest is None:
        return None
    if feature.kind == "days_since_change":
        return (now_ms - change_ms(told)) / DAY_MS
    if feature.kind == "trait_days":
        moment_ms = moment_of(newest, definition.zone)
        return None if moment_ms is None else (now_ms - moment_ms) / DAY_MS
    born = day_of(newest, definition.zone)
    return None if born is None else days_until(born, definition, now_ms)


def days_until(born: date, definition: Definition, now_ms: int) -> float:
    """Give the days until the midnight with which the next anniversary begins; 0 all through its day."""
    today = local_date(now_ms, definition.zone)
    years = (max(born.year, today.year), max(born.year, today.year + 1))  # none lies before the day itself
    following = min(day for day in (anniversary(born, year) for year in years) if day >= today)
    return 0.0 if following == today else (start_ms(following, definition.zone) - now_ms) / DAY_MS


def told_values(profile: Profile, path: str) -> list[tuple[int, Any]]:
    """Give when, by event time, which value of a trait was told; only an event that has the key tells one."""
    told = []
    for one in sorted(profile.applied, key=lambda one: one.order):
        traits: Any = one.event.traits
        *parents, name = parts(path)
        for parent in parents:
            traits = traits.get(parent) if isinstance(traits, dict) else None
        if one.event.type == "identify" and isinstance(traits, dict) and name in traits:
            told.append((one.time_ms, traits[name]))
    return told


def change_ms(told: list[tuple[int, Any]]) -> int:
    """Give when the newest value was told first, with no other value between."""
    time_ms, newest = told[-1]
    for earlier_ms, value in reversed(told):
        if not is_same(value, newest):
            break
        time_ms = earlier_ms
    return time_ms


def is_same(one: Any, other: Any) -> bool:
    """Compare two values as JSON has them: true is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return type(one) is type(other) and bool(one == other)


def turns(definition: Definition, profile: Profile, feature: Feature, after_ms: int, until_ms: int) -> Iterator[int]:
    """Give the beginnings and ends of the days of a trait's anniversaries; none lies before the day itself."""
    told = told_values(profile, feature.what)
    born = day_of(told[-1][1], definition.zone) if told else None
    if born is None:
        return
    first, last = (local_date(time_ms, definition.zone).year for time_ms in (after_ms, until_ms))
    for year in range(max(first - 1, born.year), last + 2):
        day = anniversary(born, year)
        yield start_ms(day, definition.zone)
        yield start_ms(day + timedelta(days=1), definition.zone)
