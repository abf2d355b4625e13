"""Days, weeks, months and years as a time zone has them, with its changes of the clock."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
MARGIN_MS = 36 * 3_600_000  # more than any zone is away from UTC


def local_date(time_ms: int, zone: ZoneInfo) -> date:
    """Give the date in a zone; of the hours that are in no year of four digits any more, the last date there is."""
    try:
        return (EPOCH + time_ms * MILLISECOND).astimezone(zone).date()
    except OverflowError:
        return date.max


@lru_cache(maxsize=100_000)
def start_ms(day: date, zone: ZoneInfo) -> int:
    """Give the first millisecond whose local date is the day: midnight, or what comes after it where it is left out."""
    middle_ms = (datetime(day.year, day.month, day.day, tzinfo=UTC) - EPOCH) // MILLISECOND
    low, high = middle_ms - MARGIN_MS, middle_ms + MARGIN_MS
    while high - low > 1:
        middle_ms = (low + high) // 2
        if local_date(middle_ms, zone) < day:
            low = middle_ms
        else:
            high = middle_ms
    return high


def period_number(day: date, unit: str) -> int:
    """Number the periods of a unit, so that the next one has the next number."""
    return {
        "day": day.toordinal(),
        "week": (day.toordinal() - 1) // 7,  # 0001-01-01 was a Monday
        "month": day.year * 12 + day.month - 1,
        "year": day.year,
    }[unit]


def first_day(number: int, unit: str) -> date:
    """Give the first day of a period."""
    if unit == "day":
        return date.fromordinal(number)
    if unit == "week":
        return date.fromordinal(number * 7 + 1)
    return date(number // 12, number % 12 + 1, 1) if unit == "month" else date(number, 1, 1)
