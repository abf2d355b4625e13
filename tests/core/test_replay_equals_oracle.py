"""The product against the slow recomputation that was written from the contract alone."""

import pytest
from hypothesis import HealthCheck, given, settings

from core.replays import check_equal, replay
from oracle import recompute
from oracle.strategies import Case, case_of, cases

pytestmark = pytest.mark.thorough  # the widest test of test_replay_equals_oracle_18 runs on each Python
THOROUGH = settings(max_examples=150, suppress_health_check=list(HealthCheck))


def check(case: Case) -> None:
    run, changes = replay(case)
    check_equal(case, run, changes, recompute(case.definition, case.lines, case.until_ms))


@THOROUGH
@given(cases())
def test_changes_counts_members_and_features_are_those_of_the_oracle(case: Case) -> None:
    check(case)


@THOROUGH
@given(cases(in_order_only=True))
def test_input_in_order_gives_the_oracles_changes(case: Case) -> None:
    check(case)


@THOROUGH
@given(cases(small_limits=True))
def test_small_limits_give_the_oracles_panes_and_totals(case: Case) -> None:
    kinds = case.definition["features"].values()
    if not any("session" in feature for feature in kinds):  # above `samples`, sessions are folded, not put in panes
        check(case)


@pytest.mark.parametrize("first", range(0, 300, 100))
def test_three_hundred_seeds_give_the_oracles_changes(first: int) -> None:
    for seed in range(first, first + 100):
        check(case_of(seed))
