"""Definitions that can never match are mistakes: told with line, path and what to write."""

from __future__ import annotations

from typing import Any

import pytest

from core.samples import definition
from livesegments.core.definition import parse_definition
from livesegments.core.errors import DefinitionError

FEATURES: dict[str, Any] = {
    "spent": {"sum": "Order Completed", "of": "revenue"},
    "brands": {"top": "Order Completed", "of": "products.brand"},
    "newest": {"recent": "Order Completed", "of": "products.brand"},
    "season": {"peak": "Order Completed", "by": "season"},
    "country": {"trait": "country"},
    "score": {"value": "spent * 2"},
}


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ('spent > "100"', '`spent` is a number, `"100"` a text; write 100 without quotes'),
        ("spent == 'x'", "`spent == 'x'` never holds: `spent` is a number, `'x'` a text"),
        ('spent.startsWith("5")', "`startsWith` is for texts"),
        ("size(spent) > 1", "`size` is for texts and lists"),
        ('spent in ["a", "b"]', "`spent` is a number, the list has a text"),
        ("spent in season", "after `in` stands a list, `season` is a text"),
        ("spent", "`spent` is a number and no condition: compare it, such as `spent > 0`"),
        ('"a" && true', '`"a"` is a text and no condition'),
        ("!spent", "`spent` is a number and no condition"),
        ("spent ? true : false", "`spent` is a number and no condition"),
        ('brands == "A"', '`brands` is a list, `"A"` a text; write `"A" in brands`'),
        ('brands.contains("A")', 'for a list write `"..." in brands`'),
        ("season - 1 > 2", "`season - 1` never has a value: `season` is a text"),
        ("season - season > 1", "`season - season` never has a value: `season` is a text"),
        ("brands < newest", "`brands < newest` never holds: `brands` is a list, `newest` a list"),
        ('newest == "A"', '`newest` is a list, `"A"` a text; write `"A" in newest`'),
        ("season > 1", "`season` is a text, `1` a number"),
        ('spent + "x" == "5x"', '`spent + "x"` never has a value'),
        ("-season > 1", "`-` is for numbers"),
        ("(spent > 1 ? brands : []) == 5", "is a list, `5` a number"),
    ],
)
@pytest.mark.parametrize("key", ["when", "exit_when"])
def test_a_condition_over_the_wrong_kind_is_a_mistake(condition: str, message: str, key: str) -> None:
    segment = {"when": "has(country)", key: condition}
    with pytest.raises(DefinitionError) as caught:
        definition(FEATURES, {"s": segment})
    (problem,) = caught.value.problems
    assert problem.path == f"segments.s.{key}"
    assert message in problem.message


def test_whom_a_clustering_takes_is_looked_at_too() -> None:
    def made(when: str) -> Any:
        return definition(FEATURES, clusters={"c": {"features": ["spent"], "when": when}})

    with pytest.raises(DefinitionError) as caught:
        made('spent > "100"')
    (problem,) = caught.value.problems
    assert (problem.path, "write 100 without quotes" in problem.message) == ("clusters.c.when", True)
    (warning,) = made("spent > 5 && spent < 3").warnings
    assert (warning.path, "never holds" in warning.message) == ("clusters.c.when", True)


@pytest.mark.parametrize(
    "condition",
    [
        "spent > 100 && country == 'DE'",
        "country > 5",
        "country",
        "spent == null || brands != null",
        "'A' in brands && size(brands) > 1",
        "brands + ['x'] == ['A', 'x']",
        "spent in [1, 'a']",
        "season.contains('er') && season < 'x'",
        "brands != 'A'",
        "(country ? 1 : 'a') == 'a'",
        "s2 && !s2",
    ],
)
def test_a_condition_that_may_hold_is_none(condition: str) -> None:
    assert definition(FEATURES, {"s": {"when": condition}, "s2": {"when": "spent > 1"}}).warnings == ()


@pytest.mark.parametrize(
    ("feature", "path", "message"),
    [
        ({"sum": "X", "of": "properties.revenue"}, "of", "write revenue for properties.revenue"),
        ({"top": "X", "of": ["a", "properties.b"]}, "of", "write b for properties.b"),
        ({"count": "X", "where": 'properties.coupon == "X"'}, "where", "write coupon for properties.coupon"),
        ({"trait": "traits.plan"}, "trait", "write plan"),
        ({"count": "X", "where": 'utm-source == "mail"'}, "where", "a name with a `-` in it stands in backquotes"),
        ({"count": "X", "where": 'products.brand == "A"'}, "where", 'write `"A" in products.brand`'),
    ],
)
def test_a_path_that_is_none_is_a_mistake(feature: dict[str, Any], path: str, message: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        definition({"f": feature})
    (problem,) = caught.value.problems
    assert problem.path == f"features.f.{path}"
    assert message in problem.message


def test_a_text_that_yaml_reads_as_a_number_is_a_mistake() -> None:
    text = "features:\n  f: {share: X, of: zip,\n      equals: %s}\n"
    with pytest.raises(DefinitionError, match=r'segments.yaml:3 features.f.equals: YAML reads 01234.*write "01234"'):
        parse_definition(text % "01234")
    for fine in ('"01234"', "1234", "0", "0.5"):
        parse_definition(text % fine)


def test_what_is_only_likely_to_be_a_mistake_is_a_warning() -> None:
    made = definition(
        FEATURES | {"f": {"count": "X", "where": "utm-source > 3"}, "g": {"count": "X", "where": "a - b > 3"}},
        {"s": {"when": 'country > 5 && country == "DE"'}, "t": {"when": 'score == "high"'}},
    )
    assert [(warning.path, warning.message.split(":")[0]) for warning in made.warnings] == [
        ("segments.s.when", "`country` is compared with a number and a text, joined by `&&`"),
        ("segments.t.when", '`score == "high"` never holds'),
        ("features.f.where", "`utm-source` is a subtraction; a name with a `-` in it stands in backquotes"),
    ]
