"""Why nothing of an input could be read, in one sentence: what the first event that is none looks like."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from livesegments.core.errors import BadEvent, LivesegmentsError
from livesegments.core.events import decode
from livesegments.files.lines import EventLines
from livesegments.files.shapes import convert_hint

__all__ = ["why_nothing_was_read"]

_PRODUCTS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("Google Analytics 4 (BigQuery export)", ("event_name", "event_timestamp"), "ga4.sql"),
    ("Snowplow", ("collector_tstamp", "event_id"), "snowplow.sql"),
    ("Shopify (an order)", ("line_items", "created_at"), "shopify.sql"),
    ("Debezium", ("before", "after", "op"), "debezium.sql"),
    ("Debezium", ("schema", "payload"), "debezium.sql"),
    ("Amplitude", ("event_type", "event_properties"), ""),
    ("Mixpanel", ("event", "properties.distinct_id"), ""),
    ("PostHog", ("event", "distinct_id"), ""),
    ("CloudEvents", ("specversion", "source"), ""),
)
_PAGE = "jobs/docs/events-of-any-shape.md"
_SEPARATORS = ",;\t|"


def why_nothing_was_read(path: Path, dead_letters: str) -> str:
    """Give one sentence with file and line; `dead_letters` says where the events and their reasons are, or can be.

    Reads up to the first event that cannot be read.
    """
    if not path.is_dir() and not path.is_file():  # a pipe, read once already
        return f"nothing could be read of {path}. {dead_letters}"
    try:
        lines = EventLines(path)
        for line in lines:
            line = line.strip()
            if not line:
                continue
            try:
                decode(line)
            except BadEvent as error:
                return f"nothing could be read: {lines.place}: {_what(path, line, error)}. {dead_letters}"
    except LivesegmentsError as error:
        return f"nothing could be read: {error}. {dead_letters}"
    return f"nothing could be read of {path}. {dead_letters}"


def _what(path: Path, line: bytes, error: BadEvent) -> str:
    try:
        value = msgspec.json.decode(line)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _no_json(line, error)
    if isinstance(value, list):
        return f"required an event, found a JSON array; make lines of it first: {convert_hint(path)}"
    if not isinstance(value, dict):
        return f"required a JSON object, found {line[:40].decode('utf-8', 'replace')}"
    if isinstance(value.get("batch"), list):
        return f"required an event, found a batch of {len(value['batch']):,}; take it apart first: {convert_hint(path)}"
    product = _product(value)
    if product:
        return product
    return error.message


def _product(value: dict[str, Any]) -> str:
    for name, fields, edge in _PRODUCTS:
        if all(_has(value, field) for field in fields) and not isinstance(value.get("type"), str):
            way = f"flink-conf/edges/{edge} reads them" if edge else "a view in SQL makes events of them"
            return f"required an event of the Segment Spec, found one of {name}; {way}, see {_PAGE}"
    return ""


def _has(value: Any, field: str) -> bool:
    for part in field.split("."):
        if not isinstance(value, dict) or part not in value:
            return False
        value = value[part]
    return True


def _no_json(line: bytes, error: BadEvent) -> str:
    text = line[:200].decode("utf-8", "replace")
    if not text.startswith("{") and any(text.count(sign) >= 2 for sign in _SEPARATORS):
        return "required JSON, found what looks like CSV; flink-conf/edges/csv.sql makes events of it"
    return error.message
