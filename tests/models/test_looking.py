"""Idle users take each version at a moment of their own, and are looked at no sooner than that."""

import pytest

from livesegments.core.times import DAY_MS
from livesegments.models.succession import Succession
from models.clusters.test_border import drawn_model

WEEK_MS = 7 * DAY_MS


def succession(*days: float, interval_ms: int = WEEK_MS) -> Succession:
    models = []
    for day in days:
        plain = drawn_model(1)
        told = {name: getattr(plain, name) for name in plain.__struct_fields__}
        models.append(type(plain)(**told | {"effective_at": int(day * DAY_MS)}))
    return Succession(models, interval_ms)


def test_users_take_a_version_within_a_day_and_not_at_once() -> None:
    found = succession(7, 14)
    moments = []
    for user in range(200):
        phase = found.phase(f"user {user}")
        moments.append(found.takes_ms(1, phase) - 14 * DAY_MS)
        assert found.index_at(8 * DAY_MS, phase, 14 * DAY_MS + moments[-1] - 1) == 0
        assert found.index_at(8 * DAY_MS, phase, 14 * DAY_MS + moments[-1]) == 1
    assert DAY_MS / 4 <= min(moments) < 0.3 * DAY_MS
    assert 0.95 * DAY_MS < max(moments) < DAY_MS
    assert len(set(moments)) == 200


def test_an_event_takes_the_newest_version_in_force() -> None:
    found = succession(7, 14)
    at_ms = 14 * DAY_MS + 1
    assert found.index_at(at_ms, found.phase("u"), at_ms) == 1
    assert found.index_at(6 * DAY_MS, found.phase("u"), 6 * DAY_MS) == -1


@pytest.mark.parametrize("late", [7, 7.5, 8, 9, 12, 20, 47])
@pytest.mark.parametrize("user", ["a", "b", "c"])
def test_a_version_is_taken_at_a_moment_at_which_it_is_looked_for_without_knowing_it(user: str, late: float) -> None:
    known, to_come = succession(7), succession(7, 7 + late, 100)
    phase = known.phase(user)
    taken_ms = to_come.takes_ms(1, phase)
    looks, now_ms = [], 8 * DAY_MS
    while now_ms < taken_ms:
        now_ms = known.next_ms(0, phase, now_ms)
        looks.append(now_ms)
    assert now_ms == taken_ms > (7 + late) * DAY_MS
    assert len(looks) < 9  # at most twice as far from the version before than the one that came
    assert taken_ms - 14 * DAY_MS <= 2 * max(late - 7, 1) * DAY_MS + DAY_MS


def test_before_the_first_version_users_are_looked_at_each_day() -> None:
    found = succession()
    phase, now_ms, looks = found.phase("u"), 0, []
    for _ in range(4):
        now_ms = found.next_ms(-1, phase, now_ms)
        looks.append(now_ms - phase)
    assert looks == [0, DAY_MS, 2 * DAY_MS, 3 * DAY_MS]
    assert succession(2).takes_ms(0, phase) == 2 * DAY_MS + phase


def test_versions_of_an_hour_are_taken_within_the_hour() -> None:
    found = succession(1, 1 + 1 / 24, interval_ms=DAY_MS // 24)
    taken_ms = found.takes_ms(1, found.phase("u"))
    assert 0 < taken_ms - (1 + 1 / 24) * DAY_MS < DAY_MS / 24


@pytest.mark.parametrize("days", [(7, 14, 40, 47, 54), (7, 14, 40.3, 47, 54.9), (7.2, 14.2, 21.2, 21.3)])
def test_spans_hold_the_moments_of_all_users(days: tuple[float, ...]) -> None:
    found = succession(*days)
    begins, ends = found.spans()
    last = len(days) - 1
    for user in range(50):
        phase = found.phase(str(user))
        later_ms = found.later_ms(phase)
        for index, (begin, end) in enumerate(zip(begins, ends, strict=True)):
            assert begin + later_ms <= found.takes_ms(index, phase)
            after_ms = found.takes_ms(index + 1, phase) if index < last else found.next_ms(last, phase, begin)
            assert after_ms <= end + later_ms


def test_spans_are_as_short_as_the_time_of_a_version_where_all_come_at_one_time_of_the_day() -> None:
    found = succession(7.5, 14.5, 21.5)
    phase = found.phase("u")
    moments = [found.takes_ms(index, phase) - found.later_ms(phase) for index in range(3)]
    begins, ends = found.spans()
    assert begins == moments
    assert ends[:-1] == moments[1:]
