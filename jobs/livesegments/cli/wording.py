"""The words of an explanation: values, and what flips a clause."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import msgspec

from livesegments.core.explain.words import about

if TYPE_CHECKING:
    from livesegments.core.explain import Distance, ExplainedClause

__all__ = ["plain", "to_flip", "value_words", "values_words"]

_DAY_MS = 86_400_000
_LOOKS_OTHERWISE = re.compile(r"\s*(?:[-+]?[\d.,]+|true|false|null|none|-)?\s*", re.ASCII | re.IGNORECASE)


def value_words(value: Any) -> str:
    """Write a value of a feature; `-` is null, and a text that looks like another kind of value stands in quotes."""
    if value is None:
        return "-"
    if isinstance(value, bool | dict):
        return msgspec.json.encode(value).decode()
    if isinstance(value, list):
        return ", ".join(map(value_words, value)) or "none"
    if isinstance(value, int | float):
        return _number(value)
    return f'"{value}"' if _LOOKS_OTHERWISE.fullmatch(value) else str(value)


def _number(number: float) -> str:
    """Write a number with at most four decimals; more where it is small, or just beside a whole number."""
    if isinstance(number, int):
        return f"{number:,}"
    if not math.isfinite(number):
        return str(number)
    if number and abs(number) < 0.0001:
        return f"{number:.3g}"
    text = f"{number:,.4f}".rstrip("0").rstrip(".")
    return f"{number:,.10g}" if "." not in text and number != round(number) else text


def plain(text: str) -> str:
    """Write what no terminal shows, or would act on, as its escape."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def values_words(clause: ExplainedClause) -> str:
    """Write the values of a clause, with their names where there are several."""
    if len(clause.values) == 1:
        return value_words(*clause.values.values())
    return ", ".join(f"{name} {value_words(value)}" for name, value in clause.values.items())


def to_flip(clause: ExplainedClause, days: set[str]) -> str:
    """Say what flips a clause: how much more or less, and when time does it."""
    distance = clause.distance
    parts = [f"needs {name}" for name, value in clause.values.items() if value is None and clause.holds is None]
    if distance is not None and distance.side in days:
        return _days_to_flip(clause, distance)
    if distance is not None:
        parts.append(_amount(distance, clause.holds is True, alone=len(clause.values) == 1))
    if clause.flips_in_ms is not None:
        unless = f" unless {clause.unless} comes" if clause.unless else ""
        parts.append(f"{_flips_to(clause)} by itself in {about(clause.flips_in_ms)}{unless}")
    return "; ".join(parts)


def _flips_to(clause: ExplainedClause) -> str:
    if clause.flips_to is None:
        return "ends" if clause.holds else "has no value"
    return "met" if clause.flips_to else "ends" if clause.holds else "has a value"


def _days_to_flip(clause: ExplainedClause, distance: Distance) -> str:
    """Days only grow by themselves, until an event makes them 0 or the last one leaves the window."""
    if distance.direction != "more":
        return "a new event ends it" if clause.holds else "needs a new event"
    if clause.flips_in_ms is None or (clause.flips_to is None and not clause.holds):
        left = about(round(distance.needs * _DAY_MS))
        return f"{left} more ends it" if clause.holds else f"needs {left} more"
    left = about(clause.flips_in_ms)
    return f"ends in {left}" if clause.holds else f"{left} to go"


def _amount(distance: Distance, holds: bool, *, alone: bool) -> str:
    """Say the distance in the feature whose value is shown; of anything else, say what the number is of."""
    feature = distance.in_feature
    told = feature or distance
    of = f"`{feature.feature if feature else distance.side}`"
    over = "over " if told.beyond else ""
    number = f"{over}{_number(abs(told.needs))}" if told.needs else "anything"
    amount = "any other value" if told.direction == "any" else f"{number} {told.direction}"
    if alone and feature:
        return f"{amount} ends it" if holds else f"needs {amount}"
    return f"{amount} of {of} ends it" if holds else f"{of} needs {amount}"
