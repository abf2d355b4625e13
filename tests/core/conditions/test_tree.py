"""Clauses, names and the canonical form."""

import json
from itertools import product
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.conditions.binding import quote
from core.conditions.texts import Pair, conditions
from livesegments.core.conditions import ConditionError, Node, as_it_counts, canonical, clauses, names, parse
from livesegments.core.conditions.tree import Constant, Logic, Name, Not, walk

CLAUSES = [
    ("orders == 1 && days_since_order > 30", ["orders == 1", "days_since_order > 30"]),
    ("  a  ", ["a"]),
    ("(orders == 1)", ["orders == 1"]),
    ("!(a  ==  1) || b", ["a  ==  1", "b"]),
    ("(a + b) > (c)", ["(a + b) > (c)"]),
    ("a && (b || !c && d > 1)", ["a", "b", "c", "d > 1"]),
    ("a && b ? c > 1 : d", ["a", "b", "c > 1", "d"]),
    ("a ? c > 1 : d", ["a ? c > 1 : d"]),
    ("(a && b ? 3 : 4) > x", ["a", "b", "3", "4", "x"]),
    ("!!a", ["a"]),
    ("a != b", ["a != b"]),
    ("x == '&& ||'", ["x == '&& ||'"]),
    ("has(a) && !has(b)", ["has(a)", "has(b)"]),
    ("a &&\n  b in\n  ['x',]", ["a", "b in\n  ['x',]"]),
    ("(a).contains('b') && true", ["(a).contains('b')", "true"]),
    ("-(a) < 3 && [a, b] == c", ["-(a) < 3", "[a, b] == c"]),
    ("size(a) > 1 && a.endsWith( 'b' )", ["size(a) > 1", "a.endsWith( 'b' )"]),
]


@pytest.mark.parametrize(("text", "expected"), CLAUSES)
def test_clauses_are_the_largest_parts_without_logic(text: str, expected: list[str]) -> None:
    assert [clause.text for clause in clauses(parse(text))] == expected


def test_names_come_once_in_text_order() -> None:
    assert names(parse("b > a && has(c) || a in [d, b]")) == ("b", "a", "c", "d")


def test_a_clause_tells_its_names() -> None:
    assert [clause.names for clause in clauses(parse("b > a && 3 < 4"))] == [("b", "a"), ()]


@pytest.mark.parametrize(
    ("text", "counting"),
    [
        ("!a", ["!a"]),
        ("!!a && !!!b", ["a", "!b"]),
        ('!(country in ["DE"]) || c', ['!(country in ["DE"])', "c"]),
        ("!(a > 1 && !(b == 2 || !has(c)))", ["!(a > 1)", "b == 2", "!has(c)"]),
        ("!(a.contains('x'))", ["!a.contains('x')"]),
        ("!`one name`", ["!`one name`"]),
        ("!(a ? b : c)", ["!(a ? b : c)"]),
        ("!(!a ? b : !c)", ["!a", "!b", "c"]),  # what is tested decides between the two, and is itself not negated
        ("!((a || !b) == c)", ["a", "!b", "c"]),
    ],
)
def test_a_clause_counts_with_the_signs_above_it(text: str, counting: list[str]) -> None:
    found = clauses(parse(text))
    assert [as_it_counts(clause.text, None, clause.negated)[0] for clause in found] == counting


LETTERS = ["a", "b", "c", "d", "e"]


@given(st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_a_clause_that_counts_as_met_never_speaks_against_the_condition(seed: int) -> None:
    """Each letter stands once: where its answer matters, the one that counts as met is the one that helps."""
    chance = Random(seed)
    parts = LETTERS[: chance.randint(1, 5)]
    texts = list(parts)
    while len(texts) > 1 or chance.random() < 0.5:
        place = chance.randrange(len(texts))
        if len(texts) > 1 and place and chance.random() < 0.6:
            texts[place - 1 : place + 1] = [f"({texts[place - 1]} {chance.choice(['&&', '||'])} {texts[place]})"]
        else:
            texts[place] = f"!{texts[place]}"
    read = texts[0].replace("&&", "and").replace("||", "or").replace("!", " not ")
    for clause in clauses(parse(texts[0])):
        helps = set()
        for answers in product([True, False], repeat=len(parts)):
            values = dict(zip(parts, answers, strict=True))
            if eval(read, {}, values) and not eval(read, {}, values | {clause.text: not values[clause.text]}):
                helps.add(as_it_counts(clause.text, values[clause.text], clause.negated)[1])
        assert helps == {True}


def accepted(pair: Pair) -> Node:
    try:
        return parse(pair.ours)
    except ConditionError:
        assume(False)
        raise


@pytest.mark.thorough
@given(conditions())
@settings(max_examples=200)
def test_clauses_cover_every_name_and_no_logic(pair: Pair) -> None:
    node = accepted(pair)
    found = clauses(node)
    assert [part.name for part in walk(node) if isinstance(part, Name)] == [
        part.name for clause in found for part in walk(clause.node) if isinstance(part, Name)
    ]
    assert not any(isinstance(part, Logic | Not) for clause in found for part in walk(clause.node))
    starts = [clause.node.span.start for clause in found]
    assert starts == sorted(starts)
    for clause in found:
        assert clause.text == clause.text.strip(" \t\r\n\f")
        assert canonical(parse(clause.text)) == canonical(clause.node)


SAME = [
    ("a==1&&b", " a == 1.0\n&& (b) "),
    ("x in ['a']", 'x in ["\\x61",]'),
    ("3", "3.0"),
    ("-3", "-(3)"),
    ("!!a", "a"),
    ("1e2", "100"),
]
DIFFERENT = [
    ("a == 1", "1 == a"),
    ("'a'", "a"),
    ("true", "'true'"),
    ("true", "1"),
    ("0", "false"),
    ("null", "'null'"),
    ("a - b - c", "a - (b - c)"),
    ("[a]", "a"),
    ("has(a)", "size(a)"),
    ("'name'", "name"),
    ("['name', 'a']", "a"),
    ("a.contains('b')", "a.startsWith('b')"),
    ("a < b", "a <= b"),
    ("-a", "!a"),
]


def frozen(text: str) -> str:
    return json.dumps(canonical(parse(text)), sort_keys=True, allow_nan=False)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_layout_and_quotes_do_not_count(one: str, other: str) -> None:
    assert frozen(one) == frozen(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_conditions_have_different_forms(one: str, other: str) -> None:
    assert frozen(one) != frozen(other)


def test_the_canonical_form_never_changes() -> None:
    text = "a == 1 && !has(b) || size(c) in [1, 'x', null] ? -d + 2 : e.startsWith('f')"
    assert frozen(text) == (
        '["?:", ["||", ["&&", ["==", ["name", "a"], 1.0], ["!", ["has", ["name", "b"]]]], '
        '["in", ["size", ["name", "c"]], ["list", 1.0, "x", null]]], '
        '["+", ["negate", ["name", "d"]], 2.0], ["startsWith", ["name", "e"], "f"]]'
    )


def written(form: Any) -> str:
    """Write a canonical form as a condition again."""
    if isinstance(form, str):
        return quote(form)
    if not isinstance(form, list):
        return json.dumps(form)
    head, *parts = form
    if head == "name":
        return str(parts[0])
    texts = [written(part) for part in parts]
    if head in ("has", "size"):
        return f"{head}({texts[0]})"
    if head in ("contains", "startsWith", "endsWith"):
        return f"({texts[0]}).{head}({texts[1]})"
    if head == "list":
        return f"[{', '.join(texts)}]"
    if head == "?:":
        return f"(({texts[0]}) ? ({texts[1]}) : {texts[2]})"
    if head in ("!", "negate"):
        return f"{'-' if head == 'negate' else '!'}({texts[0]})"
    return f"({f' {head} '.join(texts)})"


@pytest.mark.thorough
@given(conditions())
@settings(max_examples=200)
def test_a_condition_can_be_written_from_its_form_and_read_again(pair: Pair) -> None:
    form = canonical(accepted(pair))
    assert canonical(parse(written(form))) == form


def test_a_constant_keeps_its_span() -> None:
    node = parse("a == - 3")
    constant = next(part for part in walk(node) if isinstance(part, Constant))
    assert (constant.value, constant.span.text, constant.span.column) == (-3.0, "- 3", 6)
