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
  idle: {days_since: A}
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
    ("3 < orders < 5", "write `3 < orders && orders < 5`"),
    ("1 <= orders + 1 <= 5", "write `1 <= orders + 1 && orders + 1 <= 5`"),
    ("max(orders, 3) > 3", "unknown function `max`; write `a > b ? a : b`, at column 1"),
    ("vip == true && min(orders, (3)) > 3", "unknown function `min`; write `a < b ? a : b`, at column 16"),
    ("if(orders > 1, true, false)", "unknown function `if`; write `a ? b : c`"),
    ("now() > 3", "unknown function `now`; what time changes is a feature"),
    ("abs(orders) > 3", "unknown function `abs`; write `x < 0 ? -x : x`"),
    ('contains(country, "D")', "unknown function `contains`; write x.contains"),
    ("round(orders, 2) > 3", "unknown function `round`; there are has(name)"),
    ("idle * 24 > 3", "Write `idle > 3 / 24`, at column 1"),
    ("idle + 1 == 3", "numbers on the other side for + - * /"),
]


@pytest.mark.parametrize(("condition", "hint"), CONDITIONS)
def test_a_habit_of_another_language_is_told_with_what_to_write(condition: str, hint: str) -> None:
    found = told(f"{FEATURES}segments:\n  s:\n    when: >-\n      {condition}\n")
    assert found.startswith("d.yaml:8 segments.s.when: ")
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
        ("segments:\n  a: {when: 'orders_30d > 1'}", 'unknown name "orders_30d"; names are features and segments'),
    ],
)
def test_a_slip_in_an_option_is_told_with_what_to_write(text: str, hint: str) -> None:
    assert hint in told(text)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("features:\n  a: {avg: A, of: r}", 'did you mean "mean"?'),
        ("features:\n  a: {Average: A, of: r}", 'did you mean "mean"?'),
        ("features:\n  a: {unique: A, of: r}", 'did you mean "distinct"?'),
        ("features:\n  a: {count-distinct: A, of: r}", 'did you mean "distinct"?'),
        ("features:\n  a: {sequence: [A, B], in: 1d}", 'did you mean "followed"?'),
        ("features:\n  a: {funnel: [A, B], in: 1d}", 'did you mean "followed"?'),
        ("features:\n  a: {percentile: A, of: r}", "there is no percentile: use `mean`, `min` or `max`, or count"),
        ("features:\n  a: {median: A, of: r}", "there is no median: use `mean`"),
        ("features:\n  a: {streak: A}", "there is no streak: read a calendar window for each length"),
        ("features:\n  a: {count: A, filter: 'x == 1'}", 'did you mean "where"?'),
        ("features:\n  a: {sum: A, property: r}", 'did you mean "of"?'),
        ("segments:\n  a: {condition: 'true'}", 'did you mean "when"?'),
        ("segments:\n  a: {rule: 'true'}", 'did you mean "when"?'),
        ("segments:\n  a: {filter: 'true'}", 'did you mean "when"?'),
        ("segments:\n  a: {when: 'true', exit: 'true'}", 'did you mean "exit_when"?'),
        (
            "segments:\n  Lapsed VIPs (90 days): {when: 'true'}",
            'write lapsed_vips_90_days, and title: "Lapsed VIPs (90 days)"',
        ),
        ("audiences:\n  a: {when: 'true'}", 'did you mean "segments"?'),
        ("features:\n  a: {smu: A, of: r}", 'did you mean "sum"?'),
    ],
)
def test_the_word_of_another_tool_is_told_with_ours(text: str, hint: str) -> None:
    assert hint in told(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("features:\n  a: {sun: A, of: r}", 'did you mean "sum"?'),
        ("features:\n  a: {sum: A, total: r}", "there are: "),  # `sum` is there already
        ("features:\n  a: {count: A, since: [2017-06-01]}", 'found the date "2017-06-01"'),
        ("features:\n  q: {days_since: A}\n  a: {value: 'q * 24 > 3'}", "write the comparison in the segment"),
        ("features:\n  q: {days_since: A}\nsegments:\n  a: {when: 'q + \"x\" > 3'}", "numbers on the other side"),
        ("segments:\n  a: {when: 'count(b) > 3'}", "count events in a feature"),
        ("segments:\n  a: {when: 'and(b > 3, c > 3)'}", "write `a && b`"),
        ("features:\n  a: {count: A}\nsegments:\n  b: {when: '1 < a < 5 < 9'}", "write `1 < a && a < 5 && 5 < 9`"),
    ],
)
def test_what_is_told_to_write_can_be_written(text: str, message: str) -> None:
    assert message in told(text)


@pytest.mark.parametrize("word", ["stroke", "pearl", "plume", "filter"])
def test_a_word_that_is_far_from_all_is_told_without_a_guess(word: str) -> None:
    assert told(f"features:\n  a: {{{word}: A, of: r}}").endswith(f'found "{word}"')


@pytest.mark.parametrize(
    ("duration", "hint"),
    [
        ("30", "found '30'; write 30d for days, 30h for hours"),
        ("1.5", "; write 1.5d for days, 1.5h for hours"),
        ("30 days", "found '30 days'; write 30d"),
        ("30D", "; write 30d"),
        ("90 Minutes", "; write 90m"),
        ("1d12h", "; write 36h"),
        ("1 day, 30 min", "; write 1470m"),
        ("1w 1d", "; write 8d"),
        ("2 months", "; write 60d"),
        ("1y", "; write 365d"),
        ("P30D", "; write 30d"),
        ("PT15M", "; write 15m"),
        ("month", "; write {calendar: month} for this month of the calendar, or 30d for the last 30 days"),
        ("this week", "; write {calendar: week} for this week of the calendar, or 7d for the last 7 days"),
        ("quarter", "; there is no quarter: {calendar: month, last: 3} is this month and the two before it"),
    ],
)
def test_a_duration_of_another_tool_is_told_with_ours(duration: str, hint: str) -> None:
    assert hint in told(f"features:\n  a: {{count: A, within: '{duration}'}}")


@pytest.mark.parametrize(
    "duration",
    [
        "M",
        "1000 years",
        "3M",
        "P1M",
        "two days",
        "-3d",
        "30 parsecs",
        "1d 2",
        "d12",
        "0 days",
        "0",
        "",
        "1" * 400 + "d 1h",
    ],
)
def test_what_may_mean_anything_is_told_without_a_guess(duration: str) -> None:
    found = told(f"features:\n  a: {{count: A, within: '{duration}'}}")
    assert found.endswith(f"expected a duration such as 30s, 15m, 12h, 7d or 2w, found '{duration}'")


@pytest.mark.parametrize("duration", ["0d", "200000d"])
def test_a_duration_of_ours_out_of_bounds_is_told_with_the_bounds(duration: str) -> None:
    found = told(f"features:\n  a: {{count: A, within: {duration}}}")
    assert found.endswith(f"expected a duration between 1 ms and 130 years, found '{duration}'")


def test_a_dwell_has_no_window_of_the_calendar() -> None:
    assert told("segments:\n  a: {when: 'true', min_dwell: month}").endswith("found 'month'; write 30d")


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
