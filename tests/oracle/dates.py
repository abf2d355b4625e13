"""Dates and times that a trait or a property holds."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from oracle.calendars import local_date, start_ms
from oracle.durations import DAY_MS
from oracle.lines import FORMS, Number, time_of

DAY_ALONE = FORMS[0]
FIRST_MS, END_MS = -30_610_224_000_000, 253_402_300_800_000  # the years 1000 to 9999


def read_day(value: Any) -> date | None:
    """Read a text that is a date and no more."""
    match = DAY_ALONE.fullmatch(value.strip()) if isinstance(value, str) else None
    try:
        day = None if match is None else date(*map(int, match.groups()))
    except ValueError:
        return None
    return day if day is not None and day.year >= 1000 else None


def read_instant(value: Any) -> int | None:
    """Read a date and time, or a number, as section 2 reads an event's time; gives milliseconds."""
    if isinstance(value, float):
        number = Number(value)
        number.text = repr(int(value)) if value.is_integer() else repr(value)
        value = number
    found = time_of(value)
    return found if isinstance(found, int) and FIRST_MS <= found < END_MS else None


def moment_of(value: Any, zone: ZoneInfo) -> int | None:
    """Give the moment a value stands for; a date alone begins at its local midnight."""
    day = read_day(value)
    return read_instant(value) if day is None else start_ms(day, zone)


def day_of(value: Any, zone: ZoneInfo) -> date | None:
    """Give the local day a value stands for; midnight in UTC is how birthdays are sent, and stands for that day."""
    day = read_day(value)
    if day is not None:
        return day
    time_ms = read_instant(value)
    if time_ms is None:
        return None
    return local_date(time_ms, ZoneInfo("UTC") if time_ms % DAY_MS == 0 else zone)


def anniversary(born: date, year: int) -> date:
    """Give the anniversary in a year; 29 February is the 28th in years without one."""
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def days_since_1970(text: Any) -> float | None:
    """Give days since 1970 of a date, or of a date and time, as a text; None for anything else."""
    if not isinstance(text, str) or not any(form.fullmatch(text.strip()) for form in FORMS):
        return None
    time_ms = read_instant(text)
    return None if time_ms is None else time_ms / DAY_MS
