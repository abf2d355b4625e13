"""Hypothesis strategies: conditions as a user writes them, beside the same in the CEL of the oracle, and values."""

from typing import Any, NamedTuple

from hypothesis import strategies as st

NAMES = ("a", "b", "c", "d", "e", "size", "true_", "index")


class Pair(NamedTuple):
    """The same condition twice: in our language, and in full CEL."""

    ours: str
    cel: str


def joined(template: str, *parts: Pair) -> Pair:
    return Pair(template.format(*(part.ours for part in parts)), template.format(*(part.cel for part in parts)))


def exact(text: str) -> Pair:
    return Pair(text, text)


CHARACTERS = st.characters(exclude_categories=["Cs"])
SPACES = st.sampled_from(["", "", " ", " ", "  ", "\n", "\t", "\r\n", "\f"])
SIMPLE = {
    "\n": "\\n",
    "\t": "\\t",
    "\r": "\\r",
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\v": "\\v",
    "?": "\\?",
    "`": "\\`",
}


@st.composite
def written_strings(draw: st.DrawFn, text: str) -> str:
    quote = draw(st.sampled_from("\"'"))
    pieces = [quote]
    for character in text:
        code = ord(character)
        forms = [f"\\U{code:08X}"]
        if code < 0x10000:
            forms.append(f"\\u{code:04x}")
        if code < 0x100:
            forms += [f"\\x{code:02x}", f"\\X{code:02X}", f"\\{code:03o}"]
        if character in SIMPLE:
            forms.append(SIMPLE[character])
        forms += ["\\" + character] if character in "\\\"'" else [] if character in "\r\n" else [character] * 4
        if character != quote and character in "\"'":
            forms.append(character)
        pieces.append(draw(st.sampled_from(forms)))
    return "".join(pieces) + quote


WORDS = st.one_of(st.sampled_from(["", "shoes", "sho", "é", "e\u0301", "😀", "a\\b"]), st.text(CHARACTERS, max_size=4))
WHOLE = st.one_of(st.integers(0, 3), st.integers(0, 2**64), st.sampled_from([2**53 + 1, 10**15]))
REAL = st.one_of(
    st.sampled_from(
        ["0.0", ".5", "1.5e3", "1E-3", "0.1", "0.2", "0.3", "1e308", "1.7976931348623157e+308", "5e-324", "00.50"]
    ),
    st.floats(0, allow_infinity=False, allow_nan=False).map(repr),
)


def numbers() -> st.SearchStrategy[Pair]:
    return st.one_of(WHOLE.map(lambda whole: Pair(str(whole), f"{whole}.0")), REAL.map(exact))


def names() -> st.SearchStrategy[Pair]:
    return st.sampled_from(NAMES).map(exact)


def constants() -> st.SearchStrategy[Pair]:
    return st.one_of(
        numbers(),
        WORDS.flatmap(written_strings).map(exact),
        st.sampled_from(["true", "false", "null", "[]"]).map(exact),
    )


def has() -> st.SearchStrategy[Pair]:
    return st.sampled_from(NAMES).map(lambda name: Pair(f"has({name})", f"({name} != null)"))


@st.composite
def combined(draw: st.DrawFn, part: st.SearchStrategy[Pair]) -> Pair:
    """Put parts together, often without parentheses, so that precedence decides what belongs to what."""
    space, other = draw(SPACES), draw(SPACES)
    one, two = draw(part), draw(part)
    kind = draw(st.sampled_from(["operator"] * 8 + ["prefix", "group", "group", "size", "method", "list", "choice"]))
    if kind == "operator":
        operator = draw(st.sampled_from(["&&", "||", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", " in "]))
        return joined(f"{{}}{space}{operator}{other}{{}}", one, two)
    if kind == "prefix":
        return joined(draw(st.sampled_from(["!", "-", "!!", "--", "---", "! ", "- "])) + "{}", one)
    if kind == "group":
        return joined(f"({space}{{}}{other})", one)
    if kind == "size":
        return Pair(f"size({space}{one.ours})", f"double(size({one.cel}))")
    if kind == "method":
        method = draw(st.sampled_from(["contains", "startsWith", "endsWith"]))
        return joined(f"({{}}){space}.{method}({other}{{}})", one, two)
    if kind == "list":
        return joined(f"[{{}}{space},{{}}{draw(st.sampled_from(['', ',']))}]", one, two)
    return joined(f"{{}}{space}?{{}}:{other}{{}}", one, two, draw(part))


LEAVES = {
    "number": st.booleans().flatmap(lambda named: st.sampled_from(["a", "b"]).map(exact) if named else numbers()),
    "string": st.one_of(WORDS.flatmap(written_strings).map(exact), st.just(exact("c"))),
    "list": st.sampled_from(["d", "[]"]).map(exact),
    "truth": st.one_of(has(), st.sampled_from(["e", "true", "false"]).map(exact)),
}
KINDS = st.sampled_from(sorted(LEAVES))
Shape = tuple[str, list[str]]
"""A template, and the kinds of its parts; `same` is one kind for all parts that say so, `ordered` one with an order."""

SHAPES: dict[str, list[Shape]] = {
    "number": [
        *((f"({{}} {operator} {{}})", ["number", "number"]) for operator in "+-*/"),
        ("-({})", ["number"]),
        ("size({})", ["string"]),
        ("size({})", ["list"]),
        ("({} ? {} : {})", ["truth", "number", "number"]),
    ],
    "string": [("({} + {})", ["string", "string"])],
    "list": [("[{}, {}]", ["same", "same"]), ("({} + {})", ["list", "list"])],
    "truth": [
        *((f"({{}} {logic} {{}})", ["truth", "truth"]) for logic in ("&&", "||")),
        *((f"({{}} {logic} {{}} {logic} {{}})", ["truth"] * 3) for logic in ("&&", "||")),
        *((f"({{}} {operator} {{}})", ["ordered", "ordered"]) for operator in ("<", "<=", ">", ">=")),
        *((f"({{}} {operator} {{}})", ["same", "same"]) for operator in ("==", "!=")),
        ("({} in {})", ["same", "list"]),
        *((f"({{}}).{method}({{}})", ["string", "string"]) for method in ("contains", "startsWith", "endsWith")),
        ("!({})", ["truth"]),
        ("({} ? {} : {})", ["truth"] * 3),
    ],
}


@st.composite
def sensible(draw: st.DrawFn, kind: str, depth: int) -> Pair:
    """Give a condition whose types mostly fit, so that most answers are not unknown."""
    if draw(st.integers(0, 19)) == 0:
        return draw(st.one_of(names(), constants()))
    if depth <= 0:
        return draw(LEAVES[kind])
    template, kinds = draw(st.sampled_from(SHAPES[kind]))
    chosen = {"same": draw(KINDS), "ordered": draw(st.sampled_from(["number", "string", "truth"]))}
    parts = [draw(sensible(chosen.get(part, part), depth - 1)) for part in kinds]
    ours = template.format(*(part.ours for part in parts))
    return Pair(ours, template.replace("size({})", "double(size({}))").format(*(part.cel for part in parts)))


def wild() -> st.SearchStrategy[Pair]:
    return st.recursive(st.one_of(names(), constants(), has()), combined, max_leaves=12)


def conditions() -> st.SearchStrategy[Pair]:
    tidy = st.tuples(st.sampled_from(["truth", "truth", "number", "string", "list"]), st.integers(1, 3))
    return st.one_of(wild(), tidy.flatmap(lambda shape: sensible(*shape)))


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([2**53 + 1, -(2**53) - 1, 10**30, 0.0, -0.0, 0.1, 0.3, 1e308, -1e308, 5e-324]),
    st.floats(allow_nan=False, allow_infinity=False),
    WORDS,
)
FITTING: dict[str, st.SearchStrategy[Any]] = {
    "a": st.one_of(st.integers(-3, 3), st.floats(allow_nan=False, allow_infinity=False)),
    "b": st.sampled_from([0, 1, 0.5, 2**53 + 1]),
    "c": WORDS,
    "d": st.lists(SCALARS, max_size=3),
    "e": st.booleans(),
}


def values() -> st.SearchStrategy[dict[str, Any]]:
    anything = st.one_of(SCALARS, st.lists(st.one_of(SCALARS, st.lists(SCALARS, max_size=2)), max_size=3))
    return st.fixed_dictionaries(
        {name: st.one_of(FITTING[name], anything) if name in FITTING else anything for name in NAMES}
    )
