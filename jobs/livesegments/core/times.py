"""Times and durations: milliseconds inside; RFC 3339, `30d` and what producers send as times outside."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

__all__ = [
    "DAY_MS",
    "NEVER",
    "TIME_MAX_MS",
    "TIME_MIN_MS",
    "duration_ms",
    "format_time",
    "parse_time",
    "time_of_date",
    "time_of_number",
    "time_of_text",
]

DAY_MS = 86_400_000
NEVER = 2**63 - 1
TIME_MIN_MS = 0
TIME_MAX_MS = 4_133_980_800_000  # 2101-01-01, exclusive
_UNITS_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": DAY_MS, "w": 7 * DAY_MS}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)([smhdw])")
_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII)
# An offset may be followed by the zone's letters, as Go writes it, or by [Europe/Berlin], as Java does (RFC 9557).
_OFFSET = r" ?([+-])(\d\d)(?::?(\d\d))?(?: [A-Z]{3,5})?"
_ZONE = r"(?:(?: ?(?:[Zz]|UTC|GMT)|:Z|" + _OFFSET + r")(?:\[[A-Za-z0-9_+/-]+\])?)?"
_DATE = r"(\d{4})(?:-(?=\d\d?-)|/(?=\d\d?/))(\d\d?)[-/](\d\d?)"
_EXTENDED = re.compile(_DATE + r"(?:[Tt ](\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?" + _ZONE + ")?", re.ASCII)
_BASIC = re.compile(r"(\d{4})(\d\d)(\d\d)[Tt](\d\d)(\d\d)(?:(\d\d)(?:[.,](\d+))?)?" + _ZONE, re.ASCII)
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_SECONDS_BELOW = 1e11
_MILLISECONDS_BELOW = 1e14
_MICROSECONDS_BELOW = 1e17  # the year 5138
_NANOSECONDS_BELOW = 1e20  # far outside of all years; in microseconds it is inside of 64 bits
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_REMEMBERED_MAX = 50_000  # of each: what producers send as times has no bound
_day_starts: dict[str, int] = {}
_minute_starts: dict[str, int] = {}
_dates: dict[int, str] = {}
_SECONDS = {f"{second:02}.": second * 1_000 for second in range(61)}
_MILLISECONDS = {f"{millisecond:03}Z": millisecond for millisecond in range(1_000)}
_MINUTES_TOLD = [f"{minute // 60:02}:{minute % 60:02}:" for minute in range(1_440)]
_SECONDS_TOLD, _MILLISECONDS_TOLD = list(_SECONDS), list(_MILLISECONDS)


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
        if len(_day_starts) >= _REMEMBERED_MAX:
            _day_starts.clear()
        _day_starts[day] = start
    return start


def parse_time(text: str) -> int:
    """Parse RFC 3339 with any offset to milliseconds since the epoch; digits below the millisecond are cut.

    Raises ValueError when the text is no RFC 3339 time. The range is not checked here.
    """
    if len(text) == 24 and text[19] == "." and text[23] == "Z":
        return time_of_text(text)
    return _rfc3339(text)


def time_of_text(text: str) -> int:
    """Read a time as producers send it, in milliseconds since the epoch; digits below the millisecond are cut.

    ISO 8601: date and time with `T` or a space between; seconds and fraction optional; a zone `Z`, `UTC`, `GMT`,
    `+01:00`, `+0100` or `+01`, none is UTC; one digit for month, day and hour will do, and `/` for `-`; 24:00 is the
    end of the day; also the date alone, and the basic format 20240301T100000Z. Else a text that is wholly a number, as
    `time_of_number` reads it.
    Raises ValueError when it is none of these. The range is not checked here.
    """
    try:  # what most producers send, 2024-11-09T14:20:00.000Z, and a minute that was met before
        return _minute_starts[text[:17]] + _SECONDS[text[17:20]] + _MILLISECONDS[text[20:]]
    except KeyError:
        pass
    if len(text) == 24 and text[19] == "." and text[23] == "Z" and text[11:13] != "24":
        value = _rfc3339(text)
        if len(_minute_starts) >= _REMEMBERED_MAX:
            _minute_starts.clear()
        _minute_starts[text[:17]] = value - _SECONDS[text[17:20]] - _MILLISECONDS[text[20:]]
        return value
    match = _EXTENDED.fullmatch(text) or _BASIC.fullmatch(text)
    if match is not None:
        return _time_of_parts(text, *match.groups())
    if _NUMBER.fullmatch(text):
        return time_of_number(float(text))
    raise _no_time(text)


def time_of_date(text: str) -> int | None:
    """Read a text that is a date, with or without a time, as `time_of_text` does, but no number; None if it is none.

    Gives milliseconds since the epoch; without a zone it is UTC. The range is not checked here.

    >>> time_of_date("1970-01-02"), time_of_date("1970-01-02T00:00:00+01:00"), time_of_date("20240301")
    (86400000, 82800000, None)
    """
    if _NUMBER.fullmatch(text):
        return None
    try:
        return time_of_text(text)
    except ValueError:
        return None


def time_of_number(number: float) -> int:
    """Read a number as a time: seconds since 1970 below 1e11, milliseconds below 1e14, then micro- and nanoseconds.

    Gives milliseconds since the epoch; what is below the millisecond is cut, after rounding to microseconds, so that
    1709287200.79 is 790 ms after the second. Raises ValueError when it is out of all bounds.
    """
    size = abs(number)
    unit = 1e6 if size < _SECONDS_BELOW else 1e3 if size < _MILLISECONDS_BELOW else 1.0
    if not size < _NANOSECONDS_BELOW:
        raise _no_time(number)
    return round(number * unit if size < _MICROSECONDS_BELOW else number / 1e3) // 1_000


def _no_time(found: object) -> ValueError:
    wanted = "a time such as 2024-11-09T14:20:00Z, or seconds or milliseconds since 1970"
    return ValueError(f"expected {wanted}, found {found!r:.60}")


def _time_of_parts(
    text: str,
    year: str,
    month: str,
    day: str,
    hour: str | None,
    minute: str | None,
    second: str | None,
    fraction: str | None,
    sign: str | None,
    offset_hour: str | None,
    offset_minute: str | None,
) -> int:
    hours, minutes, seconds = int(hour or 0), int(minute or 0), int(second or 0)
    offset_hours, offset_minutes = int(offset_hour or 0), int(offset_minute or 0)
    milliseconds = int(((fraction or "") + "000")[:3])
    is_end_of_day = hours == 24 and not (minutes or seconds or milliseconds)
    if (hours > 23 and not is_end_of_day) or minutes > 59 or seconds > 60 or offset_hours > 23 or offset_minutes > 59:
        raise _no_time(text)
    try:
        value = _day_start_ms(f"{year}-{month:0>2}-{day:0>2}")
    except ValueError:  # such as 30 February
        raise _no_time(text) from None
    value += hours * 3_600_000 + minutes * 60_000 + seconds * 1_000 + milliseconds
    shift = offset_hours * 3_600_000 + offset_minutes * 60_000
    return value + shift if sign == "-" else value - shift


def _rfc3339(text: str) -> int:
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
    day, rest = divmod(time_ms, DAY_MS)
    date = _dates.get(day)
    if date is None:
        if len(_dates) >= _REMEMBERED_MAX:
            _dates.clear()
        date = _dates[day] = f"{datetime.fromtimestamp(day * DAY_MS // 1_000, UTC):%Y-%m-%dT}"
    minute, rest = divmod(rest, 60_000)
    second, millisecond = divmod(rest, 1_000)
    return f"{date}{_MINUTES_TOLD[minute]}{_SECONDS_TOLD[second]}{_MILLISECONDS_TOLD[millisecond]}"
