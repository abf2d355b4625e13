"""Why nothing of an input could be read, in one sentence: what the first event that is none looks like."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from livesegments.core.errors import BadEvent, LivesegmentsError
from livesegments.core.events import decode
from livesegments.files.glued import glued_objects
from livesegments.files.lines import EventLines
from livesegments.files.shapes import convert_hint

__all__ = ["why_nothing_was_read"]

_PRODUCTS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("Google Analytics 4 (BigQuery export)", ("event_name", "event_timestamp"), "ga4.sql"),
    ("Snowplow", ("collector_tstamp", "event_id"), "snowplow.sql"),
    ("Shopify (an order)", ("line_items", "created_at"), "shopify.sql"),
    ("Debezium", ("before", "after", "op"), "debezium.sql"),
    ("Debezium", ("schema", "payload.op"), "debezium.sql"),
    ("Amplitude", ("event_type", "event_properties"), ""),
    ("Mixpanel", ("event", "properties.distinct_id"), ""),
    ("PostHog", ("event", "distinct_id"), ""),
    ("CloudEvents", ("specversion", "source"), ""),
    ("Jitsu (before version 2)", ("event_type", "utc_time"), ""),
    ("Klaviyo", ("data.attributes.metric",), ""),
    ("Klaviyo", ("attributes.event_properties",), ""),
    ("Google Analytics 4 (Measurement Protocol)", ("client_id", "events"), ""),
    ("a warehouse table of Segment or RudderStack", ("received_at", "anonymous_id"), ""),
    ("a warehouse table of Segment or RudderStack", ("received_at", "user_id"), ""),
)
# What wraps an event: where it stands, and how it comes without.
_WRAPPED: tuple[tuple[str, str, str], ...] = (
    ("payload", "Kafka Connect's JsonConverter", "set schemas.enable=false on it"),
    ("message", "RudderStack's transformer", "send what stands in `message`"),
    ("data", "CloudEvents", "send what stands in `data`"),
    ("value", "a console consumer or a REST proxy", "send what stands in `value`"),
    ("body", "a queue", "send what stands in `body`"),
)
_SNAKE = {"user_id": "userId", "anonymous_id": "anonymousId", "message_id": "messageId"}
_PAGE = "jobs/docs/events-of-any-shape.md"
_SEPARATORS = ",;\t|"
_PYTHON = re.compile(r"\{\s*'")
_BARE_KEY = re.compile(r"\{\s*[A-Za-z_]\w*\s*:")
_BEFORE = re.compile(r'([^{"]{1,80})\{\s*"')  # `data: ` of an event stream, or the time of a log


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
        return _no_json(path, line, error)
    if isinstance(value, list):
        return f"required an event, found a JSON array; make lines of it first: {convert_hint(path)}"
    if isinstance(value, str) and value.lstrip().startswith("{"):
        return "required a JSON object, found one inside a text: what made the file encoded the event twice"
    if not isinstance(value, dict):
        return f"required a JSON object, found {line[:40].decode('utf-8', 'replace')}"
    if isinstance(value.get("batch"), list) and "type" not in value:
        return f"required an event, found a batch of {len(value['batch']):,}; take it apart first: {convert_hint(path)}"
    return _wrapped(value) or _product(value) or _in_snake_case(value) or error.message


def _wrapped(value: dict[str, Any]) -> str:
    """Tell of an event, or a list of them, that stands inside of another object."""
    if isinstance(value.get("type"), str) and "userId" in value:
        return ""
    for field, who, advice in _WRAPPED:
        if _is_event(value.get(field)):
            return f"required an event, found one inside of `{field}`, as {who} writes it: {advice}"
    for field, found in value.items():
        if isinstance(found, list) and found and all(map(_is_event, found[:3])):
            what = f"required one event per line, found a list of {len(found):,} at `{field}`"
            return f"{what}; jq -c '.{field}[]' makes lines of it"
    return ""


def _is_event(value: Any) -> bool:
    return (
        isinstance(value, dict) and isinstance(value.get("type"), str) and ("userId" in value or "anonymousId" in value)
    )


def _in_snake_case(value: dict[str, Any]) -> str:
    found = next((name for name, camel in _SNAKE.items() if name in value and camel not in value), None)
    if found is None or "userId" in value or "anonymousId" in value:
        return ""
    wanted = f"required the names of the Segment Spec, such as `{_SNAKE[found]}`"
    return f"{wanted}, found `{found}`; a view in SQL renames them, see {_PAGE}"


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


def _no_json(path: Path, line: bytes, error: BadEvent) -> str:
    text = line[:200].decode("utf-8", "replace")
    objects = glued_objects(line)
    if objects:
        found = (
            f"{len(objects):,} JSON objects on one line" if len(objects) > 1 else "a JSON object with more beside it"
        )
        return f"required one event per line, found {found}; make lines of it first: {convert_hint(path)}"
    if _PYTHON.match(text):
        return "required JSON, found single quotes, as Python prints a dict; json.dumps writes JSON"
    if _BARE_KEY.match(text):
        return "required JSON, found names without quotes, as in JavaScript; JSON.stringify writes JSON"
    before = _BEFORE.match(text)
    if before is not None:
        return f"required an event alone on its line, found {before[1]!r} before it; take that off, such as with sed"
    if not text.startswith("{") and any(text.count(sign) >= 2 for sign in _SEPARATORS):
        return "required JSON, found what looks like CSV; flink-conf/edges/csv.sql makes events of it"
    return error.message
