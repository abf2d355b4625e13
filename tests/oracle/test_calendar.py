"""Calendar windows, dates and anniversaries in zones whose clocks change, by hand."""

from typing import Any

import pytest

from oracle.tables import ORDERS, Told, at, moves, text_of, told, value

DAY = 86_400_000


def order(time: str) -> Told:
    return (time, ORDERS, {"revenue": 1})


@pytest.mark.parametrize(
    ("within", "zone", "now", "expected"),
    [
        ({"calendar": "day", "last": 1}, "UTC", "2024-03-31T23:59:59.999", 2),
        ({"calendar": "day", "last": 1}, "UTC", "2024-04-01T00:00", 0),
        ({"calendar": "day", "last": 2}, "UTC", "2024-04-01T23:59:59.999", 2),
        ({"calendar": "day", "last": 7}, "UTC", "2024-04-05T12:00", 3),
        ({"calendar": "day", "last": 7}, "UTC", "2024-04-06T00:00", 2),
        # In Berlin the events are on the 31st, the 31st and the 1st (00:30 of summer time).
        ({"calendar": "day", "last": 1}, "Europe/Berlin", "2024-03-31T22:30", 1),
        ({"calendar": "day", "last": 2}, "Europe/Berlin", "2024-04-01T21:59:59.999", 3),
        ({"calendar": "day", "last": 2}, "Europe/Berlin", "2024-04-01T22:00", 1),
        # Monday, 2024-03-25 to Sunday, 2024-03-31
        ({"calendar": "week", "last": 1}, "UTC", "2024-03-31T23:59:59.999", 3),
        ({"calendar": "week", "last": 1}, "UTC", "2024-04-01T00:00", 0),
        ({"calendar": "week", "last": 1}, "Europe/Berlin", "2024-03-31T22:30", 1),
        ({"calendar": "week", "last": 2}, "UTC", "2024-04-07T23:59:59.999", 3),
        ({"calendar": "month", "last": 1}, "UTC", "2024-03-31T23:59", 3),
        ({"calendar": "month", "last": 1}, "Europe/Berlin", "2024-04-30T21:59:59.999", 1),
        ({"calendar": "month", "last": 1}, "Europe/Berlin", "2024-04-30T22:00", 0),
        ({"calendar": "month", "last": 3}, "UTC", "2024-05-31T23:59:59.999", 3),
        ({"calendar": "month", "last": 3}, "UTC", "2024-06-01T00:00", 0),
        ({"calendar": "year", "last": 1}, "UTC", "2024-12-31T23:59:59.999", 3),
        ({"calendar": "year", "last": 1}, "UTC", "2025-01-01T00:00", 0),
        ({"calendar": "year", "last": 2}, "America/New_York", "2026-01-01T04:59:59.999", 3),
        ({"calendar": "year", "last": 2}, "America/New_York", "2026-01-01T05:00", 0),
    ],
)
def test_calendar_windows(within: dict[str, Any], zone: str, now: str, expected: int) -> None:
    stream = [order("2024-03-30T23:30"), order("2024-03-31T12:00"), order("2024-03-31T22:30")]
    assert value({"count": ORDERS, "within": within}, stream, now, zone) == expected


@pytest.mark.parametrize(
    ("zone", "event", "last", "leaves"),
    [
        ("Europe/Berlin", "2024-03-30T12:00", 2, "2024-03-31T22:00"),  # the 31st has 23 hours
        ("Europe/Berlin", "2024-10-26T12:00", 2, "2024-10-27T23:00"),  # the 27th has 25
        ("America/New_York", "2024-03-10T04:59:59", 1, "2024-03-10T05:00"),
        ("America/New_York", "2024-03-10T05:00", 1, "2024-03-11T04:00"),
        ("America/New_York", "2024-11-03T12:00", 1, "2024-11-04T05:00"),
        ("Australia/Lord_Howe", "2024-04-06T13:00", 1, "2024-04-07T13:30"),  # the clock goes back by half an hour
        ("Australia/Lord_Howe", "2024-10-05T13:30", 1, "2024-10-06T13:00"),
        ("Asia/Kathmandu", "2024-02-28T18:15", 1, "2024-02-29T18:15"),
        ("Asia/Kathmandu", "2024-02-28T18:14:59.999", 1, "2024-02-28T18:15"),
        ("Asia/Beirut", "2024-03-30T12:00", 1, "2024-03-30T22:00"),  # midnight is left out: the 31st begins at 01:00
    ],
)
def test_what_leaves_a_calendar_window_leaves_at_local_midnight(zone: str, event: str, last: int, leaves: str) -> None:
    feature = {"count": ORDERS, "within": {"calendar": "day", "last": last}}
    found = moves("f > 0", feature, [order(event)], "2024-12-31T00:00", zone)
    assert found == [("entered", text_of(at(event))), ("exited by time", text_of(at(leaves)))]


@pytest.mark.parametrize(
    ("trait", "zone", "now", "expected"),
    [
        ("2024-05-01T12:00:00Z", "UTC", "2024-05-03T00:00", 1.5),
        ("2024-05-01T12:00:00Z", "Asia/Kathmandu", "2024-05-03T00:00", 1.5),
        ("2024-05-01T12:00:00+02:00", "UTC", "2024-05-02T10:00", 1.0),
        ("2024-05-01T12:00:00.000Z", "UTC", "2024-05-01T06:00", -0.25),
        (1714564800, "UTC", "2024-05-02T12:00", 1.0),
        (1714564800000, "UTC", "2024-05-02T12:00", 1.0),
        ("2024-05-01", "UTC", "2024-05-02T12:00", 1.5),
        ("2024-05-01", "Europe/Berlin", "2024-05-01T22:00", 1.0),
        ("2024-03-31", "Europe/Berlin", "2024-03-31T22:00", 23 / 24),  # the day has 23 hours
        ("1950-06-15", "UTC", "1970-01-01T00:00", 7140.0),
        ("soon", "UTC", "2024-05-02T12:00", None),
        ("2023-02-29", "UTC", "2024-05-02T12:00", None),
        (True, "UTC", "2024-05-02T12:00", None),
        (["2024-05-01"], "UTC", "2024-05-02T12:00", None),
        (None, "UTC", "2024-05-02T12:00", None),
    ],
)
def test_days_since_what_a_trait_says(trait: Any, zone: str, now: str, expected: float | None) -> None:
    stream = [told("1971-01-01T00:00", day="1971-01-01"), told("1971-01-02T00:00", day=trait)]
    assert value({"days_since": {"trait": "day"}}, stream, now, zone) == expected


@pytest.mark.parametrize(
    ("trait", "zone", "now", "expected"),
    [
        ("1990-05-03", "UTC", "2024-05-01T12:00", 1.5),
        ("1990-05-03", "UTC", "2024-05-02T23:59:59.999", 1 / DAY),
        ("1990-05-03", "UTC", "2024-05-03T00:00", 0.0),
        ("1990-05-03", "UTC", "2024-05-03T23:59:59.999", 0.0),
        ("1990-05-03", "UTC", "2024-05-04T00:00", 364.0),
        ("1990-05-03", "Europe/Berlin", "2024-05-02T22:00", 0.0),
        ("1990-05-03", "Europe/Berlin", "2024-05-02T21:00", 1 / 24),
        ("1990-05-03", "Europe/Berlin", "2024-05-03T22:00", 364.0),
        ("1990-04-01", "Europe/Berlin", "2024-03-30T23:00", 23 / 24),  # all of the 31st, which has 23 hours
        ("1992-02-29", "UTC", "2023-02-27T00:00", 1.0),
        ("1992-02-29", "UTC", "2023-02-28T12:00", 0.0),
        ("1992-02-29", "UTC", "2023-03-01T00:00", 365.0),  # to 2024-02-29
        ("1992-02-29", "UTC", "2024-02-28T12:00", 0.5),
        ("1992-02-29", "UTC", "2024-02-29T12:00", 0.0),
        ("1992-02-29", "Asia/Kathmandu", "2024-02-28T18:14:59.999", 1 / DAY),
        ("1992-02-29", "Asia/Kathmandu", "2024-02-28T18:15", 0.0),
        ("1992-02-28", "UTC", "2024-02-29T00:00", 365.0),
        ("1990-05-02T22:30:00Z", "Europe/Berlin", "2024-05-02T21:00", 1 / 24),  # the 3rd, there
        ("1990-05-03T00:00:00.000Z", "America/New_York", "2024-05-03T03:00", 1 / 24),  # a birthday as it is sent
        ("2026-05-03", "UTC", "2024-05-03T00:00", 730.0),  # the day itself is the first; none lies before it
        ("0999-05-03", "UTC", "2024-05-03T00:00", None),
        ("soon", "UTC", "2024-05-01T12:00", None),
        (None, "UTC", "2024-05-01T12:00", None),
    ],
)
def test_days_until_the_next_anniversary(trait: Any, zone: str, now: str, expected: float | None) -> None:
    assert value({"days_until": {"trait": "born"}}, [told("2000-01-01T00:00", born=trait)], now, zone) == expected


def test_a_birthday_segment_is_entered_and_left_at_local_midnights() -> None:
    stream = [told("2023-02-20T00:00", born="1992-02-29")]
    found = moves("f <= 0", {"days_until": {"trait": "born"}}, stream, "2025-01-01T00:00", "Asia/Kathmandu")
    assert found == [
        ("entered by time", "2023-02-27T18:15:00"),
        ("exited by time", "2023-02-28T18:15:00"),
        ("entered by time", "2024-02-28T18:15:00"),
        ("exited by time", "2024-02-29T18:15:00"),
    ]
    week = moves("f < 7", {"days_until": {"trait": "born"}}, stream[:1], "2023-03-02T00:00", "America/New_York")
    # 7 days to New York's midnight (05:00) are not less than 7: one millisecond more is.
    assert week == [("entered by time", "2023-02-21T05:00:00.001"), ("exited by time", "2023-03-01T05:00:00")]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2024-03-30T11:00", 24 / 36),  # from Berlin's midnight, a day and 12 hours ago
        ("2024-03-30T22:00", 24 / 47),
        ("2024-03-30T23:00", 1.0),  # the next day begins, and the window with the 30th
        ("2024-03-31T21:00", 24 / 46),
        ("2024-03-31T22:00", None),
    ],
)
def test_rate_over_a_calendar_window(now: str, expected: float) -> None:
    feature = {"rate": ORDERS, "per": "1d", "within": {"calendar": "day", "last": 2}}
    assert value(feature, [order("2020-01-01T00:00"), order("2024-03-30T10:00")], now, "Europe/Berlin") == expected
    day = {"rate": ORDERS, "per": "1d", "within": {"calendar": "day", "last": 1}}
    assert value(day, [order("2020-01-01T00:00"), order("2024-03-30T10:00")], "2024-03-30T11:00") == 1.0  # not 24 / 11
