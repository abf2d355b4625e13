"""Where all events end, and which few behind a gap were made by wrong clocks."""

from __future__ import annotations

from collections import Counter

import pytest

from livesegments.core.horizon import HOUR_MS, Gap, gaps_of, goes_back, horizon_ms, is_slip

DAY = 24


def hours_of(*days: tuple[float, int]) -> Counter[int]:
    """Count events of the hours of days."""
    hours: Counter[int] = Counter()
    for day, events in days:
        hours[int(day * DAY)] += events
    return hours


def wrong(hours: Counter[int]) -> list[int]:
    return [gap.behind for gap in gaps_of(hours) if is_slip(gap, hours)]


DAILY = [(day, 10) for day in range(60)]
HOURLY = [(hour / DAY, 40) for hour in range(60 * DAY)]


@pytest.mark.parametrize(
    ("days", "behind"),
    [
        ([*DAILY, (400, 1)], [1]),
        ([*DAILY, (400, 1), (500, 2), (9_000, 1)], [4, 1]),
        ([*HOURLY, (400, 1), (401, 15)], [16]),  # a third of an hour of before
        ([*HOURLY, (62, 1)], [1]),  # two days after the last
        ([*HOURLY, (60.9, 1)], []),
        ([*DAILY, (70, 1)], [1]),  # eleven days after the last, where no pause was longer than a day
        ([*DAILY, (69, 1)], []),
        ([*DAILY, (400, 7)], []),  # one in a hundred, or more
        ([*DAILY, (400, 6)], [6]),
        ([*DAILY, (60, 390), (400, 9), (401, 1)], []),  # exactly one in a hundred
        ([(0, 500), (40, 1)], []),  # all of one day, and then one more: no week that could judge it
        ([*[(day, 1) for day in range(0, 365, 7)], (400, 1)], []),
        ([*HOURLY, (62, 25), (62.1, 3)], []),  # a pause of everyone: then an hour as busy as half of one before
    ],
)
def test_counts_judge_what_lies_behind_a_gap(days: list[tuple[float, int]], behind: list[int]) -> None:
    assert wrong(hours_of(*days)) == behind


def test_a_gap_is_longer_than_a_day_and_than_ten_times_any_before_it() -> None:
    found = list(gaps_of(hours_of((0, 1), (1, 1), (2.5, 1), (17.5, 1), (24, 1), (400, 1))))
    assert found == [Gap(24 * DAY, 400 * DAY, 5, 1)]
    assert found[0].start_ms == (24 * DAY + 1) * HOUR_MS
    assert horizon_ms(found[0]) == found[0].start_ms + DAY * HOUR_MS
    assert list(gaps_of(Counter())) == list(gaps_of(hours_of((5, 3)))) == []


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("a0 b300 b1 b2 c3", True),
        ("a0 b300 b1 c2", False),  # as many before as behind: a phone that was offline, or a wrong clock
        ("a0 a1 a300 b0 b1 b2 c0 c1", False),  # sorted by user: nobody goes back
        ("b300 b1 b2 b301 b3", True),
        ("b300 b1 b301 b2 b302", False),
        ("a0 b28 b1 b2 b3", False),  # less than 30 days
        ("a0 a1 a2 a300", False),
    ],
)
def test_the_order_of_lines_judges_few_events(lines: str, found: bool) -> None:
    events = [(text[0], int(text[1:]) * DAY * HOUR_MS) for text in lines.split()]
    gaps = list(gaps_of(Counter(time_ms // HOUR_MS for _, time_ms in events)))
    assert any(goes_back(gap, events) for gap in gaps) == found
