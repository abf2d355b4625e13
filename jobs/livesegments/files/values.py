"""JSON values one after the other out of a stream: those of one array, or of objects on as many lines as they like."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

from livesegments.core.errors import EdgeError

__all__ = ["json_values"]

VALUE_BYTES_MAX = 64 << 20
_CHUNK = 1 << 16
# Up to the next bracket outside strings; a string that goes on beyond the buffer lets nothing match.
_BRACKET = re.compile(rb'(?:[^"{}\[\]]+|"[^"\\]*(?:\\.[^"\\]*)*")*+([{}\[\]])', re.DOTALL)
_LINE_END = re.compile(rb"\s*[\r\n]\s*")
_BETWEEN = b" \t\r\n,"


def json_values(source: io.BufferedReader, name: str) -> Iterator[bytes]:
    """Give each value of the one array that a text is, else each object of it, on one line.

    Holds one value at a time. Raises EdgeError when a value does not end, is over 64 MiB, or is followed by something
    that is no value.
    """
    reader = _Values(source, name)
    reader.enter_array()
    while (value := reader.next()) is not None:
        yield _LINE_END.sub(b" ", value)


class _Values:
    """A buffer of what is read but not given yet."""

    def __init__(self, source: io.BufferedReader, name: str) -> None:
        self.source = source
        self.name = name
        self.buffer = b""
        self.given = 0
        self.is_array = False

    def enter_array(self) -> None:
        """Pass the bracket of an array that is the whole text."""
        self._skip()
        if self.buffer.startswith(b"["):
            self.is_array = True
            self.buffer = self.buffer[1:]

    def next(self) -> bytes | None:
        """Give the next value, or None at the end."""
        self._skip()
        if not self.buffer:
            if self.is_array:
                raise self._problem("the end of the file before the end of the array")
            return None
        if self.is_array and self.buffer.startswith(b"]"):
            self.is_array = False
            self.buffer = self.buffer[1:]
            return self.next()
        if self.buffer[:1] not in b"{[":
            raise self._problem(repr(self.buffer[:40].decode("utf-8", "replace")))
        end = self._end()
        value, self.buffer = self.buffer[:end], self.buffer[end:]
        self.given += 1
        return value

    def _end(self) -> int:
        """Give where the value at the buffer's beginning ends; reads until it does."""
        depth = position = 0
        while True:
            while (bracket := _BRACKET.match(self.buffer, position)) is not None:
                position = bracket.end()
                depth += 1 if bracket[1] in b"{[" else -1
                if not depth:
                    return position
            if not self._more() or len(self.buffer) > VALUE_BYTES_MAX:
                raise self._problem("one that does not end")

    def _skip(self) -> None:
        """Drop what stands between values."""
        while True:
            self.buffer = self.buffer.lstrip(_BETWEEN)
            if self.buffer or not self._more():
                return

    def _more(self) -> bool:
        chunk = self.source.read1(_CHUNK)
        self.buffer += chunk
        return bool(chunk)

    def _problem(self, found: str) -> EdgeError:
        return EdgeError(f"{self.name}: required a JSON object as value {self.given + 1:,}, found {found}")
