"""The grammar of conditions, a subset of CEL, and the reader of their text."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, cast

from livesegments.core.conditions.errors import ConditionError
from livesegments.core.conditions.hints import called_at, hint_at, unknown_function
from livesegments.core.conditions.tree import Node

if TYPE_CHECKING:
    from lark import Lark, UnexpectedToken

__all__ = ["LENGTH_MAX", "parse"]

LENGTH_MAX = 10_000
"""How many characters a condition may have."""

_GRAMMAR = r"""
start: expression
?expression: disjunction | disjunction "?" disjunction ":" expression -> choice
?disjunction: conjunction | conjunction ("||" conjunction)+ -> either
?conjunction: relation | relation ("&&" relation)+ -> both
?relation: sum | relation (EQUAL | UNEQUAL | LESS | LESS_EQUAL | MORE | MORE_EQUAL | IN) sum -> binary
?sum: product | sum (PLUS | MINUS) product -> binary
?product: unary | product (STAR | SLASH) unary -> binary
?unary: member | BANG+ member -> negation | MINUS+ member -> minus
?member: primary | member "." (NAME | QUOTED) -> field
    | member "." NAME "(" expression CLOSE -> method
?primary: (NAME | QUOTED) -> name
    | NAME "(" expression CLOSE -> call
    | NUMBER -> number
    | STRING -> string
    | (TRUE | FALSE | NULL) -> word
    | OPEN expression CLOSE -> group
    | BRACKET (expression ("," expression)* ","?)? END_BRACKET -> items

EQUAL: "=="
UNEQUAL: "!="
LESS: "<"
LESS_EQUAL: "<="
MORE: ">"
MORE_EQUAL: ">="
IN: "in"
PLUS: "+"
MINUS: "-"
STAR: "*"
SLASH: "/"
BANG: "!"
OPEN: "("
CLOSE: ")"
BRACKET: "["
END_BRACKET: "]"
TRUE: "true"
FALSE: "false"
NULL: "null"
NAME: /[A-Za-z_][A-Za-z0-9_]*/
QUOTED: /`[^`\r\n]+`/
NUMBER: /([0-9]+(\.[0-9]+)?|\.[0-9]+)([eE][+-]?[0-9]+)?/
STRING: /"([^"\\\r\n]|\\[^\r\n])*"|'([^'\\\r\n]|\\[^\r\n])*'/
WHITE_SPACE: /[ \t\r\n\f]+/
%ignore WHITE_SPACE
"""

_EXPECTATIONS = (
    ("a value", "NUMBER"),
    ("a name", "NAME"),
    ("an operator", "PLUS"),
    ("`:`", "COLON"),
    ("`,`", "COMMA"),
    ("`)`", "CLOSE"),
    ("`]`", "END_BRACKET"),
    ("the end", "$END"),
)


def parse(text: str, *, paths: bool = False) -> Node:
    """Read a condition; raises ConditionError with the first mistake.

    With `paths`, names may be dotted, as in `where`. A name with other signs than letters, digits and _ stands in
    backquotes. At most LENGTH_MAX characters, nested at most NESTING_MAX deep.

    >>> parse("orders == 1 && days_since_order > 30").operator
    '&&'
    """
    _check_text(text)
    # lark and the grammar take a tenth of a second to load, and only who reads definitions needs them
    from lark import UnexpectedCharacters, UnexpectedToken
    from lark.exceptions import VisitError

    from livesegments.core.conditions.builder import Builder

    try:
        return Builder(text, paths).transform(_parser().parse(text)).node
    except VisitError as error:
        if isinstance(error.orig_exc, ConditionError):
            raise error.orig_exc from None
        raise
    except UnexpectedCharacters as error:
        raise _unknown_character(text, cast(int, error.pos_in_stream)) from None
    except UnexpectedToken as error:
        raise _misplaced(text, error) from None


def _check_text(text: str) -> None:
    if len(text) > LENGTH_MAX:
        message = f"a condition has at most {LENGTH_MAX} characters, this one has {len(text)}"
        raise ConditionError(message, LENGTH_MAX + 1)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ConditionError("half a surrogate pair is no character", error.start + 1) from None


@cache
def _parser() -> Lark:
    from lark import Lark

    # the contextual lexer would read `a index` as `a in dex`
    return Lark(_GRAMMAR, parser="lalr", lexer="basic")


def _unknown_character(text: str, position: int) -> ConditionError:
    found = text[position]
    if found in "\"'":
        return ConditionError("expected a string on one line with its closing quote", position + 1)
    if found == "`":
        return ConditionError("expected a name on one line with its closing backquote", position + 1)
    hint = hint_at(text, position, found)
    return ConditionError(f"`{_printable(found)}` has no meaning here{hint}", position + 1)


def _misplaced(text: str, error: UnexpectedToken) -> ConditionError:
    token = error.token
    expected = _expected(error.interactive_parser.accepts())  # type: ignore[no-untyped-call]
    if token.type == "$END":
        return ConditionError(f"expected {expected}, found the end of the condition", len(text) + 1)
    found = _printable(str(token)[:40])
    start = cast(int, token.start_pos)
    called = called_at(text, start) if found in (",", ")") else None
    if called is not None:
        return ConditionError(unknown_function(called[1]), called[0] + 1)
    hint = hint_at(text, start, found)
    if not hint and token.type == "NAME" and "an operator" in expected:
        hint = "; a name with a space stands in backquotes"
    return ConditionError(f"expected {expected}, found `{found}`{hint}", start + 1)


def _expected(accepted: set[str]) -> str:
    if "NUMBER" in accepted:
        accepted = accepted - {"NAME"}
    wanted = [word for word, terminal in _EXPECTATIONS if terminal in accepted]
    return wanted[0] if len(wanted) == 1 else ", ".join(wanted[:-1]) + " or " + wanted[-1]


def _printable(found: str) -> str:
    return found if found.isprintable() else ascii(found)[1:-1]
