"""Times and durations: milliseconds inside, RFC 3339 and `30d` outside."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

__all__ = ["DAY_MS", "NEVER", "TIME_MAX_MS", "TIME_MIN_MS", "duration_ms", "format_time", "parse_time"]

DAY_MS = 86_400_000
NEVER = 2**63 - 1
TIME_MIN_MS = 0
TIME_MAX_MS = 4_133_980_800_000  # 2101-01-01, exclusive
_UNITS_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": DAY_MS, "w": 7 * DAY_MS}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)([smhdw])")
_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_day_starts: dict[str, int] = {}
_minute_starts: dict[str, int] = {}


def duration_ms(text: str) -> int:
    """Parse a duration such as `30d` or `1.5h` (units s m h d w, a day is 24 h) to milliseconds.

    Raises ValueError when the text is no positive duration.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"expected a duration such as 30s, 15m, 12h, 7d or 2w, found {text!r}")
    value = round(float(match[1]) * _UNITS_MS[match[2]])
    if not 0 < value < TIME_MAX_MS:
        raise ValueError(f"expected a duration between 1 ms and 130 years, found {text!r}")
    return value


def _day_start_ms(day: str) -> int:
    start = _day_starts.get(day)
    if start is None:
        date = datetime(int(day[:4]), int(day[5:7]), int(day[8:10]), tzinfo=UTC)
        start = (date - _EPOCH) // timedelta(milliseconds=1)
        if len(_day_starts) > 50_000:
            _day_starts.clear()
        _day_starts[day] = start
    return start


def parse_time(text: str) -> int:
    """Parse RFC 3339 with any offset to milliseconds since the epoch; digits below the millisecond are cut.

    Raises ValueError when the text is no RFC 3339 time. The range is not checked here.
    """
    if len(text) == 24 and text[19] == "." and text[23] == "Z":  # what most producers send: five times faster
        minute_start = _minute_starts.get(text[:17])
        digits = text[17:19] + text[20:23]
        if minute_start is not None and digits.isdecimal() and digits.isascii() and digits <= "60999":
            return minute_start + int(digits)
        value = _parse_any(text)
        if len(_minute_starts) > 50_000:
            _minute_starts.clear()
        _minute_starts[text[:17]] = value - int(digits)
        return value
    return _parse_any(text)


def _parse_any(text: str) -> int:
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError(f"expected an RFC 3339 time such as 2024-11-09T14:20:00.000Z, found {text!r:.60}")
    day, hour, minute, second, fraction, sign, offset_hour, offset_minute = match.groups()
    if hour > "23" or minute > "59" or second > "60":
        raise ValueError(f"expected an RFC 3339 time such as 2024-11-09T14:20:00.000Z, found {text!r:.60}")
    value = _day_start_ms(day) + int(hour) * 3_600_000 + int(minute) * 60_000 + int(second) * 1_000
    if fraction:
        value += int((fraction + "00")[:3])
    if sign:
        if offset_hour > "23" or offset_minute > "59":
            raise ValueError(f"expected an offset such as +02:00, found {text!r:.60}")
        shift = int(offset_hour) * 3_600_000 + int(offset_minute) * 60_000
        value += shift if sign == "-" else -shift
    return value


def format_time(time_ms: int) -> str:
    """Give milliseconds since the epoch as RFC 3339 in UTC with three digits, such as 2024-11-09T14:20:00.000Z."""
    seconds, millisecond = divmod(time_ms, 1_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{millisecond:03d}Z"
