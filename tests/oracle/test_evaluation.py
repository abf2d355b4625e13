"""The evaluator of conditions against the CEL binding, and what the contract asks beyond it."""

import math
import re
from random import Random
from typing import Any

import cel
import pytest

from oracle.evaluation import UNKNOWN, Unknown, evaluate
from oracle.expressions import Node, names_in, parse, parts_of

NAMES: dict[str, list[Any]] = {
    "a": [None, 0, 1, 2.5, -3],
    "b": [None, 1, 2, 0.1, 1e308],
    "t": [None, "", "shoes", "bags", 4, True],
    "u": [True, False, None, "true"],
    "l": [None, [], ["shoes"], ["bags", "shoes"], [1.0, "x"], "shoes"],
}


def draw(random: Random, depth: int = 0) -> str:
    """Draw an expression of the subset, sensible or not."""
    if depth == 3 or not random.randrange(4):
        leaves = ["1.0", "0.0", "2.5", "'shoes'", '""', "true", "false", "null", "['shoes', 1.0]", "[]"]
        return random.choice([*NAMES, *NAMES, *leaves, "(a > 1.0)", "(b < 2.0)", "(t == 'shoes')"])
    x, y, z = (draw(random, depth + 1) for _ in range(3))
    name = random.choice(list(NAMES))
    forms = [
        *(f"({x} {sign} {y})" for sign in ("&&", "||", "==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/")),
        *(
            f"({x} && {y})",
            f"({x} || {y})",
            f"!({x})",
            f"-(a + {x})",
            f"({x} ? {y} : {z})",
            f"size({x})",
            f"has({name})",
        ),
        *(f"({x}).contains({y})", f"t.startsWith({y})", f"t.endsWith({y})", f"[{x}, {y}]"),
    ]
    return random.choice(forms)


def by_binding(source: str, names: dict[str, Any]) -> Any:
    """Evaluate with the binding, in the mapping of contract section 3."""
    source = re.sub(r"has\((\w+)\)", r"(\1 != null)", source).replace("size(", "double(size(")
    source = close_doubles(source)
    try:
        value = cel.evaluate(source, {name: as_double(value) for name, value in names.items()})
    except (TypeError, RuntimeError, ValueError):
        return UNKNOWN
    return UNKNOWN if isinstance(value, float) and not math.isfinite(value) else value


def close_doubles(source: str) -> str:
    """Add the second closing bracket that `double(size(x))` needs, the innermost first."""
    opening = "double(size("
    start = source.rfind(opening)
    while start >= 0:
        depth, end = 1, start + len(opening)
        while depth:
            depth += {"(": 1, ")": -1}.get(source[end], 0)
            end += 1
        source = source[:end] + ")" + source[end:]
        start = source.rfind(opening, 0, start)
    return source


def as_double(value: Any) -> Any:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def has_hidden_infinity(node: Node, names: dict[str, Any]) -> bool:
    """Say whether some quotient, product or sum inside is not finite: the contract calls that unknown at once."""
    for part in parts_of(node):
        if part[0] in ("+", "-", "*", "/"):
            left, right = (evaluate(side, names.get) for side in part[1:])
            if isinstance(left, float) and isinstance(right, float) and evaluate(part, names.get) is UNKNOWN:
                return True
    return False


def test_evaluator_answers_as_the_binding_does() -> None:
    seen: dict[str, int] = {}
    for seed in range(4_000):
        random = Random(seed)
        source = draw(random)
        names = {name: random.choice(values) for name, values in NAMES.items()}
        if has_hidden_infinity(parse(source), names):
            continue
        value = evaluate(parse(source), names.get)
        expected = by_binding(source, names)
        assert same(value, expected), f"{source} with {names}: {value!r}, the binding says {expected!r}"
        seen[type(value).__name__] = seen.get(type(value).__name__, 0) + 1
    assert min(seen[name] for name in ("bool", "float", "str", "list", "Unknown", "NoneType")) > 20


def same(value: Any, expected: Any) -> bool:
    if isinstance(value, Unknown) or isinstance(expected, Unknown):
        return value is expected
    if isinstance(value, list):
        # A list with an unknown item is unknown as a whole; the binding never gives one.
        return isinstance(expected, list) and len(value) == len(expected) and all(map(same, value, expected))
    return type(value) is type(expected) and value == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1 / 0 > 5", UNKNOWN),
        ("1e308 * 10 > 1", UNKNOWN),
        ("x < 1", UNKNOWN),
        ("x < 1 && false", False),
        ("true || x < 1", True),
        ("x < 1 || true", True),
        ("!(x < 1)", UNKNOWN),
        ("x == null", True),
        ("x == 1", False),
        ("x != 1", True),
        ("has(x)", False),
        ("x in [1]", False),
        ("1 == '1'", False),
        ("1 < '1'", UNKNOWN),
        ("true ? 1 : x < 1", 1.0),
        ("x < 1 ? 1 : 1", UNKNOWN),
        ("1 + 2 * 3 == 7 && -2 - -1 == -1", True),
        ("2 - 1 - 1 == 0", True),
        ("1 < 2 == true", True),
        ("false && false || true", True),
        ("'a' + \"b\" == 'ab'", True),
        ("[1] + ['x'] == [1, 'x']", True),
        ("size([1, 2]) + size('abc')", 5.0),
        ("'shoes'.startsWith('sh')", True),
        ("'it\\'s'", "it's"),
        ('"a\\u00e9\\n\\""', 'aé\n"'),
        ("products.brand.contains('x')", UNKNOWN),
    ],
)
def test_conditions_by_hand(source: str, expected: Any) -> None:
    assert evaluate(parse(source), lambda _: None) == expected


def test_names_are_paths_and_methods_are_not() -> None:
    assert names_in(parse("a.b.contains('c') && has(d.e) || size(f) in g")) == {"a.b", "d.e", "f", "g"}


@pytest.mark.parametrize("source", ["", "1 +", "a b", "(a", "f(x)", "a.size()", "[1, 2", "'x", "a = b", "a ? b"])
def test_broken_conditions_are_refused(source: str) -> None:
    with pytest.raises((ValueError, IndexError)):
        parse(source)
