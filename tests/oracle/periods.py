"""The parts of the calendar that `peak` counts by."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

SEASONS = ["winter", "spring", "summer", "autumn"]
MONTHS = [
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
]
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def periods(by: str) -> list[Any]:
    """Give all periods, the earliest first; `winter` and `January` lead."""
    return {"season": SEASONS, "month": MONTHS, "weekday": WEEKDAYS, "hour": list(range(24))}[by]


def period(time_ms: int, by: str, zone: ZoneInfo) -> Any:
    """Give the period of a time in a zone; winter is December to February."""
    local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=time_ms)).astimezone(zone)
    return {
        "season": SEASONS[local.month % 12 // 3],
        "month": MONTHS[local.month - 1],
        "weekday": WEEKDAYS[local.weekday()],
        "hour": local.hour,
    }[by]
