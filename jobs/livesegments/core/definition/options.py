"""Reading one option of the definition file: durations, numbers, selectors, paths; mistakes are noted, not raised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from livesegments.core.cells.windows import Window
from livesegments.core.conditions import ConditionError, Node, parse
from livesegments.core.definition.document import Document, Path, describe, near
from livesegments.core.definition.duration_hints import duration_hint
from livesegments.core.selection import Path as EventPath
from livesegments.core.selection import parse_path
from livesegments.core.times import duration_ms

__all__ = [
    "read_between",
    "read_choice",
    "read_condition",
    "read_duration",
    "read_label",
    "read_of",
    "read_text",
    "read_whole",
    "read_window",
    "selector_texts",
]

Choice = TypeVar("Choice", bound=str)
_QUOTES_OF_PRINT = "“”„«»‘’‚\u00a0\u200b\ufeff"


def read_duration(document: Document, value: Any, path: Path, default_ms: int) -> int:
    """Give a duration in milliseconds; 0 only where it is the default."""
    if value is None or (default_ms == 0 and value in (0, "0", "0s")):
        return default_ms
    try:
        return duration_ms(value if isinstance(value, str) else str(value))
    except ValueError as error:
        hint = duration_hint(str(value), calendar=path[-1] == "within" and path[0] == "features")
        document.problem(path, f"{error}{hint}")
        return default_ms


def read_whole(document: Document, value: Any, path: Path, default: int, least: int, most: int) -> int:
    """Give a whole number within bounds."""
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        document.problem(path, f"expected a whole number from {least} to {most}, found {describe(value)}")
        return default
    return value


def read_text(document: Document, value: Any, path: Path, what: str) -> str:
    """Give a text that is not empty."""
    if isinstance(value, str) and value:
        return value
    document.problem(path, f"expected {what}, found {describe(value)}")
    return ""


def read_choice(document: Document, value: Any, path: Path, choices: Sequence[Choice], default: Choice) -> Choice:
    """Give one of some texts."""
    for choice in choices:
        if value == choice:
            return choice
    suggestion = near(value, choices) if isinstance(value, str) else ""
    document.problem(path, f"expected one of {', '.join(choices)}, found {describe(value)}{suggestion}")
    return default


def read_condition(document: Document, text: Any, path: Path) -> Node | None:
    """Give a condition, parsed; YAML's own `true` and `false` are conditions."""
    if isinstance(text, bool):
        text = str(text).lower()
    try:
        return parse(read_text(document, text, path, "a condition"))
    except ConditionError as error:
        if isinstance(text, str) and text:
            document.problem(path, f"{error.message}, at column {error.column} of: {text}")
        return None


def read_label(document: Document, value: dict[str, Any], key: str, path: Path) -> str:
    """Give a text for people, empty where the key is absent."""
    return read_text(document, value[key], (*path, key), "a text") if key in value else ""


def read_window(document: Document, spec: dict[str, Any], path: Path) -> Window | None:
    """Give the window of `within` or `between`, or None for the lifetime."""
    if "within" in spec and "between" in spec:
        document.problem(path, "expected `within` or `between`, found both")
    if "between" in spec:
        return read_between(document, spec["between"], (*path, "between"))
    if "within" in spec:
        return Window(far_ms=read_duration(document, spec["within"] or "", (*path, "within"), 1))
    return None


def read_between(document: Document, value: Any, path: Path) -> Window | None:
    """Give the window of `between: [far, near]`."""
    if not isinstance(value, list) or len(value) != 2:
        hint = ": a window of the calendar is `within: {calendar: day, last: 7}`" if isinstance(value, dict) else ""
        document.problem(path, f"expected two durations such as [90d, 30d], found {describe(value)}{hint}")
        return None
    far_ms = read_duration(document, value[0], (*path, 0), 2)
    near_ms = read_duration(document, value[1], (*path, 1), 1)
    if far_ms <= near_ms:
        document.problem(path, f"expected the longer duration first, as in [90d, 30d], found [{value[0]}, {value[1]}]")
        return None
    return Window(far_ms=far_ms, near_ms=near_ms)


def selector_texts(document: Document, value: Any, path: Path) -> list[str]:
    """Give SEL as a list of texts: an event name, a list of names, page, screen, identify, a prefix, or '*'."""
    texts = value if isinstance(value, list) else [value]
    good = [text for text in texts if isinstance(text, str) and text and "*" not in text[:-1]]
    if not texts or len(good) < len(texts):
        expected = "an event name, a list of names, page, screen, identify, a prefix such as 'Email *', or '*'"
        document.problem(path, f"expected {expected}, found {describe(value)}")
    for text in good:
        plain = text.strip(_QUOTES_OF_PRINT + " ")
        if plain != text and plain:
            document.warning(
                path, f"the event name is {text!r}, with all its signs and spaces; did you mean {plain!r}?"
            )
    return good


def read_of(document: Document, value: Any, path: Path) -> list[EventPath]:
    """Give `of`: one path or a list of paths, of which the first present counts."""
    paths = []
    for text in value if isinstance(value, list) else [value]:
        try:
            paths.append(parse_path(text if isinstance(text, str) else ""))
        except ValueError:
            expected = "a path such as revenue, products.brand or context.device.type"
            document.problem(path, f"expected {expected}, found {describe(text)}")
    return paths
