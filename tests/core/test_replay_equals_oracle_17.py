"""The product against the slow recomputation, over the kinds and options of issue 17 together with all others."""

import pytest
from hypothesis import HealthCheck, given, settings

from core.replays import check_equal, replay
from oracle import recompute
from oracle.strategies import Case, case_of, cases

pytestmark = pytest.mark.thorough  # the widest test of test_replay_equals_oracle_18 runs on each Python
THOROUGH = settings(max_examples=100, suppress_health_check=list(HealthCheck))


def check(case: Case) -> None:
    run, changes = replay(case)
    check_equal(case, run, changes, recompute(case.definition, case.lines, case.until_ms))


@THOROUGH
@given(cases(new_kinds=True))
def test_changes_counts_members_and_features_are_those_of_the_oracle(case: Case) -> None:
    check(case)


@THOROUGH
@given(cases(new_kinds=True, in_order_only=True, reused_ids=True))
def test_input_in_order_gives_the_oracles_changes(case: Case) -> None:
    check(case)


@THOROUGH
@given(cases(new_kinds=True, until_may_cut=True, memory=False, users_max=1))
def test_one_user_without_memory_is_where_the_oracle_says(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("first", range(0, 400, 100))
def test_four_hundred_seeds_give_the_oracles_changes(first: int) -> None:
    for seed in range(first, first + 100):
        check(case_of(seed, new_kinds=True))
