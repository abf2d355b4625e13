"""Which events are inside the window of a feature at a moment, and when one goes in or out."""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from oracle.calendars import first_day, local_date, period_number, start_ms
from oracle.durations import milliseconds


@dataclass(frozen=True)
class Window:
    """The ages of events that are inside: `inner_ms <= age < outer_ms`; None is open."""

    inner_ms: int | None = None
    outer_ms: int | None = None

    def holds(self, time_ms: int, now_ms: int) -> bool:
        age_ms = now_ms - time_ms
        old_enough = self.inner_ms is None or age_ms >= self.inner_ms
        return old_enough and (self.outer_ms is None or age_ms < self.outer_ms)

    def edges_ms(self, time_ms: int) -> list[int]:
        """Give the moments at which an event of that time goes in or out."""
        return [time_ms + edge for edge in (self.inner_ms, self.outer_ms) if edge is not None]


@dataclass(frozen=True)
class CalendarWindow:
    """The last periods of a calendar, the current one among them."""

    unit: str
    last: int
    zone: ZoneInfo
    inner_ms: int | None = None
    outer_ms: int | None = None  # no ages: it has no panes

    def number(self, time_ms: int) -> int:
        return period_number(local_date(time_ms, self.zone), self.unit)

    def holds(self, time_ms: int, now_ms: int) -> bool:
        return self.number(now_ms) - self.number(time_ms) < self.last

    def edges_ms(self, time_ms: int) -> list[int]:
        return [start_ms(first_day(self.number(time_ms) + self.last, self.unit), self.zone)]

    def length_ms(self, now_ms: int) -> int:
        """Give how long the window is at a moment: from the beginning of its first period."""
        return now_ms - start_ms(first_day(self.number(now_ms) - self.last + 1, self.unit), self.zone)

    def turns_ms(self, after_ms: int, until_ms: int) -> list[int]:
        """Give the moments in (after, until] at which a period begins: the window is shorter from then on."""
        numbers = range(self.number(after_ms) + 1, self.number(until_ms) + 1)
        return [start_ms(first_day(number, self.unit), self.zone) for number in numbers]


def read_window(keys: dict[str, Any], zone: ZoneInfo) -> Window | CalendarWindow:
    """Read `within` or `between` of a feature; without them everything is inside."""
    within = keys.get("within")
    if isinstance(within, dict):
        return CalendarWindow(within["calendar"], within.get("last", 1), zone)
    if within is not None:
        return Window(None, milliseconds(within))
    if "between" in keys:
        outer, inner = keys["between"]
        return Window(milliseconds(inner), milliseconds(outer))
    return Window()
