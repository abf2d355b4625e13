"""What is a condition, and what the errors say."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.conditions.texts import Pair, conditions
from livesegments.core.conditions import (
    LENGTH_MAX,
    ConditionError,
    Node,
    canonical,
    compile_condition,
    compile_value,
    names,
    parse,
)
from livesegments.core.conditions.builder import NESTING_MAX

ERRORS = [
    ("", 1, "expected a value, found the end"),
    ("a +", 4, "expected a value, found the end"),
    ("a = 3", 3, "equality is `==`"),
    ("a & b", 3, "and is `&&`"),
    ("a and b", 3, "and is `&&`"),
    ("not a", 5, "expected an operator or the end, found `a`"),
    ("a b", 3, "expected an operator or the end, found `b`; a name with a space stands in backquotes"),
    ("a index", 3, "found `index`"),
    ("(a", 3, "expected `)`, found the end"),
    ("a)", 2, "found `)`"),
    ("[a", 3, "`,`"),
    ("[,]", 2, "expected a value or `]`, found `,`"),
    ("a ? b", 6, "expected `:`, found the end"),
    ("a ? b ? c : d : e", 7, "found `?`"),
    ("'a", 1, "closing quote"),
    ("'a\nb'", 1, "closing quote"),
    ("x == 'a\\q'", 8, "unknown escape \\q"),
    ("'\\ud800'", 2, "is no character"),
    ("'\\U00110000'", 2, "is no character"),
    ("'\\400'", 2, "unknown escape \\4"),
    ("'\ud800'", 2, "surrogate"),
    ("a + 1e400", 5, "too large"),
    ("5.", 3, "expected a name"),
    ("0x10", 2, "found `x10`"),
    ("1u", 2, "found `u`"),
    ("a % 2", 3, "`%` has no meaning here"),
    ("é", 1, "`é` has no meaning here"),
    ("a\x0b", 2, "`\\x0b` has no meaning here"),
    ("a // b", 4, "found `/`"),
    ("!-a", 2, "found `-`"),
    ("-!a", 2, "found `!`"),
    ("loop == 1", 1, "`loop` is a reserved word"),
    ("in == 1", 1, "found `in`"),
    ("a.b == 1", 3, "a name without dots"),
    ("round(a)", 1, "unknown function `round`"),
    ("a.matches('b')", 3, "unknown method `matches`"),
    ("a.size()", 8, "expected a value, found `)`"),
    ("has(3)", 5, "has() needs a name, found `3`"),
    ("has(a + b)", 5, "has() needs a name, found `a + b`"),
    ("has(a.b)", 7, "a name without dots"),
    ("has()", 5, "found `)`"),
    ("{'a': 1}", 1, "`{` has no meaning here"),
    ("a[0]", 2, "found `[`"),
]


@pytest.mark.parametrize(("text", "column", "message"), ERRORS)
def test_an_error_says_where_and_what(text: str, column: int, message: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse(text)
    assert message in caught.value.message
    assert caught.value.column == column
    assert str(caught.value) == f"column {column}: {caught.value.message}"


PATHS = [
    ("category == 'shoes'", ("category",)),
    ("products.brand == 'b'", ("products.brand",)),
    ("context . device\n.type == 'm'", ("context.device.type",)),
    ("a.b.contains(c.d)", ("a.b", "c.d")),
    ("has(traits.plan) && size(a.size.b) > 0", ("traits.plan", "a.size.b")),
    ("contains.contains('x')", ("contains",)),
    ("a.package == 1", ("a.package",)),
]


@pytest.mark.parametrize(("text", "expected"), PATHS)
def test_where_conditions_have_dotted_names(text: str, expected: tuple[str, ...]) -> None:
    assert names(parse(text, paths=True)) == expected


@pytest.mark.parametrize(
    "text", ["(a).b", "'a'.b", "a.in", "a.b.", "a..b", ".a", "package.a", "a.b()", "size(a).b", "1.b"]
)
def test_only_names_have_fields(text: str) -> None:
    with pytest.raises(ConditionError):
        parse(text, paths=True)


STRINGS = [
    (r'"a\"b"', 'a"b'),
    (r"'a\'b'", "a'b"),
    (r"'\a\b\f\n\r\t\v\\\?\`'", "\a\b\f\n\r\t\v\\?`"),
    (r"'\x41\X41\101\u00e9\U0001F600'", "AAAé😀"),
    (r"'\377'", "ÿ"),
    (r"'\\n'", "\\n"),
    ("''", ""),
    ('"\'"', "'"),
    ("'\u2028\t'", "\u2028\t"),
]


@pytest.mark.parametrize(("text", "expected"), STRINGS)
def test_strings_have_the_escapes_of_cel(text: str, expected: str) -> None:
    assert canonical(parse(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("3", 3.0), (".5", 0.5), ("1e3", 1000.0), ("1.5E-1", 0.15), ("007", 7.0), ("-2", -2.0)]
)
def test_numbers_are_doubles(text: str, expected: float) -> None:
    assert repr(canonical(parse(text))) == repr(expected)


def test_a_condition_may_be_as_long_as_the_limit() -> None:
    text = " || ".join(["a"] * 2000)[:LENGTH_MAX].rstrip(" |")
    assert compile_condition(parse(text), {"a": 0})([None]) is None
    with pytest.raises(ConditionError, match="at most"):
        parse(" " * LENGTH_MAX + "a")


DEEP = [
    "({})",
    "!({})",
    "-({})",
    "[{}]",
    "1 + ({})",
    "a == ({})",
    "({}) in [a]",
    "size({})",
    "a.contains({})",
    "{} + a",
]
DEEP += ["a && ({})", "({} ? a : a)", "a ? a : {}", "({}).startsWith('a')", "(a ? {} : 1) < 2", "has(a) == ({})"]


@pytest.mark.parametrize("template", DEEP)
@pytest.mark.parametrize("count", [10_000, 2_000, NESTING_MAX + 1])
def test_nesting_beyond_the_limit_is_refused(template: str, count: int) -> None:
    text = template.split("{}")[0] * count + "a" + template.split("{}")[1] * count
    with pytest.raises(ConditionError):
        parse(text)


@pytest.mark.parametrize("template", DEEP)
def test_nesting_up_to_the_limit_compiles(template: str) -> None:
    before, after = template.split("{}")
    for count in range(NESTING_MAX):
        try:
            node = parse(before * count + "a" + after * count)
        except ConditionError:
            break
        for value in (None, True, 1, 1.0, "a", ["a"]):
            compile_value(node, {"a": 0})([value])
    assert count >= NESTING_MAX // 3


def read(text: str, paths: bool) -> Node | None:
    try:
        return parse(text, paths=paths)
    except ConditionError as error:
        column = error.column
    assert 1 <= column <= len(text) + 1
    return None


@given(st.text(max_size=200), st.booleans())
@example("(" * 10_000, False)
@example("-" * 10_000, False)
@example("!" * 9_999 + "a", False)
@example("a." * 4_999 + "a", True)
@example("a" + "?a:a" * 2_000, False)
@example("'\ud800'", False)
@settings(max_examples=300)
def test_any_text_is_a_condition_or_an_error(text: str, paths: bool) -> None:
    read(text, paths)


SIGNS = st.sampled_from(
    ["a", "b.c", "1", "'s'", "(", ")", "[", "]", "!", "-", "+", "&&", "||", "==", "<", " in ", "?", ":", "."]
)


@given(
    st.lists(st.one_of(SIGNS, st.sampled_from(["has(", "size(", ",", "null", "in", "=", '"', "\\", "1e999"]))),
    st.booleans(),
)
@settings(max_examples=500)
def test_any_row_of_signs_is_a_condition_or_an_error(signs: list[str], paths: bool) -> None:
    node = read("".join(signs), paths)
    if node is not None:
        compile_value(node, dict.fromkeys(names(node), 0))([None])


@given(conditions())
@settings(max_examples=200)
def test_two_accepted_texts_in_a_group_are_the_same_tree(pair: Pair) -> None:
    try:
        node = parse(pair.ours)
    except ConditionError:
        return
    assert canonical(parse(f"  ({pair.ours}\n)")) == canonical(node)
