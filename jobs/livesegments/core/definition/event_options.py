"""Reading the options that every feature over events takes: `items`, `since`, calendar windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from livesegments.core.cells import CalendarWindow
from livesegments.core.cells.calendar import UNITS
from livesegments.core.cells.calendar_windows import calendar_window
from livesegments.core.conditions import ConditionError, Node, canonical, compile_condition, names, parse
from livesegments.core.definition.document import Document, Path
from livesegments.core.definition.options import read_choice, read_text, read_whole, selector_texts
from livesegments.core.items import ItemFilter
from livesegments.core.selection import Selector, parse_path
from livesegments.core.times import duration_ms, time_of_date

__all__ = ["read_calendar", "read_items", "read_since"]

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


def read_since(
    document: Document, mapping: dict[str, Any], path: Path, selectors: Sequence[Sequence[str]]
) -> Selector | None:
    """Give the selector of `since`, None without one; `selectors` are the texts of those that the feature counts."""
    if mapping.get("since") is None:
        return None
    path = (*path, "since")
    found = mapping["since"]
    if _is_duration(found):
        expected = f"an event, as in since: Order Completed; a span of time is `within: {found}`"
        document.problem(path, f'expected {expected}, found "{found}"')
        return None
    named = selector_texts(document, found, path)
    date = next((text for text in named if time_of_date(text) is not None), None)
    if date is not None:
        expected = "an event, as in since: Order Completed; events are counted since an event, and not since a date"
        document.problem(path, f'expected {expected}, found the date "{date}"')
        return None
    since = Selector(named)
    for texts in selectors:
        if texts and all(since.covers(text) for text in texts):
            what = " or ".join(texts)
            document.problem(path, f"nothing is ever counted: no {what} is later than the newest of {_named(since)}")
    return since


def read_calendar(document: Document, mapping: dict[str, Any], path: Path, zone: str, last_max: int) -> CalendarWindow:
    """Give the window of `within: {calendar: day, last: 7}`; at most `limits.samples` periods are kept."""
    value = mapping["within"]
    if "between" in mapping:
        document.problem(path, "expected `within` or `between`, found both")
    path = (*path, "within")
    document.unknown_keys(value, ("calendar", "last"), path, "key of a calendar window")
    unit = read_choice(document, value.get("calendar"), (*path, "calendar"), UNITS, "day")
    last = value.get("last", 1)
    if isinstance(last, int) and not isinstance(last, bool) and last > last_max:
        more = "a longer unit of the calendar, or a greater `limits.samples`"
        document.problem((*path, "last"), f"expected at most {last_max} (`limits.samples`), found {last}: use {more}")
        last = last_max
    last = read_whole(document, last, (*path, "last"), 1, 1, last_max)
    return calendar_window(unit, last, zone)


def _named(since: Selector) -> str:
    return " or ".join(since.texts)


def _is_duration(value: Any) -> bool:
    try:
        return isinstance(value, str) and duration_ms(value) > 0
    except ValueError:
        return False
