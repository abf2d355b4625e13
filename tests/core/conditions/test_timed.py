"""Where names are compared: names that move with time, and thresholds of the others."""

import pytest

from livesegments.core.conditions import ConditionError, canonical, parse, thresholds, timed

MOVING = {"d", "e"}

ATOMS = [
    ("d > 30", [("d", ">", "30", "d > 30")]),
    ("30 < d && x", [("d", ">", "30", "30 < d")]),
    ("30 <= d || 30 >= e", [("d", ">=", "30", "30 <= d"), ("e", "<=", "30", "30 >= e")]),
    ("has(d) && (d) <= x + 1", [("d", "<=", "x + 1", "(d) <= x + 1")]),
    ("!(d > 3) ? d < 1 : x", [("d", ">", "3", "d > 3"), ("d", "<", "1", "d < 1")]),
    ("x > (d > 3 ? 1 : 2)", [("d", ">", "3", "d > 3")]),
    ("(d > 3) == true", [("d", ">", "3", "d > 3")]),
    ("d < size(x)", [("d", "<", "size(x)", "d < size(x)")]),
    ("x == 3 && has(e)", []),
]


@pytest.mark.parametrize(("text", "expected"), ATOMS)
def test_atoms_have_the_moving_name_on_the_left(text: str, expected: list[tuple[str, str, str, str]]) -> None:
    found = timed(parse(text), MOVING)
    assert [(atom.name, atom.operator, atom.node.span.text) for atom in found] == [
        (name, operator, node) for name, operator, _, node in expected
    ]
    assert [canonical(atom.other) for atom in found] == [canonical(parse(other)) for _, _, other, _ in expected]


REFUSED = [
    ("d", 1),
    ("d + 1 > 3", 1),
    ("1 > 3 - d", 9),
    ("d == 3", 1),
    ("3 != d", 6),
    ("d > e", 5),
    ("d > d", 5),
    ("d > (has(e) ? 1 : 2)", 10),
    ("x > 1 && d in [1]", 10),
    ("-d > 3", 2),
    ("!d", 2),
    ("[d] == x", 2),
    ("size(d) > 1", 6),
    ("d.contains('x')", 1),
    ("d ? 1 : 2", 1),
    ("(x ? d : 1) > 3", 6),
]


@pytest.mark.parametrize(("text", "column"), REFUSED)
def test_any_other_use_of_a_moving_name_is_refused(text: str, column: int) -> None:
    with pytest.raises(ConditionError, match="changes with time alone") as caught:
        timed(parse(text), MOVING)
    assert caught.value.column == column


ALONE = [
    ("d * 24 > 3", "d > 3 / 24"),
    ("24 * d > 3", "d > 3 / 24"),
    ("3 > d - 1", "d < 3 + 1"),
    ("7 - d <= x", "d >= 7 - x"),
    ("d / 7 < 1 + x", "d < (1 + x) * 7"),
    ("d * -2 < 4", "d > 4 / -2"),
    ("d + (x ? 1 : 2) > 3", "d > 3 - (x ? 1 : 2)"),
    ("x > 1 && d + 1 > 3", "d > 3 - 1"),
]


@pytest.mark.parametrize(("text", "instead"), ALONE)
def test_a_calculation_with_a_moving_name_is_told_turned(text: str, instead: str) -> None:
    with pytest.raises(ConditionError) as caught:
        timed(parse(text), MOVING)
    assert caught.value.message.endswith(f"Write `{instead}`")
    assert timed(parse(instead), MOVING)


@pytest.mark.parametrize("text", ["d * x > 3", "d * 0 > 3", "7 / d > 3", "d + e > 3", "(d + 1) * 2 > 3", "d + 1 == 3"])
def test_a_calculation_that_one_step_does_not_turn_is_told_in_general(text: str) -> None:
    with pytest.raises(ConditionError, match="and numbers on the other side"):
        timed(parse(text), MOVING)


THRESHOLDS = [
    ("x > 30", [(">", 30.0)]),
    ("30 > x", [("<", 30.0)]),
    ("x == 1 || !(x >= -2) && y > 3", [("==", 1.0), (">=", -2.0)]),
    ("(x) != 1 ? x < 2 : 3 <= x", [("!=", 1.0), ("<", 2.0), (">=", 3.0)]),
    ("x > 7 * 24 && has(x)", [(">", 168.0)]),
    ("x != null && x < 3", [("<", 3.0)]),
    ("y > 3", []),
    ("x > y", None),
    ("x + 1 > 3", None),
    ("x in [1]", None),
    ("1 in [x]", None),
    ("x", None),
    ("x > 1 && x", None),
    ("x > 'a'", None),
    ("x == 'a'", None),
    ("x > null", None),
    ("x > 1 / 0", None),
    ("x == x", None),
    ("-x > 3", None),
    ("(x > 3 ? x : 1) > 3", None),
    ("size(x) > 3", None),
]


@pytest.mark.parametrize(("text", "expected"), THRESHOLDS)
def test_thresholds_are_told_when_nothing_else_is_asked(text: str, expected: list[tuple[str, float]] | None) -> None:
    found = thresholds(parse(text), "x")
    assert (None if found is None else [(one.operator, one.constant) for one in found]) == expected
