"""How changes, reasons and values are put into words and links."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec

from livesegments.serve.page.elements import Part, code, link, text, time
from livesegments.serve.segments import Segments

__all__ = ["cause_word", "change_row", "clause_parts", "reason_parts", "segment_path", "shown", "user_path"]

_SIGNS = {"entered": ("+", "ls-in"), "exited": ("−", "ls-out")}
_CAUSES = {"time": "time passed", "model": "a newer model", "definition": "a new definition", "identity": "a visitor"}
_ANSWERS = {True: ("✓ ", "ls-holds"), False: ("✗ ", "ls-fails"), None: ("? ", "ls-unknown")}
_SHOWN_MAX = 200


def user_path(user_id: str) -> str:
    """Give the address of a user's page."""
    return f"/users/{quote(user_id, safe='')}"


def segment_path(name: str) -> str:
    """Give the address of a segment's page."""
    return f"/segments/{quote(name, safe='')}"


def shown(value: Any) -> str:
    """Write a value of a feature for people, cut where it is long."""
    if value is None:
        return "nothing"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1_000_000 else f"{value:,.0f}"
    if isinstance(value, list):
        return ", ".join(map(shown, value))[:_SHOWN_MAX] or "none"
    found = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return found if len(found) <= _SHOWN_MAX else found[:_SHOWN_MAX] + "…"


def clause_parts(clauses: list[dict[str, Any]], user_id: str, segments: Segments) -> list[Part]:
    """Write clauses with their values; each value leads to what it belongs to."""
    parts: list[Part] = []
    for clause in clauses:
        word, mark = _ANSWERS[clause.get("holds")]
        parts += [text(word, mark), code(clause.get("clause", ""))]
        for name, value in (clause.get("values") or {}).items():
            path = segment_path(name) if segments.is_defined(name) else f"{user_path(user_id)}#feature-{quote(name)}"
            parts.append(link(f"{name} = {shown(value)}", path, "ls-value"))
        parts.append(text("", "ls-break"))
    return parts[:-1]


def cause_word(cause: dict[str, Any]) -> str:
    """Say what brought a change about: the name of an event, or that time passed."""
    kind = str(cause.get("kind"))
    return str(cause.get("event") or cause.get("type") or kind) if kind == "event" else _CAUSES.get(kind, kind)


def reason_parts(record: dict[str, Any], segments: Segments) -> list[Part]:
    """Say why a change came about."""
    found = record.get("data") or {}
    user = str(found.get("user_id"))
    parts = [text(cause_word(found.get("cause") or {}), "ls-cause")]
    if "clustering" in found:
        moved = "the user moved" if found.get("moved") == "user_moved" else "the model moved"
        parts.append(text(f"{moved}, was in {found.get('before') or 'none'}"))
        values = [{"clause": "", "values": {name: value}} for name, value in (found.get("values") or {}).items()]
        return parts + [part for part in clause_parts(values, user, segments) if part.get("c") == "ls-value"]
    return parts + clause_parts(segments.reasons.of(found), user, segments)


def change_row(number: int, record: bytes, segments: Segments) -> dict[str, Any]:
    """Give a row of a table of changes: time, user, what, why."""
    told = msgspec.json.decode(record, type=dict)
    found = told.get("data") or {}
    user = str(found.get("user_id"))
    return {
        "key": number,
        "time": [time(told.get("time"))],
        "user": [link(user, user_path(user))],
        "what": _what(found, segments),
        "why": reason_parts(told, segments),
    }


def _what(found: dict[str, Any], segments: Segments) -> list[Part]:
    if "clustering" in found:
        return [text("→ ", "ls-move"), link(f"{found['clustering']}: {found.get('after') or 'none'}", "/clusters")]
    sign, kind = _SIGNS.get(str(found.get("change")), ("→", "ls-move"))
    name = str(found.get("segment"))
    return [text(f"{sign} ", kind, str(found.get("change"))), link(segments.title(name), segment_path(name))]
