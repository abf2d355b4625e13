"""JSON objects that stand on one line: with commas, the mark of RFC 7464 or nothing between them."""

from __future__ import annotations

import json

__all__ = ["glued_objects"]

_BETWEEN = " \t\r\n,;\0\x1e\x85\u2028\u2029\ufeff"
_read = json.JSONDecoder(strict=False).raw_decode


def glued_objects(line: bytes) -> list[bytes]:
    """Give the objects of a line that is no JSON as a whole; none where anything else stands on it.

    >>> glued_objects(b'{"a": 1}{"b": 2},')
    [b'{"a": 1}', b'{"b": 2}']
    >>> glued_objects(b'INFO {"a": 1}')
    []
    """
    text = line.decode("utf-8", "surrogateescape").strip(_BETWEEN)
    objects = []
    while text:
        if not text.startswith("{"):
            return []
        try:
            end = _read(text)[1]
        except (ValueError, RecursionError):
            return []
        objects.append(text[:end].encode("utf-8", "surrogateescape"))
        text = text[end:].lstrip(_BETWEEN)
    return objects
