"""A change in one line, for people."""

from __future__ import annotations

from typing import Any

__all__ = ["change_line"]

_ANSWERS = {False: "not ", None: "unknown: "}  # of a clause below a `!`, or beside another of an `||`
_SIGNS = {"entered": "+", "exited": "-", "erased": "x", "merged": "x"}


def change_line(record: dict[str, Any]) -> str:
    """Tell a change in one line: when, who, what and why; takes any decoded record, also one with parts missing."""
    data = record.get("data") or {}
    when = str(record.get("time"))[:19].replace("T", " ")
    return f"{when}  {data.get('user_id')!s:<10} {_what(record, data):<32} {_why(data)}".rstrip()


def _what(record: dict[str, Any], data: dict[str, Any]) -> str:
    if clustering := data.get("clustering"):
        return f"> {clustering}: {data.get('after') or 'none'}"
    change = str(data.get("change") or record.get("type"))
    if change == "merged":
        return f"{_SIGNS[change]} merged into {data.get('into')}"
    return f"{_SIGNS.get(change, '>')} {data.get('segment') or change}"


def _why(data: dict[str, Any]) -> str:
    cause = data.get("cause") or {}
    if "clustering" in data:
        values = ", ".join(f"{name} = {_short(value)}" for name, value in (data.get("values") or {}).items())
        moved = str(data.get("moved")).replace("_", " ")
        return f"{cause.get('event') or cause.get('kind')}: {moved}, was in {data.get('before') or 'none'} [{values}]"
    clauses = []
    for part in data.get("because") or []:
        values = ", ".join(f"{name} = {_short(value)}" for name, value in part["values"].items())
        clauses.append(f"{_ANSWERS.get(part.get('holds'), '')}{part['clause']} [{values}]")
    return f"{cause.get('event') or cause.get('kind')}: {'; '.join(clauses)}".removesuffix(": ")


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
