"""The subset of CEL that conditions are written in, as a tree of tuples.

A node is `(kind, part, ...)`: number, text, literal, name, list, not, negative, has, size, date, method, if,
or an operator.
"""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

Node = tuple[Any, ...]
COMPARISONS = ("<=", ">=", "==", "!=", "<", ">")
ORDERINGS = ("<", "<=", ">", ">=")
METHODS = ("contains", "startsWith", "endsWith")
LITERALS = {"true": True, "false": False, "null": None}
PART = r"(?:[A-Za-z_][A-Za-z0-9_]*|`[^`\n]+`)"
TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.\d+(?:[eE][+-]?\d+)?|\d+(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)"
    rf"|(?P<name>{PART}(?:\s*\.\s*{PART})*)"
    r"""|(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')"""
    r"|(?P<sign>&&|\|\||<=|>=|==|!=|[-+*/<>!?:()\[\],.]))"
)


@lru_cache(maxsize=10_000)
def parse(source: str) -> Node:
    """Read one condition."""
    return Parser(source).whole()


def names_in(node: Node) -> set[str]:
    """Give every name a condition reads."""
    return {part[1] for part in parts_of(node) if part[0] in ("name", "has")}


def parts_of(node: Node) -> Iterator[Node]:
    """Walk over a node and everything below it."""
    yield node
    for part in node[1:]:
        if isinstance(part, tuple):
            yield from parts_of(part)


def tokens(source: str) -> list[tuple[str, str]]:
    found, position = [], 0
    while source[position:].strip():
        match = TOKEN.match(source, position)
        if match is None:
            raise ValueError(f"cannot read {source[position:]!r}")
        kind = str(match.lastgroup)
        found.append((kind, closed_up(match[kind]) if kind == "name" else match[kind]))
        position = match.end()
    return found


def closed_up(name: str) -> str:
    """Leave out the spaces around the dots of a path."""
    return re.sub(r"(`[^`]*`)|\s", lambda match: match[1] or "", name)


def unquote(text: str) -> str:
    """Read a quoted text; the escapes are those that CEL shares with JSON, and \\'."""
    body = text[1:-1].replace("\\'", "'")
    return str(json.loads('"' + re.sub(r'(?<!\\)"', '\\"', body) + '"'))


class Parser:
    """Recursive descent in CEL's precedence: `? :`, `||`, `&&`, relations, sums, products, signs, members."""

    def __init__(self, source: str) -> None:
        self.tokens = tokens(source)
        self.position = 0

    def whole(self) -> Node:
        node = self.choice()
        if self.position < len(self.tokens):
            raise ValueError(f"unexpected {self.tokens[self.position][1]!r}")
        return node

    def peek(self) -> str:
        return self.tokens[self.position][1] if self.position < len(self.tokens) else ""

    def take(self, *signs: str) -> str | None:
        if self.position < len(self.tokens) and self.tokens[self.position][0] != "text" and self.peek() in signs:
            self.position += 1
            return self.tokens[self.position - 1][1]
        return None

    def need(self, sign: str) -> None:
        if self.take(sign) is None:
            raise ValueError(f"expected {sign!r}, found {self.peek()!r}")

    def choice(self) -> Node:
        condition = self.binary(0)
        if not self.take("?"):
            return condition
        first = self.binary(0)
        self.need(":")
        return ("if", condition, first, self.choice())

    LEVELS = (("||",), ("&&",), (*COMPARISONS, "in"), ("+", "-"), ("*", "/"))

    def binary(self, level: int) -> Node:
        if level == len(self.LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while sign := self.take(*self.LEVELS[level]):
            left = (sign, left, self.binary(level + 1))
        return left

    def unary(self) -> Node:
        if self.take("!"):
            return ("not", self.unary())
        if self.take("-"):
            return ("negative", self.unary())
        return self.member(self.primary())

    def member(self, node: Node) -> Node:
        """Read the calls that follow; the tokens keep a path such as `a.b.contains` in one name."""
        while (node[0] == "name" and self.peek() == "(") or self.take("."):
            if node[0] == "name" and self.take("("):
                path, _, method = node[1].rpartition(".")
                node = ("name", path)
            else:
                method = self.tokens[self.position][1]
                self.position += 1
                self.need("(")
            if method not in METHODS:
                raise ValueError(f"unknown function {method!r}")
            node = ("method", method, node, self.choice())
            self.need(")")
        return node

    def primary(self) -> Node:
        if self.position >= len(self.tokens):
            raise ValueError("unexpected end")
        if self.take("("):
            node = self.choice()
            self.need(")")
            return node
        if self.take("["):
            return self.list_items()
        kind, text = self.tokens[self.position]
        self.position += 1
        if kind == "number":
            return ("number", float(text))
        if kind == "text":
            return ("text", unquote(text))
        if kind != "name":
            raise ValueError(f"unexpected {text!r}")
        return self.named(text)

    def named(self, text: str) -> Node:
        if text in LITERALS:
            return ("literal", LITERALS[text])
        if text in ("has", "size", "date") and self.take("("):
            inner = self.choice()
            self.need(")")
            if text == "date":
                return ("date", inner)
            return ("has", inner[1]) if text == "has" and inner[0] == "name" else ("size", inner)
        return ("name", re.sub(r"`([A-Za-z_][A-Za-z0-9_]*)`", r"\1", text))

    def list_items(self) -> Node:
        items: list[Node] = []
        while not self.take("]"):
            items.append(self.choice())
            if self.peek() != "]":
                self.need(",")
        return ("list", *items)
