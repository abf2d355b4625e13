"""What each operator answers, case by case, told both by the contract and by the binding."""

import copy
import pickle
from typing import Any

import pytest

from core.conditions.binding import ask_stepwise
from core.conditions.evaluated import value_of
from livesegments.core.conditions import UNKNOWN, compile_condition, compile_value, parse

HUGE = 10**400
INFINITY = float("inf")


def answer_of(text: str, **values: Any) -> bool | None:
    return compile_condition(parse(text), {name: slot for slot, name in enumerate(values)})(list(values.values()))


TABLE: list[tuple[str, dict[str, Any], Any]] = [
    # arithmetic: numbers are doubles
    ("1 + 2", {}, 3.0),
    ("x + 1", {"x": 2}, 3.0),
    ("x + 1", {"x": 2**53}, 2.0**53),
    ("x + y", {"x": 2**53, "y": 1}, 2.0**53),
    ("x - y", {"x": 2**53 + 1, "y": 2**53}, 0.0),
    ("x * y", {"x": 2**53 + 1, "y": 3}, 2.0**53 * 3.0),
    ("x * y", {"x": 2, "y": 3}, 6.0),
    ("x * y", {"x": 2**53 - 1, "y": 3}, (2.0**53 - 1) * 3.0),
    ("x - y", {"x": 2, "y": 3}, -1.0),
    ("x / y", {"x": 3, "y": 2.0}, 1.5),
    ("x + y", {"x": -(2**53), "y": 0.5}, -(2.0**53) + 0.5),
    ("x / y", {"x": 2**60 + 1, "y": 3}, 2.0**60 / 3.0),
    ("x / 2", {"x": 1}, 0.5),
    ("7 / x", {"x": 2}, 3.5),
    ("2 - 3 - 4", {}, -5.0),
    ("2 / 4 / 2", {}, 0.25),
    ("2 + 3 * 4", {}, 14.0),
    ("(2 + 3) * 4", {}, 20.0),
    ("-x", {"x": 3}, -3.0),
    ("-x", {"x": 0}, -0.0),
    ("--x", {"x": "a"}, "a"),
    ("- - -2", {}, -2.0),
    # what is not finite is unknown at once
    ("x / 0", {"x": 1.0}, UNKNOWN),
    ("1 / x", {"x": 0}, UNKNOWN),
    ("1 / x", {"x": -0.0}, UNKNOWN),
    ("x / y", {"x": 0.0, "y": 0.0}, UNKNOWN),
    ("x * 10", {"x": 1e308}, UNKNOWN),
    ("x * y > 5", {"x": 1e308, "y": 1e308}, UNKNOWN),
    ("1 / (x * 10)", {"x": 1e308}, UNKNOWN),
    ("x + y", {"x": 1e308, "y": 1e308}, UNKNOWN),
    ("-1e308 - x", {"x": 1e308}, UNKNOWN),
    # `+` joins
    ("x + 'b'", {"x": "a"}, "ab"),
    ("x + ['b', 1]", {"x": ["a"]}, ["a", "b", 1.0]),
    ("x + y", {"x": [1], "y": [2**53 + 1]}, [1.0, 2.0**53]),
    ("x + [null]", {"x": []}, [None]),
    ("x + 'b'", {"x": 1}, UNKNOWN),
    ("x + 1", {"x": "a"}, UNKNOWN),
    ("x + []", {"x": "a"}, UNKNOWN),
    ("x + x", {"x": None}, UNKNOWN),
    ("x + x", {"x": True}, UNKNOWN),
    ("true + 1", {}, UNKNOWN),
    ("x - 'b'", {"x": "ab"}, UNKNOWN),
    ("x * 2", {"x": "ab"}, UNKNOWN),
    ("x * 2", {"x": True}, UNKNOWN),
    ("x / 2", {"x": None}, UNKNOWN),
    ("-x", {"x": "a"}, UNKNOWN),
    ("-x", {"x": None}, UNKNOWN),
    # equality never fails on known values
    ("x == 1", {"x": 1}, True),
    ("x == 1", {"x": 1.0}, True),
    ("x == 1", {"x": True}, False),
    ("true == 1.0", {}, False),
    ("x == true", {"x": 1}, False),
    ("x == true", {"x": True}, True),
    ("x != false", {"x": True}, True),
    ("x == '1'", {"x": 1}, False),
    ("x == 'é'", {"x": "é"}, True),
    ("'a' == x", {"x": "a"}, True),
    ("x != 'a'", {"x": None}, True),
    ("x == null", {"x": None}, True),
    ("x == null", {"x": 0}, False),
    ("null != x", {"x": []}, True),
    ("null == null", {}, True),
    ("x == 1", {"x": None}, False),
    ("x != 1", {"x": None}, True),
    ("x == y", {"x": None, "y": None}, True),
    ("x == y", {"x": None, "y": False}, False),
    ("x == y", {"x": "a", "y": "a"}, True),
    ("x != y", {"x": 1, "y": 1.0}, False),
    ("x == y", {"x": 2**53 + 1, "y": 2.0**53}, True),
    ("0.0 == -0.0", {}, True),
    ("0.1 + 0.2 == 0.3", {}, False),
    ("x == [1, 'a', null, true]", {"x": [1.0, "a", None, True]}, True),
    ("x == [1]", {"x": [True]}, False),
    ("x == [1]", {"x": [1, 1]}, False),
    ("x == y", {"x": [[2**53 + 1]], "y": [[2.0**53]]}, True),
    ("x == []", {"x": ""}, False),
    # order
    ("x < 2", {"x": 1}, True),
    ("x <= 2", {"x": 2.0}, True),
    ("x > 2", {"x": 2}, False),
    ("x >= 2", {"x": 2}, True),
    ("2 < x", {"x": 3}, True),
    ("x > 9007199254740992", {"x": 2**53 + 1}, False),
    ("x <= 9007199254740992", {"x": 2**53 + 1}, True),
    ("x < y", {"x": 2**53, "y": 2**53 + 1}, False),
    ("x < y", {"x": 1, "y": 1.5}, True),
    ("x < 'b'", {"x": "a"}, True),
    ("x < y", {"x": "\uffff", "y": "\U0001f600"}, True),
    ("x < true", {"x": False}, True),
    ("x >= true", {"x": False}, False),
    ("x < 1", {"x": None}, UNKNOWN),
    ("x < 1", {"x": "a"}, UNKNOWN),
    ("x < 1", {"x": False}, UNKNOWN),
    ("x < 1", {"x": [0]}, UNKNOWN),
    ("x < 'b'", {"x": 1}, UNKNOWN),
    ("x < []", {"x": []}, UNKNOWN),
    ("null <= null", {}, UNKNOWN),
    ("1 < 2 == true", {}, True),
    ("1 < 2 < 3", {}, UNKNOWN),
    # in
    ("x in ['a', 'b']", {"x": "b"}, True),
    ("x in ['a', 'b']", {"x": "c"}, False),
    ("x in ['a', 'b']", {"x": None}, False),
    ("x in ['a', 1]", {"x": 1}, True),
    ("x in [1]", {"x": True}, False),
    ("'a' in x", {"x": ["b", "a"]}, True),
    ("'a' in x", {"x": []}, False),
    ("'a' in x", {"x": "abc"}, UNKNOWN),
    ("'a' in x", {"x": None}, UNKNOWN),
    ("x in y", {"x": 2**53 + 1, "y": [2.0**53]}, True),
    ("null in x", {"x": [None]}, True),
    ("[1] in [[1], 2]", {}, True),
    ("x in [1, 1 / y]", {"x": 1, "y": 0}, UNKNOWN),
    ("x / 0 in [1]", {"x": 1}, UNKNOWN),
    # three values
    ("x && y", {"x": True, "y": True}, True),
    ("x && y", {"x": True, "y": False}, False),
    ("x && y", {"x": None, "y": False}, False),
    ("x && y", {"x": False, "y": None}, False),
    ("x && y", {"x": True, "y": None}, UNKNOWN),
    ("x && y", {"x": 1, "y": True}, UNKNOWN),
    ("x && y", {"x": 1, "y": False}, False),
    ("x || y", {"x": False, "y": False}, False),
    ("x || y", {"x": "a", "y": True}, True),
    ("x || y", {"x": True, "y": None}, True),
    ("x || y", {"x": False, "y": None}, UNKNOWN),
    ("x > 1 && y > 1", {"x": None, "y": 0}, False),
    ("x > 1 || y > 1", {"x": None, "y": 2}, True),
    ("x || x || y || x", {"x": None, "y": True}, True),
    ("x && y && x", {"x": True, "y": None}, UNKNOWN),
    ("true || false && false", {}, True),
    ("!x", {"x": True}, False),
    ("!x", {"x": None}, UNKNOWN),
    ("!x", {"x": 0}, UNKNOWN),
    ("!(x > 1)", {"x": None}, UNKNOWN),
    ("!!x", {"x": True}, True),
    ("!x == true", {"x": False}, True),
    # choice
    ("x ? 1 : 'a'", {"x": True}, 1.0),
    ("x ? 1 : 'a'", {"x": False}, "a"),
    ("x ? 1 : 2", {"x": None}, UNKNOWN),
    ("x ? 1 : 2", {"x": 1}, UNKNOWN),
    ("x ? 1 : 1 / 0", {"x": True}, 1.0),
    ("x ? 1 : y ? 2 : 3", {"x": False, "y": False}, 3.0),
    ("x ? (y ? 1 : 2) : 3", {"x": True, "y": False}, 2.0),
    ("x ? 1 : y", {"x": False, "y": 3}, 3.0),
    ("x ? y : 1", {"x": True, "y": [3]}, [3.0]),
    ("(x ? 1 : null) == null", {"x": False}, True),
    # functions and methods
    ("has(x)", {"x": None}, False),
    ("has(x)", {"x": 0}, True),
    ("size(x)", {"x": [1, 2]}, 2.0),
    ("size(x)", {"x": "abc"}, 3.0),
    ("size(x)", {"x": None}, UNKNOWN),
    ("size(x)", {"x": 3}, UNKNOWN),
    ("x.contains('b')", {"x": "abc"}, True),
    ("x.startsWith('b')", {"x": "abc"}, False),
    ("x.endsWith('bc')", {"x": "abc"}, True),
    ("x.endsWith('')", {"x": ""}, True),
    ("x.contains('b')", {"x": ["b"]}, UNKNOWN),
    ("x.contains('b')", {"x": None}, UNKNOWN),
    ("x.contains(1)", {"x": "1"}, UNKNOWN),
    ("x.contains(y)", {"x": "abc", "y": "c"}, True),
    ("x.contains(y)", {"x": "abc", "y": None}, UNKNOWN),
    ("(x + 'c').endsWith('bc')", {"x": "ab"}, True),
    # where the binding is its own CEL: bytes of UTF-8, the sign of a bool, an even number of signs
    ("size(x)", {"x": "h\u00e9\U0001f600"}, 7.0),
    ("-x", {"x": True}, False),
    ("-(x > 1)", {"x": 1}, True),
    ("--x", {"x": True}, True),
    ("!!x == 1", {"x": 1}, True),
    # lists
    ("[x, 1 + 1, [y]]", {"x": 1, "y": None}, [1.0, 2.0, [None]]),
    ("[x < 1]", {"x": None}, UNKNOWN),
    # bare values
    ("x", {"x": 3}, 3.0),
    ("x", {"x": [1, [2]]}, [1.0, [2.0]]),
    ("x", {"x": None}, None),
    ("x", {"x": "a"}, "a"),
    ("null", {}, None),
]


@pytest.mark.parametrize(("text", "values", "expected"), TABLE)
def test_an_operator_answers_as_the_table_says(text: str, values: dict[str, Any], expected: Any) -> None:
    assert repr(value_of(text, **values)) == repr(expected)
    assert answer_of(text, **values) is (expected if isinstance(expected, bool) else None)


@pytest.mark.parametrize(("text", "values", "expected"), TABLE)
def test_the_table_is_what_the_binding_says(text: str, values: dict[str, Any], expected: Any) -> None:
    assert repr(ask_stepwise(parse(text), values).value) == repr(expected)


NUMERIC = [
    "x",
    "x < 1",
    "x > 1",
    "1 <= x",
    "x == 1",
    "x != x",
    "x == x",
    "x + 1",
    "x - x",
    "x * 0",
    "1 / x",
    "x / 2",
    "-x",
]
NUMERIC += [
    "(y < 3 ? x : 1) < 2",
    "(y > 3 ? 1 : x) < 2",
    "x in [1]",
    "1 in [x]",
    "[x]",
    "x < y",
    "x / y",
    "y / x",
    "x == y",
    "y + x",
]


@pytest.mark.parametrize("number", [HUGE, -HUGE, INFINITY, -INFINITY, float("nan")])
@pytest.mark.parametrize("text", NUMERIC)
def test_a_number_without_a_finite_double_is_unknown(text: str, number: float) -> None:
    assert value_of(text, x=number, y=2.0) is UNKNOWN
    assert answer_of(text, x=number, y=2.0) is None


@pytest.mark.parametrize("value", [UNKNOWN, {"a": 1}, b"a"])
@pytest.mark.parametrize(
    "text", ["x", "x < 1", "x == x", "x + x", "-x", "!x", "x && true", "x.contains('a')", "size(x)", "[x]", "x ? 1 : 2"]
)
def test_a_value_that_is_none_of_ours_is_unknown(text: str, value: object) -> None:
    assert value_of(text, x=value) is UNKNOWN


@pytest.mark.parametrize(
    "text", ["has(x)", "x == null", "x != 'a'", "x == true", "x == 1", "x in ['a']", "x in [1]", "x == [1]", "x + 1"]
)
def test_an_unknown_value_makes_every_use_unknown(text: str) -> None:
    assert value_of(text, x=UNKNOWN) is UNKNOWN


@pytest.mark.parametrize(("text", "expected"), [("x == [1]", UNKNOWN), ("x != [1]", UNKNOWN), ("x == [1, 2]", False)])
def test_lists_are_the_same_or_not_as_far_as_is_known(text: str, expected: object) -> None:
    assert value_of(text, x=[HUGE]) is expected


def test_has_is_true_for_a_value_of_another_kind() -> None:
    assert value_of("has(x) && x != 'a'", x={"a": 1}) is True


def test_tuples_are_lists() -> None:
    assert value_of("'a' in x && x == ['a'] && size(x) == 1", x=("a",)) is True
    assert value_of("x", x=("a", 1)) == ["a", 1.0]


def test_the_answer_shares_nothing_with_the_values() -> None:
    values = ["a"]
    value_of("x", x=values).append("b")
    assert values == ["a"]


def test_a_name_without_a_slot_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        compile_value(parse("x"), {})


def test_a_mapping_by_slot_serves_as_values() -> None:
    assert compile_condition(parse("x == 1"), {"x": 7})({7: 1}) is True  # type: ignore[arg-type]


def test_unknown_is_one_object_and_no_truth_value() -> None:
    assert copy.deepcopy(UNKNOWN) is UNKNOWN
    assert pickle.loads(pickle.dumps(UNKNOWN)) is UNKNOWN
    with pytest.raises(TypeError):
        bool(UNKNOWN)
