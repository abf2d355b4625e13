"""What is probably wrong, where a file is no YAML: the parser's words are about tokens."""

from __future__ import annotations

__all__ = ["yaml_hint"]

_HINTS = {
    "'\\t'": "indent with spaces, not with tabs",
    "mapping values are not allowed": "put a text with a colon between single quotes, as in when: 'a ? b : c'",
    "expected ',' or '}'": "close the bracket: { ... }",
    "expected ',' or ']'": "close the bracket: [ ... ]",
    "could not find expected ':'": "behind each key stand a colon and a space",
    "but found '<scalar>'": "within single quotes write texts with double ones, as in when: 'country == \"DE\"'",
    "but found '<block mapping start>'": "keys of one level begin in the same column",
    "but found ('{',)": "these look like events; a definition has sections such as features: and segments:",
}


def yaml_hint(problem: str) -> str:
    """Give what to do about a problem of the parser, behind a semicolon; or nothing.

    >>> yaml_hint("found character '\\\\t' that cannot start any token")
    '; indent with spaces, not with tabs'
    """
    return next((f"; {hint}" for words, hint in _HINTS.items() if words in problem), "")
