"""Which events a feature is about, and which values it reads from them."""

from functools import lru_cache
from typing import Any

from oracle.definition import Feature
from oracle.evaluation import is_met
from oracle.expressions import parse
from oracle.lines import Event, as_number

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


def passes(event: Event, feature: Feature) -> bool:
    """Say whether an event passes `where`; an unknown answer does not."""
    where = feature.options.get("where")
    return where is None or is_met(parse(where), lambda path: where_value(event, path))


def where_value(event: Event, path: str) -> Any:
    """Give what a name inside `where` stands for: a list if the path leads through one, else the value or null."""
    found, through_list = walk(*root(event, path))
    if through_list:
        return found
    return found[0] if found else None


def of_values(event: Event, paths: list[str], numbers: bool = False) -> list[Any]:
    """Give the values of the first path that is present, skipping objects; one per item of a list.

    Where numbers are asked for, an empty text is not present, and a text that is wholly a number is one.
    """
    for path in paths:
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
    return tuple(path.split("."))


def walk(value: Any, path: tuple[str, ...]) -> tuple[list[Any], bool]:
    """Follow a path; gives the values that are not null, and whether a list lay on the way."""
    if isinstance(value, list):
        return [found for item in value for found in walk(item, path)[0]], True
    if not path:
        return ([] if value is None else [value]), False
    if isinstance(value, dict):
        return walk(value.get(path[0]), path[1:])
    return [], False
