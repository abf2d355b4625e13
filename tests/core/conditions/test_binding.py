"""Every accepted condition gives the same answer as the CEL binding."""

import re
from typing import Any

import cel
import pytest
from hypothesis import assume, event, given, settings

from core.conditions.binding import Steps, ask, ask_stepwise
from core.conditions.texts import NAMES, Pair, conditions, values, wild
from livesegments.core.conditions import UNKNOWN, ConditionError, compile_condition, compile_value, parse
from livesegments.core.conditions.tree import Node

SLOTS = {name: position for position, name in enumerate(NAMES)}


def accepted(pair: Pair) -> Node | None:
    """Parse; what is not accepted must be no CEL either, as the strategies write nothing outside the subset."""
    try:
        return parse(pair.ours)
    except ConditionError:
        # CEL takes `!-1`, as a literal may have a sign, but not `!-x`; we take neither, nobody can mean it
        assume(not re.search(r"!\s*-", pair.ours))
        with pytest.raises(ValueError, match="parse"):
            cel.compile(pair.cel)
        return None


def check(pair: Pair, node: Node, given_values: dict[str, Any]) -> None:
    row = [given_values[name] for name in NAMES]
    answer = compile_value(node, SLOTS)(row)
    expected = ask_stepwise(node, given_values)
    assert exactly(answer) == exactly(expected.value)
    if not expected.overflowed:
        assert exactly(answer) == exactly(ask(pair.cel, given_values))
    assert compile_condition(node, SLOTS)(row) is (expected.value if isinstance(expected.value, bool) else None)
    event("unknown" if expected.value is UNKNOWN else type(expected.value).__name__)


def exactly(value: Any) -> str:
    """Tell 1.0 from true, and -0.0 from 0.0."""
    return repr(value)


@pytest.mark.thorough
@given(conditions(), values())
@settings(max_examples=400)
def test_a_condition_answers_as_the_binding_does(pair: Pair, given_values: dict[str, Any]) -> None:
    node = accepted(pair)
    if node is not None:
        check(pair, node, given_values)


@given(wild(), values())
@settings(max_examples=200)
def test_a_text_means_the_same_tree_to_the_binding(pair: Pair, given_values: dict[str, Any]) -> None:
    node = accepted(pair)
    if node is not None:
        assert exactly(ask(pair.cel, given_values)) == exactly(ask(Steps().write(node), given_values))
