"""The page's own elements: tables and lines whose cells are texts, links and times in the reader's zone."""

from __future__ import annotations

from typing import Any

from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

__all__ = ["Column", "Line", "Part", "Rows", "code", "column", "link", "number", "share", "text", "time", "words"]

Part = dict[str, Any]
Column = dict[str, Any]


def text(value: object, kind: str = "", title: str | None = None) -> Part:
    """Give a part that is text."""
    return {"t": str(value), "c": kind} if title is None else {"t": str(value), "c": kind, "title": title}


def code(value: object) -> Part:
    """Give a part that is written as code."""
    return text(value, "ls-code")


def number(value: float | None, digits: int = 0) -> Part:
    """Give a part that is a number; a dash where there is none."""
    return text("–" if value is None else f"{value:,.{digits}f}")


def link(value: object, path: str, kind: str = "") -> Part:
    """Give a part that leads to another page of ours."""
    return {"t": str(value), "h": path, "c": kind}


def time(at: str | None) -> Part:
    """Give a part that is a time, shown in the reader's zone; a dash where there is none."""
    return text("–") if at is None else {"at": at}


def share(value: float | None) -> list[Part]:
    """Give a share as a bar and a number."""
    if value is None:
        return [text("–")]
    return [{"share": value, "t": f"{value:.1%}"}, text(f" {value:.1%}", "ls-share")]


def column(name: str, label: str, kind: str = "", *, sort: bool = False) -> Column:
    """Describe a column; `number` aligns it right, `wide` is hidden on phones."""
    return {"name": name, "label": label, "kind": kind, "sort": sort}


def words(tag: str, value: str) -> TextElement:
    """Make an element that holds only text, such as a heading: always text, never HTML."""
    return TextElement(tag=tag, text=value)


class Rows(Element, component="rows.js"):
    """A table; rows are kept by their `key`, so that focus stays where it is when others come."""

    def __init__(self, label: str, columns: list[Column], empty: str, *, compact: bool = False) -> None:
        """Make a table; on phones a compact one keeps its rows and hides `wide` columns, others become cards."""
        super().__init__()
        made = {"columns": columns, "rows": [], "line": [], "empty": empty, "label": label, "compact": compact}
        self._props.update(made)

    def show(self, rows: list[dict[str, Any]]) -> None:
        """Show these rows, each with its `key` and a list of parts for each column."""
        if rows != self._props["rows"]:
            self._props["rows"] = rows
            self.update()


class Line(Element, component="rows.js"):
    """A line of parts."""

    def __init__(self, *parts: Part) -> None:
        super().__init__()
        self._props.update({"columns": [], "rows": [], "line": list(parts), "empty": "", "label": ""})

    def show(self, *parts: Part) -> None:
        """Show these parts."""
        if list(parts) != self._props["line"]:
            self._props["line"] = list(parts)
            self.update()
