"""What no number meets is told, and nothing else: judged by trying numbers."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.samples import definition

FEATURES: dict[str, Any] = {
    "orders": {"count": "Order Completed"},
    "spent": {"sum": "Order Completed", "of": "revenue"},
    "visits": {"session": "count"},
    "pages": {"session": "pages"},
    "length": {"session": "average_duration"},
}
MEETS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, "==": operator.eq, ">=": operator.ge, ">": operator.gt
}  # fmt: skip
TURNED = {"<": ">", "<=": ">=", "==": "==", ">=": "<=", ">": "<"}
TRIED = {"orders": [float(number) for number in range(20)], "spent": [number / 4 for number in range(-40, 80)]}

Comparison = tuple[str, str, float]
comparisons = st.tuples(st.sampled_from(["orders", "spent"]), st.sampled_from([*MEETS]), st.integers(-4, 12)).map(
    lambda drawn: (drawn[0], drawn[1], drawn[2] / 2)
)


def text_of(comparison: Comparison, turned: bool) -> str:
    name, sign, number = comparison
    return f"{number:g} {TURNED[sign]} {name}" if turned else f"{name} {sign} {number:g}"


def is_met(joined: list[Comparison], name: str) -> list[float]:
    """Give the numbers that meet all comparisons of a name."""
    wanted = [(MEETS[sign], number) for of, sign, number in joined if of == name]
    return [one for one in TRIED[name] if all(meets(one, number) for meets, number in wanted)]


def warnings_of(segment: dict[str, Any]) -> list[str]:
    return [warning.message for warning in definition(FEATURES, {"s": segment}).warnings]


@given(
    st.lists(comparisons, min_size=1, max_size=4), st.booleans(), st.sampled_from(["{}", "!({})", "spent > 0 || {}"])
)
def test_comparisons_that_no_number_meets_are_told(joined: list[Comparison], turned: bool, within: str) -> None:
    text = " && ".join(text_of(one, turned) for one in joined)
    told = warnings_of({"when": within.format(f"({text})")})
    assert len(told) == sum(not is_met(joined, name) for name in ("orders", "spent"))
    assert all("never holds" in message for message in told)


@given(st.lists(comparisons, min_size=1, max_size=3), comparisons)
def test_an_exit_for_all_who_enter_is_told(joined: list[Comparison], left: Comparison) -> None:
    segment = {"when": " && ".join(text_of(one, False) for one in joined), "exit_when": text_of(left, True)}
    name, entered = left[0], is_met(joined, left[0])
    is_asked = any(of == name for of, _, _ in joined)
    wanted = is_asked and entered and set(is_met([left], name)) >= set(entered)
    assert any("nobody is ever in" in message for message in warnings_of(segment)) == bool(wanted)


@pytest.mark.parametrize(
    ("segment", "message"),
    [
        ({"when": "orders >= 5 && orders < 3"}, "`orders >= 5 && orders < 3` never holds: no whole number is all"),
        ({"when": "3 < orders && orders < 4"}, "`3 < orders && orders < 4` never holds: no whole number is all"),
        ({"when": "spent > 5 && spent < 3"}, "`spent > 5 && spent < 3` never holds: no number is all of that"),
        ({"when": "orders == 2.5"}, "`orders == 2.5` never holds: `orders` counts, so it is a whole number"),
        ({"when": "visits == 2.5"}, "`visits == 2.5` never holds: `visits` counts, so it is a whole number"),
        ({"when": "pages < 0"}, "`pages < 0` never holds: `pages` counts, so it is a whole number and at least 0"),
        ({"when": "spent > 1000", "exit_when": "spent > 800"}, "it tells when to leave, not when to stay"),
    ],
)
def test_words(segment: dict[str, Any], message: str) -> None:
    (told,) = warnings_of(segment)
    assert message in told


def test_what_is_no_count_may_be_between_whole_numbers() -> None:
    assert warnings_of({"when": "length == 2.5 && spent < 0"}) == []


def test_all_mistakes_of_one_condition_are_told() -> None:
    once = "orders < 0 && orders == 1.5 && spent > 5 && orders > 3 && spent < 3"
    told = warnings_of({"when": f"{once} && (visits < 0 || !(pages == 0.5 && visits == 1))"})
    never = ("orders < 0", "spent > 5 && spent < 3", "visits < 0", "pages == 0.5")
    assert [message.split("`")[1] for message in told] == list(never)


def test_filters_of_events_and_items_are_looked_at_too() -> None:
    """What a path holds need not be a whole number."""
    filtered = {
        "priced": {"count": "Product Viewed", "where": "price > 5 && price < 3 || price < 0"},
        "bought": {"count": "Order Completed", "items": "quantity >= 2 && quantity <= 1"},
        "between": {"count": "Product Viewed", "where": "price > 2 && price < 3 && price == 2.5"},
    }
    assert [(one.path, one.message) for one in definition(filtered, {}).warnings] == [
        ("features.priced.where", "`price > 5 && price < 3` never holds: no number is all of that"),
        ("features.bought.items", "`quantity >= 2 && quantity <= 1` never holds: no number is all of that"),
    ]
