"""What people write in definitions by habit - SQL, Python, a word processor, YAML - and what they are told to write."""

from __future__ import annotations

import pytest

from livesegments.core.definition import parse_definition
from livesegments.core.errors import DefinitionError

FEATURES = """\
features:
  orders: {count: Order Completed}
  country: {trait: country}
  vip: {trait: vip}
"""


def told(text: str) -> str:
    with pytest.raises(DefinitionError) as raised:
        parse_definition(text, "d.yaml")
    return str(raised.value)


CONDITIONS = [
    ("orders == 1 AND vip", "and is `&&`"),
    ("NOT vip", "not is `!`"),
    ('country not in ["DE"]', "not is `!`"),
    ("orders <> 1", "not equal is `!=`"),
    ("orders => 1", "write `>=`"),
    ("orders =< 1", "write `<=`"),
    ("country IS NOT NULL", "`has(x)` whether there is one"),
    ("orders between 1 and 5", "write `1 <= x && x <= 5`"),
    ('country in ("DE", "AT")', "a list stands in brackets"),
    ('country IN ["DE"]', "small letters"),
    ("orders > 1,000", "numbers have no commas"),
    ("orders > 5%", "numbers have no unit"),
    ("orders > $5", "numbers have no currency"),
    ("orders > 30 days", "numbers have no units"),
    ("country == “DE”", "straight quotes"),
    ("country == ‘DE’", "straight quotes"),
    ("orders ≥ 1", "write `>=`"),
    ("orders > −1", "minus is `-`"),
    ("orders\u00a0> 1", "does not see"),
    ("orders >\u200b 1", "does not see"),
    ('country like "D%"', "x.contains"),
    ("vip == True", "write true"),
    ("vip == NULL", "write null"),
    ("ORDERS > 1", 'did you mean "orders"?'),
]


@pytest.mark.parametrize(("condition", "hint"), CONDITIONS)
def test_a_habit_of_another_language_is_told_with_what_to_write(condition: str, hint: str) -> None:
    found = told(f"{FEATURES}segments:\n  s:\n    when: >-\n      {condition}\n")
    assert found.startswith("d.yaml:7 segments.s.when: ")
    assert hint in found
    assert "\n" not in found


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("features:\n  a: {sum: A, of: $.revenue}", "write revenue for $.revenue"),
        ("features:\n  a: {sum: A, of: 'products[0].price'}", "write products.price for products[0].price"),
        ("timezone: europe/berlin", 'did you mean "Europe/Berlin"?'),
        ("timezone: Europe/Berln", 'did you mean "Europe/Berlin"?'),
        ("features:\n\ta: {count: A}", "indent with spaces"),
        ("features:\n  a: {count: A", "close the bracket: {"),
        ("features:\n  a: {count: [A}", "close the bracket: ["),
        ("segments:\n  a: {when: 'country in ['DE']'}", "close the bracket"),
        ("segments:\n  a:\n    when: 'country in ['DE']'", "with double ones"),
        ('segments:\n  a:\n    when: "DE" == x: y', "single quotes"),
        ('{"type": "track"}\n{"type": "track"}', "these look like events"),
        ("predictions:\n  p: {will: A, within: 1d, model: logistic}", 'did you mean "logistic_regression"?'),
        ("limits: {refuse_users: [undefined, 0]}", "found a list with 0: ids are texts, in quotes"),
        ("features:\n  a: {<<: 5, count: A}", 'unknown option of `count` "<<"'),
    ],
)
def test_a_slip_in_an_option_is_told_with_what_to_write(text: str, hint: str) -> None:
    assert hint in told(text)


def test_event_names_in_quotes_of_print_are_a_warning() -> None:
    made = parse_definition("features:\n  a: {count: “Order Completed”}\n  b: {count: 'Order Completed '}\n", "d.yaml")
    assert [warning.message for warning in made.warnings] == [
        "the event name is '“Order Completed”', with all its signs and spaces; did you mean 'Order Completed'?",
        "the event name is 'Order Completed ', with all its signs and spaces; did you mean 'Order Completed'?",
    ]


def test_merge_keys_of_yaml_are_read_and_own_keys_win() -> None:
    text = "features:\n  a: &a {count: A, within: 7d}\n  b: {within: 30d, <<: *a}\n  c: {<<: [{within: 1d}, *a]}\n"
    plain = "features:\n  a: {count: A, within: 7d}\n  b: {count: A, within: 30d}\n  c: {count: A, within: 1d}\n"
    merged, expected = parse_definition(text, "d.yaml").features, parse_definition(plain, "d.yaml").features
    assert {name: spec.content for name, spec in merged.items()} == {n: spec.content for n, spec in expected.items()}
    assert merged.keys() == {"a", "b", "c"}


def test_a_definition_in_json_has_the_characters_that_its_escapes_mean() -> None:
    made = parse_definition('{"features": {"a": {"count": "\\ud83d\\uded2"}}}', "d.yaml")
    assert made.features["a"].content == parse_definition("features: {a: {count: 🛒}}", "d.yaml").features["a"].content
    assert "d.yaml:2 expected characters, found half" in told('features:\n  a: {count: "\\ud83d"}')


def test_aliases_that_grow_beyond_all_bounds_are_a_mistake() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    assert "expected at most 500,000 values, found more" in told("\n".join(rows))
