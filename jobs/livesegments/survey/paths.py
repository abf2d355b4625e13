"""The paths of one decoded event, each with the kind of value that stands there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

__all__ = ["Kind", "kind_of", "paths_of"]

Kind = Literal["number", "text", "number as text", "boolean", "null", "object", "list"]
_DEPTH_MAX = 6
_PAGE_NAMES = ("name", "category", "channel")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)


def paths_of(event: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Give each path that has a value, as a definition names it: below `properties`, `context.` or `traits.`.

    A path through a list gives one value per item.
    """
    properties = event.get("properties")
    if isinstance(properties, dict):
        yield from _below(properties, (), 0)
    if event.get("type") in ("page", "screen"):  # what stands beside `properties` counts as in them
        own = properties if isinstance(properties, dict) else {}
        yield from (((name,), event[name]) for name in _PAGE_NAMES if name in event and name not in own)
    context, traits = event.get("context"), event.get("traits")
    if isinstance(context, dict):
        yield from _below(context, ("context",), 0)
        if not traits and event.get("type") == "identify":  # where some libraries put them
            traits = context.get("traits")
    if isinstance(traits, dict):
        yield from _below(traits, ("traits",), 0)


def _below(value: Any, path: tuple[str, ...], depth: int) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict) and depth < _DEPTH_MAX:
        for name, below in value.items():
            yield from _below(below, (*path, name), depth + 1)
    elif isinstance(value, list) and depth < _DEPTH_MAX:
        for item in value:
            yield from _below(item, path, depth + 1)
    elif path:
        yield path, value


def kind_of(value: Any) -> Kind:
    """Give the kind of a value; a text that is wholly a JSON number is one of its own, an empty one is null.

    >>> [kind_of(value) for value in (59.8, "59.80", "$59.80", True)]
    ['number', 'number as text', 'text', 'boolean']
    """
    if value is None or value == "":
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "number as text" if _NUMBER.fullmatch(value) else "text"
    return "list" if isinstance(value, list) else "object"
