"""Which events a feature is about, and which values it reads from them."""

import re
from dataclasses import replace
from functools import lru_cache
from typing import Any

from oracle.definition import Feature
from oracle.evaluation import is_met
from oracle.expressions import parse
from oracle.lines import Event, as_number
from oracle.profiles import Applied, Profile

SELECTED_TYPES = ("track", "page", "screen")


def matches(event: Event, selection: str | list[str]) -> bool:
    """Say whether an event is selected: a name, a list of names, a type, a prefix or `*`."""
    if not isinstance(selection, str):
        return any(matches(event, one) for one in selection)
    if selection == "*":
        return event.type in SELECTED_TYPES
    if selection in ("page", "screen", "identify"):
        return event.type == selection
    if selection.endswith("*"):
        return event.name is not None and event.name.startswith(selection[:-1])
    return event.name == selection


def newer(profile: Profile, feature: Feature) -> list[Applied]:
    """Give the applied events that `since` lets through: those later than the newest event of its selection."""
    if "since" not in feature.options:
        return profile.applied
    bounds = [one.order for one in profile.applied if matches(one.event, feature.options["since"])]
    return [one for one in profile.applied if not bounds or one.order > max(bounds)]


def passes(event: Event, feature: Feature) -> bool:
    """Say whether an event passes `where` and `items`; an unknown answer does not."""
    where = feature.options.get("where")
    holds = where is None or is_met(parse(where), lambda path: where_value(*root(event, path)))
    return holds and has_item(event, feature)


def has_item(event: Event, feature: Feature) -> bool:
    """Say whether the event has a product that `items` lets through; without `items` each event does."""
    return "items" not in feature.options or bool(chosen_items(event, feature))


def chosen_items(event: Event, feature: Feature) -> list[Any]:
    """Give the products for which `items` holds; the names in it are paths below the product."""
    condition = parse(feature.options["items"])

    def holds(item: Any) -> bool:
        return is_met(condition, lambda path: where_value(item, parts(path)))

    return [item for item in event.properties.get("products", []) if holds(item)]


def where_value(start: Any, path: tuple[str, ...]) -> Any:
    """Give what a name inside a condition stands for: a list if the path leads through one, else the value or null."""
    found, through_list = walk(start, path)
    if through_list:
        return found
    return found[0] if found else None


def by_values(event: Event, feature: Feature) -> list[Any]:
    """Give the values of `by` that can be compared, with their types: true is not 1."""
    found, _ = walk(*root(event, feature.options["by"]))
    return [(type(value).__name__, value) for value in found if isinstance(value, (str, float, bool))]


def of_values(event: Event, feature: Feature, numbers: bool = False) -> list[Any]:
    """Give the values of the first path that is present, skipping objects; one per item of a list.

    Where numbers are asked for, an empty text is not present, and a text that is wholly a number is one.
    """
    if "items" in feature.options:
        event = replace(event, properties={**event.properties, "products": chosen_items(event, feature)})
    for path in feature.paths or []:
        found, _ = walk(*root(event, path))
        if numbers:
            found = [as_number(value) for value in found if value != ""]
        if found:
            return [value for value in found if isinstance(value, (str, float, bool))]
    return []


def root(event: Event, path: str) -> tuple[Any, tuple[str, ...]]:
    first, *rest = parts(path)
    if rest and first in ("context", "traits"):
        return getattr(event, first), tuple(rest)
    return event.properties, (first, *rest)


@lru_cache(maxsize=1_000)
def parts(path: str) -> tuple[str, ...]:
    """Take a path apart at its dots; what stands in backquotes is one part."""
    return tuple(part.strip("`") for part in re.findall("`[^`]*`|[^.`]+", path))


def walk(value: Any, path: tuple[str, ...]) -> tuple[list[Any], bool]:
    """Follow a path; gives the values that are not null, and whether a list lay on the way."""
    if isinstance(value, list):
        return [found for item in value for found in walk(item, path)[0]], True
    if not path:
        return ([] if value is None else [value]), False
    if isinstance(value, dict):
        return walk(value.get(path[0]), path[1:])
    return [], False
