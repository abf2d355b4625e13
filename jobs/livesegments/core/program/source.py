"""Generated Python: lines put together, the objects that they name, and the function that comes of it."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterable, Mapping
from typing import Any

__all__ = ["Source", "indented"]

_SHOWN_MAX = 1_000
_shown: dict[str, None] = {}  # the files that linecache has of us, the oldest first


class Source:
    """One generated function. It holds nothing of the user's but checked literals, positions and bound objects."""

    def __init__(self, known: Mapping[str, Any]) -> None:
        self._names: dict[str, Any] = dict(known)
        self._bound: dict[tuple[int, str], str] = {}
        self.text = ""

    def bind(self, found: Any, hint: str) -> str:
        """Give the name under which the code finds an object; the same object has one name."""
        key = (id(found.__self__), found.__name__) if hasattr(found, "__self__") else (id(found), hint)
        name = self._bound.get(key)
        if name is None:
            name = self._bound[key] = f"{hint}_{len(self._bound)}"
            self._names[name] = found
        return name

    def function(self, title: str, head: str, lines: Iterable[str]) -> Callable[..., Any]:
        """Compile the body of `def work(head)`; errors and profiles show it under its title."""
        self.text = f"def work({head}):\n" + "\n".join(indented(lines)) + "\n"
        file = f"<livesegments {ascii(title)[1:-1]}>"  # an event may have any name, also one with a zero character
        exec(compile(self.text, file, "exec"), self._names)
        _show(file, self.text)
        work: Callable[..., Any] = self._names["work"]
        return work


def _show(file: str, text: str) -> None:
    """Let tracebacks show the lines of a function, of as many functions as are kept."""
    _shown.pop(file, None)
    _shown[file] = None
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    if len(_shown) > _SHOWN_MAX:
        oldest = next(iter(_shown))
        del _shown[oldest]
        linecache.cache.pop(oldest, None)


def indented(lines: Iterable[str]) -> list[str]:
    """Give the lines four spaces further in."""
    return ["    " + line for line in lines]
