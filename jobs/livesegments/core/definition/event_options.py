"""Reading the options that every feature over events takes: `items`."""

from __future__ import annotations

from typing import Any

from livesegments.core.conditions import ConditionError, Node, canonical, compile_condition, names, parse
from livesegments.core.definition.document import Document, Path
from livesegments.core.definition.options import read_text
from livesegments.core.items import ItemFilter
from livesegments.core.selection import parse_path

__all__ = ["read_items"]

_FIELDS = ("products.", "properties.products.", "$.properties.products.")


def read_items(document: Document, mapping: dict[str, Any], path: Path) -> tuple[ItemFilter | None, Any]:
    """Give the condition on items of a feature's mapping, and what it means; None and None without one."""
    text = mapping.get("items")
    if text is None:
        return None, None
    path = (*path, "items")
    try:
        node = parse(
            read_text(document, text, path, "a condition on an item, such as 'category == \"shoes\"'"), paths=True
        )
    except ConditionError as error:
        if isinstance(text, str) and text:
            document.problem(path, f"{error.message}, at column {error.column} of: {text}")
        return None, None
    _check_fields(document, path, node)
    slots = {name: slot for slot, name in enumerate(names(node))}
    return ItemFilter(compile_condition(node, slots), [parse_path(name) for name in slots]), canonical(node)


def _check_fields(document: Document, path: Path, node: Node) -> None:
    for name in names(node):
        field = next((name.removeprefix(begin) for begin in _FIELDS if name.startswith(begin)), None)
        if field is not None:
            document.problem(path, f"fields of an item are named as they are: write {field} for {name}")
        elif name.startswith(("context.", "traits.", "properties.")):
            document.problem(path, f"`items` reads fields of an item: put a condition on {name} into `where`")
