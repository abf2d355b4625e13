"""The product against the slow recomputation, where visitors become users."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from core.replays import check_equal, definition_of
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from oracle import OracleChange, recompute
from oracle.strategies import Case, case_of, cases

THOROUGH = settings(max_examples=150, suppress_health_check=list(HealthCheck))


def replay(case: Case) -> tuple[Replay, dict[str, list[OracleChange]]]:
    """Replay a case through the product; a change tells whom an inheritance came from, or where a visitor went."""
    run = Replay(Engine(definition_of(case.definition)), case.until_ms)
    changes: dict[str, list[OracleChange]] = {}
    for change in run.run(case.lines):
        told = msgspec.to_builtins(change.detail)
        cause, is_merge = told["cause"], told["change"] == "merged"
        changes.setdefault(told["user_id"], []).append(
            OracleChange(
                told["user_id"],
                told["sequence"],
                told["segment"] or "",
                told["change"],
                change.time_ms,
                cause["kind"],
                cause.get("message_id"),
                told["into"] if is_merge else cause.get("from"),
                tuple(told["segments_before"]) if is_merge else (),
            )
        )
    return run, changes


def check(case: Case) -> None:
    run, changes = replay(case)
    check_equal(case, run, changes, recompute(case.definition, case.lines, case.until_ms))


@pytest.mark.thorough
@THOROUGH
@given(cases(identity=True))
def test_changes_counts_members_features_and_endings_are_those_of_the_oracle(case: Case) -> None:
    check(case)


@pytest.mark.thorough
@THOROUGH
@given(cases(identity=True, in_order_only=True, memory=False))
def test_input_in_order_gives_the_oracles_changes(case: Case) -> None:
    check(case)


@pytest.mark.thorough
@THOROUGH
@given(cases(identity=True, until_may_cut=True))
def test_an_end_before_some_events_gives_the_oracles_changes(case: Case) -> None:
    check(case)


@THOROUGH
@given(cases(identity=True, reused_ids=True, new_kinds=True))
def test_the_language_of_issue_17_and_ids_that_come_again_give_the_oracles_changes(case: Case) -> None:
    check(case)


@pytest.mark.thorough
@THOROUGH
@given(cases(identity=True, both_ways=True))
def test_ids_that_are_used_both_ways_give_the_oracles_changes(case: Case) -> None:
    check(case)


@pytest.mark.thorough
@pytest.mark.parametrize("first", range(0, 400, 100))
def test_four_hundred_seeds_give_the_oracles_changes(first: int) -> None:
    for seed in range(first, first + 100):
        check(case_of(seed, identity=True, both_ways=seed % 2 == 0))
