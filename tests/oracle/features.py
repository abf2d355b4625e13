"""Every kind of feature, computed from all applied events at one moment."""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any

from oracle.definition import Definition, Feature
from oracle.durations import DAY_MS, milliseconds
from oracle.evaluation import UNKNOWN, evaluate
from oracle.expressions import parse
from oracle.periods import period, periods
from oracle.profiles import Profile
from oracle.samples import Sample, identity, samples_of
from oracle.sequences import pairs
from oracle.sessions import session_value
from oracle.traits import trait_value
from oracle.windows import CalendarWindow

MICRO = 10**6


def feature_value(definition: Definition, profile: Profile, name: str, now_ms: int) -> Any:
    """Compute one feature from scratch; None is null."""
    feature = definition.features[name]
    if feature.is_over_traits:
        return trait_value(definition, profile, feature, now_ms)
    if feature.kind == "bucket":
        return bucket(feature.what, profile.user)
    if feature.kind in ("cluster", "prediction"):
        return None
    if feature.kind == "value":
        value = evaluate(parse(feature.what), lambda other: feature_value(definition, profile, other, now_ms))
        return None if value is UNKNOWN else value
    if feature.kind == "session":
        return session_value(profile, feature, now_ms)
    if feature.kind == "ratio":
        first, second = (len(inside(definition, profile, feature, one, now_ms)) for one in feature.what)
        return first / second if second else None
    if feature.kind in ("followed", "unfollowed"):
        return pairs(definition, profile, feature, now_ms)
    samples = inside(definition, profile, feature, feature.what, now_ms)
    if feature.kind == "rate":
        return rate(samples, profile, feature, now_ms)
    if feature.kind in ("peak", "peak_share"):
        return peak(samples, feature, definition)
    if feature.kind in TIMED:
        return TIMED[feature.kind](samples, feature, now_ms)
    return PLAIN[feature.kind](samples, feature)


def inside(definition: Definition, profile: Profile, feature: Feature, selection: Any, now_ms: int) -> list[Sample]:
    """Give the samples inside the window, oldest first; of equal times the later arrival is the newer."""
    samples = samples_of(definition, profile, feature, selection)
    return sorted((one for one in samples if feature.window.holds(one.place_ms, now_ms)), key=lambda one: one.order)


def values_in(samples: list[Sample]) -> list[Any]:
    return [value for sample in samples for value in sample.values]


@lru_cache(maxsize=100_000)
def micros(value: float) -> int:
    """Round to 6 decimals and give the number of millionths."""
    return round(Fraction(value) * MICRO)


def total(samples: list[Sample], _: Feature) -> float:
    return sum(micros(value) for value in values_in(samples)) / MICRO


def mean(samples: list[Sample], _: Feature) -> float | None:
    values = values_in(samples)
    return sum(micros(value) for value in values) / (MICRO * len(values)) if values else None


def recent(samples: list[Sample], feature: Feature) -> list[Any] | None:
    values = [value for sample in reversed(samples) for value in sample.values]
    return values[: feature.options.get("n", 20)] or None


def frequencies(samples: list[Sample]) -> Counter[tuple[str, Any]]:
    return Counter(identity(value) for sample in samples for value in sample.tracked)


def as_text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, str) else json.dumps(value)


def top(samples: list[Sample], feature: Feature) -> list[Any] | None:
    counted = [
        (-count, as_text(value), isinstance(value, str), value) for (_, value), count in frequencies(samples).items()
    ]
    counted.sort(key=lambda one: one[:3])
    return [value for *_, value in counted][: feature.options.get("n", 3)] or None


def share(samples: list[Sample], feature: Feature) -> float | None:
    everything = len(values_in(samples))
    if not everything:
        return None
    counted = frequencies(samples)
    if "equals" in feature.options:
        wanted = feature.options["equals"]
        is_number = isinstance(wanted, int) and not isinstance(wanted, bool)
        return counted[identity(float(wanted) if is_number else wanted)] / everything
    return max(counted.values(), default=0) / everything


def rate(samples: list[Sample], profile: Profile, feature: Feature, now_ms: int) -> float | None:
    if not samples:
        return None
    per_ms = milliseconds(feature.options["per"])
    span_ms: float = max(now_ms - min(one.time_ms for one in profile.applied), per_ms)
    if isinstance(feature.window, CalendarWindow):
        span_ms = max(min(span_ms, feature.window.length_ms(now_ms)), per_ms)
    elif feature.window.outer_ms is not None:
        span_ms = min(span_ms, feature.window.outer_ms - (feature.window.inner_ms or 0))
    return len(samples) * per_ms / span_ms


def days_since(samples: list[Sample], _: Feature, now_ms: int) -> float | None:
    return (now_ms - samples[-1].time_ms) / DAY_MS if samples else None


def decayed(samples: list[Sample], feature: Feature, now_ms: int) -> float:
    half_life_ms = milliseconds(feature.options["half_life"])
    return math.fsum(
        value * 2 ** (-(now_ms - sample.time_ms) / half_life_ms) for sample in samples for value in sample.values
    )


def bucket(name: str, user: str) -> int:
    """Give a number from 0 to 99 that the name and the user's id give."""
    given = name.encode() + b"\0" + user.encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(given, digest_size=8).digest(), "big") % 100


def peak(samples: list[Sample], feature: Feature, definition: Definition) -> Any:
    if not samples:
        return None
    by = feature.options["by"]
    counted = Counter(period(sample.time_ms, by, definition.zone) for sample in samples)
    busiest = max(periods(by), key=lambda one: counted[one])  # max gives the first of equals
    return busiest if feature.kind == "peak" else counted[busiest] / len(samples)


PLAIN: dict[str, Callable[[list[Sample], Feature], Any]] = {
    "count": lambda samples, _: len(samples),
    "sum": total,
    "mean": mean,
    "min": lambda samples, _: min(values_in(samples), default=None),
    "max": lambda samples, _: max(values_in(samples), default=None),
    "first": lambda samples, _: next(iter(values_in(samples)), None),
    "last": lambda samples, _: next(reversed(values_in(samples)), None),
    "recent": recent,
    "distinct": lambda samples, _: len(frequencies(samples)),
    "top": top,
    "share": share,
}
TIMED: dict[str, Callable[[list[Sample], Feature, int], Any]] = {"days_since": days_since, "decayed": decayed}
