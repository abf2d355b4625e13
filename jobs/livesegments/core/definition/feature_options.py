"""One feature's mapping as its builder reads it: typed options, window and selection, mistakes noted."""

from __future__ import annotations

from typing import Any

from livesegments.core.cells import Window
from livesegments.core.conditions import ConditionError, canonical, compile_condition, names, parse
from livesegments.core.definition.document import Document, Path
from livesegments.core.definition.event_options import read_calendar, read_items
from livesegments.core.definition.limits import Limits
from livesegments.core.definition.options import (
    read_choice,
    read_duration,
    read_of,
    read_text,
    read_whole,
    read_window,
    selector_texts,
)
from livesegments.core.selection import Path as EventPath
from livesegments.core.selection import Selection, Selector, parse_path
from livesegments.core.times import DAY_MS

__all__ = ["Spec", "read_selection"]


class Spec:
    """One feature's mapping with what its builder needs: typed access to the options, mistakes noted."""

    def __init__(
        self, document: Document, name: str, kind: str, mapping: dict[str, Any], limits: Limits, zone: str
    ) -> None:
        self.document = document
        self.name = name
        self.kind = kind
        self.mapping = mapping
        self.limits = limits
        self.zone = zone
        self.path: Path = ("features", name)
        self.content: dict[str, Any] = {"kind": kind}
        self.window = self._read_window()

    def _read_window(self) -> Window | None:
        """Give the window; what it means goes into the content."""
        if isinstance(self.mapping.get("within"), dict):
            periods = read_calendar(self.document, self.mapping, self.path, self.zone, self.limits.samples)
            self.content["window"] = {"calendar": periods.unit, "last": periods.last, "timezone": self.zone}
            return periods
        window = read_window(self.document, self.mapping, self.path)
        if window is not None:
            self.content["window"] = window.content
        return window

    @property
    def subject(self) -> Any:
        """Give what stands behind the kind: the selector, the trait, the measure."""
        return self.mapping[self.kind]

    def duration(self, option: str, default_ms: int | None) -> int:
        if option not in self.mapping and default_ms is None:
            self.document.problem(self.path, f"expected `{option}: DURATION`, found nothing")
        value = read_duration(self.document, self.mapping.get(option), (*self.path, option), default_ms or DAY_MS)
        self.content[option] = value
        return value

    def whole(self, option: str, default: int, most: int) -> int:
        value = read_whole(self.document, self.mapping.get(option), (*self.path, option), default, 1, most)
        self.content[option] = value
        return value

    def choice(self, value: Any, choices: tuple[str, ...], path: Path) -> str:
        return read_choice(self.document, value, path, choices, choices[0])

    def selection(self, *, of: bool = False, subject: Any = None, path: Path | None = None) -> Selection:
        """Give the selection of the subject, or of a given one, with `where` and (when asked for) `of`."""
        subject = self.subject if subject is None else subject
        texts = selector_texts(self.document, subject, path or (*self.path, self.kind))
        self.content.setdefault("selectors", []).append(sorted(texts))
        return self.selection_of(Selector(texts), sorted(texts), self._of(required=of))

    def selection_of(self, selector: Selector, meaning: Any, paths: list[EventPath]) -> Selection:
        """Give the selection of a selector, whose meaning is plain data, with `where` and `items`."""
        selection, where = read_selection(self.document, selector, paths, self.mapping, self.path)
        if where is not None:
            self.content["where"] = where
        selection.content = [meaning, [list(path) for path in paths], where]
        selection.items, items = read_items(self.document, self.mapping, self.path)
        if items is not None:
            self.content["items"] = items
            selection.content.append(["items", items])
        return selection

    def _of(self, *, required: bool) -> list[EventPath]:
        if "of" not in self.mapping:
            if required:
                self.document.problem(
                    self.path, f"`{self.kind}` expected `of: PATH` such as of: revenue, found nothing"
                )
            return []
        paths = read_of(self.document, self.mapping["of"], (*self.path, "of"))
        self.content["of"] = [list(path) for path in paths]
        return paths


def read_selection(
    document: Document, selector: Selector, paths: list[EventPath], mapping: dict[str, Any], path: Path
) -> tuple[Selection, Any]:
    """Give the selection of a selector with the `where` of a mapping, and what `where` means, None without one."""
    text = mapping.get("where")
    if text is None:
        return Selection(selector, paths), None
    path = (*path, "where")
    try:
        node = parse(read_text(document, text, path, "a condition"), paths=True)
    except ConditionError as error:
        if text:
            document.problem(path, f"{error.message}, at column {error.column} of: {text}")
        return Selection(selector, paths), None
    slots = {name: slot for slot, name in enumerate(names(node))}
    condition = compile_condition(node, slots)
    return Selection(selector, paths, condition, [parse_path(name) for name in slots]), canonical(node)
