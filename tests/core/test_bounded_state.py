"""What is kept of a user does not grow with the number of events, whatever the feature."""

import json
from typing import Any

import pytest

from livesegments.core.definition import parse_definition
from livesegments.core.events import decode
from livesegments.core.step import Engine
from livesegments.core.times import format_time

START_MS = 1_731_000_000_000
EVENTS = 240
WINDOWS: list[dict[str, Any]] = [
    {},
    {"within": "30d"},
    {"between": ["30d", "1h"]},
    {"within": {"calendar": "day", "last": 3}},
    {"since": "Never"},
]
FEATURES: list[dict[str, Any]] = [
    {"count": "A"},
    {"sum": "A", "of": "x"},
    {"max": "A", "of": "x"},
    {"distinct": "A", "of": "k"},
    {"top": "A", "of": "k"},
    {"share": "A", "of": "k"},
    {"share": "A", "of": "k", "equals": "k1"},
    {"rate": "A", "per": "1d"},
    {"peak": "A", "by": "hour"},
    {"session": "average_duration", "gap": "1m"},
    {"followed": ["A", "B"], "in": "20d", "by": "k"},
    {"unfollowed": ["A", "B"], "after": "1m", "by": "k"},
]
LIFETIME: list[dict[str, Any]] = [
    {"recent": "A", "of": "k"},
    {"decayed": "A", "half_life": "1d"},
    {"decayed": "A", "of": "x", "half_life": "1d"},
    {"days_since_change": "plan"},
]


def line(number: int, **more: Any) -> bytes:
    at_ms = START_MS + number * 300_000
    given = {"type": "track", "event": "A", "messageId": f"m{number}", "userId": "u", "timestamp": format_time(at_ms)}
    return json.dumps(given | {"properties": {"x": number % 7, "k": f"k{number}"}} | more).encode()


def sizes(feature: dict[str, Any], *, late: bool) -> list[int]:
    """Give how many bytes are kept after the first half of the events, and after all."""
    limits = {"samples": 6, "distinct": 6, "message_ids": 6, "lateness": "30d"}
    engine = Engine(parse_definition(json.dumps({"features": {"f": feature}, "limits": limits})))
    profile, found = engine.restore("u", None), []
    for number in range(EVENTS):
        # late: every second event comes before the one ahead of it
        engine.apply(profile, decode(line(number ^ 1 if late else number)))
        given = {"type": "identify", "event": None, "messageId": f"i{number}", "traits": {"plan": "free"}}
        engine.apply(profile, decode(line(number, **given)))
        if number in (EVENTS // 2, EVENTS - 1):
            content = engine.snapshot(profile)
            assert content is not None
            found.append(len(content))
    return found


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("feature", [*(kind | window for kind in FEATURES for window in WINDOWS), *LIFETIME], ids=str)
def test_twice_as_many_events_leave_no_more_behind(feature: dict[str, Any], late: bool) -> None:
    half, whole = sizes(feature, late=late)
    assert whole < half + 30  # numbers have more digits


@pytest.mark.parametrize("window", [{}, {"within": "400d"}], ids=str)
def test_sessions_that_are_kept_as_one_keep_their_number_pages_and_durations(window: dict[str, Any]) -> None:
    measures = ("count", "pages", "average_pages", "average_duration")
    features = {name: {"session": name, "gap": "20m", **window} for name in measures}
    limits = {"samples": 4, "lateness": "1h"}
    engine = Engine(parse_definition(json.dumps({"features": features, "limits": limits})))
    profile, numbers = engine.restore("u", None), range(1, 13)
    for number in numbers:  # a session of so many pages, five minutes apart, every day
        for page in range(number):
            more = {"type": "page", "event": None, "messageId": f"{number} {page}"}
            engine.apply(profile, decode(line(288 * number + page, **more)))
    values = engine.values(profile, profile.clock_ms)
    expected = [12, 78, 78 / 12, sum((number - 1) * 300 for number in numbers) / 12]
    assert [values[engine.program.slots[name]] for name in measures] == expected
