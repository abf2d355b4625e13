"""Features and their windows in words, from what the definition file says."""

from __future__ import annotations

from typing import Any

from livesegments.core.definition import Definition, FeatureSpec
from livesegments.core.definition.document import Document
from livesegments.core.times import DAY_MS, duration_ms

__all__ = ["about", "duration_words", "meaning", "window_words", "written_features"]

_UNITS_MS = (("day", DAY_MS), ("hour", 3_600_000), ("minute", 60_000), ("second", 1_000), ("millisecond", 1))
_WITHOUT_WINDOW = (
    *("trait", "first", "last", "recent", "days_since", "days_until", "days_since_change", "decayed"),
    *("value", "cluster", "prediction", "bucket"),
)
_NAMED_MAX = 3
_SESSIONS = {
    "count": "number of sessions",
    "average_duration": "average session duration in seconds",
    "pages": "pages in sessions",
    "average_pages": "pages per session",
    "days_since": "days since the last session",
}


def duration_words(time_ms: int) -> str:
    """Say a duration in the largest unit that fits evenly.

    >>> duration_words(90 * 86_400_000), duration_words(3_600_000)
    ('90 days', '1 hour')
    """
    unit, length_ms = next((unit, length_ms) for unit, length_ms in _UNITS_MS if not time_ms % length_ms)
    count = time_ms // length_ms
    return f"{count:,} {unit}{'' if count == 1 else 's'}"


def about(time_ms: int) -> str:
    """Say a duration with one decimal, in the largest unit of which there is at least one.

    >>> about(293_760_000), about(60_750_000), about(3_600_000), about(1)
    ('3.4 days', '16.9 hours', '1 hour', '1 millisecond')
    """
    unit, length_ms = next((part for part in _UNITS_MS if time_ms >= part[1]), _UNITS_MS[-1])
    text = f"{time_ms / length_ms:,.1f}".removesuffix(".0")
    return f"{text} {unit}{'' if text == '1' else 's'}"


def window_words(spec: FeatureSpec) -> str | None:
    """Say which events count, by their age; None where the kind takes no window."""
    if spec.kind in _WITHOUT_WINDOW:
        return None
    if "window" not in spec.content:
        return "all time"
    if isinstance(spec.content["window"], dict):
        return _calendar_words(**spec.content["window"])
    far_ms, near_ms = spec.content["window"]
    if near_ms is None:
        return f"last {duration_words(far_ms)}"
    far, near = duration_words(far_ms), duration_words(near_ms)
    number, unit = far.split()
    return f"{number if near.split()[1].rstrip('s') == unit.rstrip('s') else far} to {near} ago"


def _calendar_words(calendar: str, last: int, timezone: str) -> str:
    """Say which periods a window of the calendar holds.

    >>> _calendar_words("day", 1, "UTC"), _calendar_words("month", 3, "Europe/Berlin")
    ('this calendar day in UTC', 'last 3 calendar months, this one included, in Europe/Berlin')
    """
    shown = f"this calendar {calendar}" if last == 1 else f"last {last:,} calendar {calendar}s, this one included,"
    return f"{shown} in {timezone}"


def written_features(definition: Definition) -> dict[str, dict[str, Any]]:
    """Give each feature's mapping as it stands in the definition file."""
    features: dict[str, dict[str, Any]] = Document(definition.text, definition.file).value["features"]
    return features


def meaning(kind: str, written: dict[str, Any]) -> str:
    """Say what a feature computes, without its window; `written` is its mapping in the definition file."""
    where = f", where {written['where']}" if "where" in written else ""
    items = f", only items where {written['items']}" if "items" in written else ""
    since = f", since the last {_events(written['since'])}" if "since" in written else ""
    return _computed(kind, written[kind], written) + where + items + since


def _computed(kind: str, subject: Any, written: dict[str, Any]) -> str:
    match kind:
        case "count":
            return f"number of {_events(subject)}"
        case "ratio":
            return f"{_events(subject[0])} per {_events(subject[1])}"
        case "rate":
            return f"{_events(subject)} per {_duration(written['per'])}"
        case "days_since" if isinstance(subject, dict):
            return f"days since the date of trait {subject['trait']}"
        case "days_until":
            return f"days until the next anniversary of trait {subject['trait']}"
        case "days_since_change":
            return f"days since trait {subject} got its value"
        case "days_since":
            return f"days since the last {_events(subject)}"
        case "decayed":
            weight = f"{_values(written)} of {_events(subject)}" if "of" in written else _events(subject)
            return f"{weight}, halved every {_duration(written['half_life'])}"
        case "peak":
            return f"{written['by']} with most {_events(subject)}"
        case "peak_share":
            return f"share of the {written['by']} with most {_events(subject)}"
        case "session":
            gap = f", new after {_duration(written['gap'])}" if "gap" in written else ""
            return _SESSIONS[subject] + (f" of {_events(written['events'])}" if "events" in written else "") + gap
        case "trait" | "cluster" | "prediction":
            return f"{kind} {subject}"
        case "followed" | "unfollowed":
            return _pair(kind, subject, written)
        case "bucket":
            return f"0 to 99 by {subject} and the user id"
        case "value":
            return str(subject)
    return f"{_chosen(kind, written)} {_values(written)} of {_events(subject)}"


def _pair(kind: str, subject: Any, written: dict[str, Any]) -> str:
    first, second = map(_events, subject)
    same = f" of the same {written['by']}" if "by" in written else ""
    if kind == "followed":
        return f"number of {first} followed by {second}{same} in less than {_duration(written['in'])}"
    return f"number of {first} not followed by {second}{same}, from {_duration(written['after'])} on"


def _chosen(kind: str, written: dict[str, Any]) -> str:
    match kind:
        case "distinct":
            return "number of different"
        case "recent":
            return f"last {written.get('n', 20)}"
        case "top":
            return f"{written.get('n', 3)} most frequent"
        case "share":
            return f"share of {written['equals']} in" if written.get("equals") is not None else "share of the top"
        case "min" | "max":
            return {"min": "least", "max": "greatest"}[kind]
    return "sum of" if kind == "sum" else kind


def _events(selector: Any) -> str:
    texts = selector if isinstance(selector, list) else [selector]
    shown = ["any event" if text == "*" else str(text) for text in texts]
    if len(shown) > _NAMED_MAX:
        shown[_NAMED_MAX - 1 :] = [f"{len(shown) - _NAMED_MAX + 1} others"]
    return " or ".join(shown)


def _values(written: dict[str, Any]) -> str:
    paths = written["of"]
    return " or ".join(map(str, paths)) if isinstance(paths, list) else str(paths)


def _duration(text: Any) -> str:
    return duration_words(duration_ms(str(text)))
