"""Which clause decides: of a condition, and of an entry."""

from __future__ import annotations

import pytest

from core.samples import definition, line
from livesegments.core.conditions import parse
from livesegments.core.step import Engine
from livesegments.preview import Trial, report_of
from livesegments.preview.clauses import decisive, outcome


@pytest.mark.parametrize(
    ("condition", "answers", "met", "deciding"),
    [
        ("a > 1 && b > 1", [True, True], True, (0, 1)),
        ("a > 1 && b > 1", [True, False], False, (1,)),
        ("a > 1 && b > 1", [False, False], False, (0, 1)),
        ("a > 1 && b > 1", [None, True], None, (0,)),
        ("a > 1 || b > 1", [True, False], True, (0,)),
        ("a > 1 || b > 1", [True, True], True, (0, 1)),
        ("!(a > 1) && b > 1", [True, True], False, (0,)),
        ("a > 1 && (b > 1 || c > 1)", [True, False, True], True, (0, 2)),
        ("a > 1 ? b > 1 && c > 1 : d > 1", [True, True, True, False], True, (0, 1, 2)),
    ],
)
def test_decisive_clauses_turn_the_condition_alone(
    condition: str, answers: list[bool | None], met: bool | None, deciding: tuple[int, ...]
) -> None:
    node = parse(condition)
    assert outcome(node, answers) is met
    assert decisive(node, answers) == deciding


FEATURES = {
    "orders": {"count": "Order Completed"},
    "views_7d": {"count": "Product Viewed", "within": "7d"},
    "days_since_order": {"days_since": "Order Completed"},
}
SEGMENTS = {
    "quiet": {"when": "orders >= 1 && views_7d < 2 && days_since_order > 3"},
    "viewing": {"when": "orders >= 1 && views_7d >= 1"},
    "both": {"when": "quiet && orders >= 1"},
    "bought": {"when": "!(orders < 1) && !viewing"},
}


def clauses_of(*lines: bytes, until_day: int = 10) -> dict[str, dict[str, int]]:
    trial = Trial(Engine(definition(FEATURES, SEGMENTS)), until_ms=1_704_067_200_000 + until_day * 86_400_000)
    trial.run(lines)
    return {one.segment: one.new.clauses for one in report_of(trial).segments if one.new}


def test_an_event_decides_by_the_clause_that_reads_it() -> None:
    order, view = line(day=0, event="Order Completed"), line(day=1)
    assert clauses_of(order, view)["viewing"] == {"views_7d >= 1": 1}
    assert clauses_of(view, line(day=1, event="Order Completed"))["viewing"] == {"orders >= 1": 1}


def test_time_decides_by_the_clause_that_it_turned() -> None:
    """Days since the order pass 3; where views leave the window later, it is they."""
    order = line(day=0, event="Order Completed")
    assert clauses_of(order)["quiet"] == {"days_since_order > 3": 1}
    assert clauses_of(order, line(day=1), line(day=2))["quiet"] == {"views_7d < 2": 1}


def test_a_segment_that_changed_in_the_same_moment_decides() -> None:
    assert clauses_of(line(day=0, event="Order Completed"))["both"] == {"quiet": 1}


def test_a_clause_below_a_not_is_told_with_it() -> None:
    assert clauses_of(line(day=0, event="Order Completed"))["bought"] == {"!(orders < 1)": 1}
    left = line(day=0), line(day=0, event="Order Completed")
    assert clauses_of(*left, until_day=8)["bought"] == {"!viewing": 1}
