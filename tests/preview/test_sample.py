"""A sample of users: the error that is told is the error there is."""

from __future__ import annotations

import pytest

from livesegments.core.step import Engine
from livesegments.preview import Sample, Trial, report_of
from preview.shops import lines, new

DRAWS = 25


def test_the_true_sizes_lie_within_the_interval_in_95_of_100_draws() -> None:
    """25 draws of a tenth of 1,500 users; eight segments, and all users."""
    stream = lines(1500, 12, 11)
    whole = Trial(Engine(new()))
    whole.run(stream)
    truth = {one.segment: one.new.members.users for one in report_of(whole).segments if one.new}
    within = total = 0
    for seed in range(DRAWS):
        trial = Trial(Engine(new()), sample=Sample(0.1, seed))
        trial.run(stream)
        told = report_of(trial)
        numbers = [(told.users, whole.users)]
        numbers += [(one.new.members, truth[one.segment]) for one in told.segments if one.new]
        assert told.end == report_of(whole).end
        for found, true in numbers:
            low, high = found.interval
            assert low <= found.users <= high
            within += low <= true <= high
            total += 1
    assert total == DRAWS * 9
    assert 0.92 <= within / total <= 1.0


def test_another_seed_draws_other_users_and_a_share_is_met() -> None:
    users = [f"user-{number}" for number in range(20_000)]
    drawn = [{user for user in users if user in Sample(0.1, seed)} for seed in (1, 2)]
    assert [len(users) for users in drawn] == pytest.approx([2000, 2000], rel=0.1)
    assert len(drawn[0] & drawn[1]) == pytest.approx(200, rel=0.35)
    assert all(user in Sample(0.3, 1) for user in drawn[0])  # a larger sample holds a smaller one


def test_nobody_in_the_sample_is_not_nobody_at_all() -> None:
    assert Sample(0.1).interval(0) == (0, 35)
    assert Sample().interval(7) == (7, 7)


@pytest.mark.parametrize(("share", "users"), [(0.1, 1), (0.1, 100), (0.5, 40), (0.02, 7)])
def test_the_interval_holds_the_numbers_that_are_within_1_96_deviations(share: float, users: int) -> None:
    low, high = Sample(share).interval(users)
    inside = [n for n in range(users, 20_000) if abs(users - n * share) <= 1.96 * (n * share * (1 - share)) ** 0.5]
    assert (low, high) == (pytest.approx(inside[0], abs=1), pytest.approx(inside[-1], abs=1))
