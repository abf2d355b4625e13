"""From the steps of the parser to nodes; checks what the grammar cannot."""

from __future__ import annotations

import math
import re
from typing import Literal, NamedTuple, cast

from lark import Token, v_args
from lark.visitors import Transformer_NonRecursive

from livesegments.core.conditions.errors import ConditionError
from livesegments.core.conditions.hints import unknown_function
from livesegments.core.conditions.strings import BadEscapeError, decode
from livesegments.core.conditions.tree import (
    Binary,
    Call,
    Choice,
    Constant,
    Date,
    Has,
    Items,
    Logic,
    Name,
    Negate,
    Node,
    Not,
    Operator,
    Size,
    Span,
)

__all__ = ["NESTING_MAX", "Builder", "Part"]

NESTING_MAX = 64
"""How deep a condition may nest, counting parentheses, brackets and each operator of a row of `+ - * /`."""

_WORDS = {"true": True, "false": False, "null": None}
_WORD = re.compile("[A-Za-z_][A-Za-z0-9_]*")
_METHODS = ("contains", "startsWith", "endsWith")
_RESERVED = re.compile(
    "as|break|const|continue|else|for|function|if|import|let|loop|namespace|package|return|var|void|while"
)


class Part(NamedTuple):
    """A node, where its text with parentheses begins and ends, and how deep it nests."""

    node: Node
    start: int
    end: int
    depth: int


@v_args(inline=True)
class Builder(Transformer_NonRecursive[Token, Part]):
    """Build the nodes of one text; `paths` allows dotted names."""

    def __init__(self, source: str, paths: bool) -> None:
        super().__init__(visit_tokens=False)
        self.source = source
        self.paths = paths

    def _span(self, start: int, end: int) -> Span:
        return Span(self.source, start, end)

    def _part(self, node: Node, *inner: Part) -> Part:
        depth = 1 + max((part.depth for part in inner), default=0)
        if depth > NESTING_MAX:
            raise ConditionError(f"nested deeper than {NESTING_MAX}", node.span.column)
        return Part(node, node.span.start, node.span.end, depth)

    def _between(self, first: Part | Token, last: Part | Token) -> Span:
        start = first.start if isinstance(first, Part) else _start(first)
        end = last.end if isinstance(last, Part) else _end(last)
        return self._span(start, end)

    def start(self, whole: Part) -> Part:
        """The condition."""
        return whole

    def choice(self, test: Part, yes: Part, no: Part) -> Part:
        """`test ? yes : no`."""
        return self._part(Choice(self._between(test, no), test.node, yes.node, no.node), test, yes, no)

    def _logic(self, operator: Literal["&&", "||"], parts: tuple[Part, ...]) -> Part:
        span = self._between(parts[0], parts[-1])
        return self._part(Logic(span, operator, tuple(part.node for part in parts)), *parts)

    def either(self, *parts: Part) -> Part:
        """`a || b || c`."""
        return self._logic("||", parts)

    def both(self, *parts: Part) -> Part:
        """`a && b && c`."""
        return self._logic("&&", parts)

    def binary(self, left: Part, operator: Token, right: Part) -> Part:
        """`left operator right`."""
        node = Binary(self._between(left, right), cast(Operator, str(operator)), left.node, right.node)
        return self._part(node, left, right)

    def negation(self, *parts: Token | Part) -> Part:
        """`!operand`; CEL reads an even number of `!` as none."""
        operand = cast(Part, parts[-1])
        if len(parts) % 2:
            return self._group(parts[0], operand, operand)
        return self._part(Not(self._between(parts[0], operand), operand.node), operand)

    def minus(self, *parts: Token | Part) -> Part:
        """`-operand`; CEL reads an even number of `-` as none."""
        operand = cast(Part, parts[-1])
        if len(parts) % 2:
            return self._group(parts[0], operand, operand)
        span = self._between(parts[0], operand)
        if isinstance(operand.node, Constant) and type(operand.node.value) is float:
            return self._part(Constant(span, -operand.node.value), operand)
        return self._part(Negate(span, operand.node), operand)

    def _group(self, first: Part | Token, inner: Part, last: Part | Token) -> Part:
        span = self._between(first, last)
        depth = self._part(inner.node, inner).depth
        return Part(inner.node, span.start, span.end, depth)

    def group(self, opening: Token, inner: Part, closing: Token) -> Part:
        """`( inner )`."""
        return self._group(opening, inner, closing)

    def items(self, opening: Token, *rest: Part | Token) -> Part:
        """`[a, b]`."""
        parts = [part for part in rest if isinstance(part, Part)]
        return self._part(Items(self._between(opening, rest[-1]), tuple(part.node for part in parts)), *parts)

    def name(self, token: Token) -> Part:
        """One identifier, or a name in backquotes."""
        if _RESERVED.fullmatch(token):
            message = f"`{token}` is a reserved word of CEL: as a name it stands in backquotes"
            raise ConditionError(message, _start(token) + 1)
        return self._part(Name(self._between(token, token), _named(token)))

    def field(self, owner: Part, field: Token) -> Part:
        """`owner.field`, a dotted path."""
        if not self.paths:
            raise ConditionError(f"expected a name without dots, found `.{field}`", _start(field) + 1)
        if not isinstance(owner.node, Name) or owner.end != owner.node.span.end:
            raise ConditionError(f"only a name has fields, found `.{field}` after something else", _start(field) + 1)
        span = self._between(owner, field)
        return Part(Name(span, f"{owner.node.name}.{_named(field)}"), span.start, span.end, 1)

    def call(self, function: Token, argument: Part, closing: Token) -> Part:
        """`has(name)`, `size(argument)` or `date(argument)`."""
        span = self._between(function, closing)
        if function == "size":
            return self._part(Size(span, argument.node), argument)
        if function == "date":
            return self._part(Date(span, argument.node), argument)
        if function != "has":
            raise ConditionError(unknown_function(str(function)), span.column)
        if not isinstance(argument.node, Name):
            raise ConditionError(f"has() needs a name, found `{argument.node.span.text}`", argument.start + 1)
        return self._part(Has(span, argument.node), argument)

    def method(self, operand: Part, method: Token, argument: Part, closing: Token) -> Part:
        """`operand.method(argument)`."""
        if method not in _METHODS:
            raise ConditionError(f"unknown method `{method}`; there are {', '.join(_METHODS)}", _start(method) + 1)
        known = cast(Literal["contains", "startsWith", "endsWith"], str(method))
        return self._part(Call(self._between(operand, closing), known, operand.node, argument.node), operand, argument)

    def number(self, token: Token) -> Part:
        """A number, always a double."""
        value = float(token)
        if math.isinf(value):
            raise ConditionError(f"the number `{token}` is too large for a double", _start(token) + 1)
        return self._part(Constant(self._between(token, token), value))

    def string(self, token: Token) -> Part:
        """A string in double or single quotes."""
        try:
            value = decode(str(token))
        except BadEscapeError as error:
            raise ConditionError(str(error), _start(token) + error.offset + 1) from None
        return self._part(Constant(self._between(token, token), value))

    def word(self, token: Token) -> Part:
        """`true`, `false` or `null`."""
        return self._part(Constant(self._between(token, token), _WORDS[str(token)]))


def _named(token: Token) -> str:
    """Give a name as it is; one in backquotes that needs none is the same name without them."""
    return token[1:-1] if token[0] == "`" and _WORD.fullmatch(token[1:-1]) else str(token)


def _start(token: Token) -> int:
    return cast(int, token.start_pos)


def _end(token: Token) -> int:
    return cast(int, token.end_pos)
