"""String literals of CEL: quotes and escapes."""

from __future__ import annotations

import re

__all__ = ["BadEscapeError", "decode"]

_ESCAPE = re.compile(r"\\(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([\s\S]))")
_SIMPLE = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    "?": "?",
    '"': '"',
    "'": "'",
    "`": "`",
}


class BadEscapeError(ValueError):
    """An escape that CEL does not know; `offset` is where it begins in the literal."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


def decode(literal: str) -> str:
    """Read a literal with its quotes, as in the CEL specification; raises BadEscapeError.

    >>> decode(r"'caf\\u00e9'")
    'café'
    """
    return _ESCAPE.sub(_character, literal)[1:-1] if "\\" in literal else literal[1:-1]


def _character(escape: re.Match[str]) -> str:
    two, four, eight, octal, other = escape.groups()
    if other is not None:
        if other not in _SIMPLE:
            raise BadEscapeError(f"unknown escape \\{other}", escape.start())
        return _SIMPLE[other]
    code = int(octal, 8) if octal else int(two or four or eight, 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise BadEscapeError(f"{escape.group()} is no character", escape.start())
    return chr(code)
