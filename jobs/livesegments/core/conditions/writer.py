"""Write the Python source of a condition.

Each node becomes one Python expression that answers a value or UNKNOWN. Numbers are tried first, inside the expression;
what is no plain number goes to the function of `runtime` with the same meaning. An operand is written exactly once, and
kept in a variable of its own, so the source stays as long as the condition.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

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
    Size,
    long_whole,
)

__all__ = ["Code", "Writer"]

_LARGEST = "1.7976931348623157e+308"
_EXACT = "9007199254740992.0"
"""Up to here, 2**53, an int and its double compare and divide alike, and are alike in arithmetic with a double."""

_FUNCTIONS = {
    "==": "same",
    "!=": "different",
    "<": "less",
    "<=": "at_most",
    ">": "more",
    ">=": "at_least",
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
}
_METHODS = {"contains": "contains", "startsWith": "starts_with", "endsWith": "ends_with"}


_ARITHMETIC = frozenset("+-*/")

Kind = Literal["number", "truth", "any"]


class Code(NamedTuple):
    """An expression, and what it gives: a finite float or UNKNOWN, a bool or UNKNOWN, or anything at all."""

    text: str
    kind: Kind


class Writer:
    """Write one condition; `names` gives the Python expression that each name stands for."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self._variables = 0

    def write(self, node: Node) -> Code:
        """Give the expression of a node."""
        match node:
            case Constant():
                return _constant(node)
            case Name(name=name):
                return Code(self._names[name], "any")
            case Has(name=name):
                return self._compare_constant("!=", name, "None")
            case Size(operand=operand):
                return Code(f"size({self.write(operand).text})", "number")
            case Date(operand=operand):
                return Code(f"date({self.write(operand).text})", "number")
            case Items(items=items):
                return self._items(items)
            case Not(operand=operand):
                variable = self._variable()
                test = f"({variable} := {self.write(operand).text}) is True"
                return Code(f"(False if {test} else True if {variable} is False else UNKNOWN)", "truth")
            case Negate(operand=operand):
                return self._negate(operand)
            case Logic():
                return self._logic(node)
            case Choice():
                return self._choice(node)
            case Call():
                return self._call(node)
            case Binary():
                return self._binary(node)
        raise TypeError(f"no code for {type(node).__name__}")

    def _variable(self) -> str:
        self._variables += 1
        return f"v{self._variables}"

    def _items(self, items: tuple[Node, ...]) -> Code:
        text = ", ".join(self.write(item).text for item in items)
        return Code(f"[{text}]" if all(isinstance(item, Constant) for item in items) else f"items({text})", "any")

    def _negate(self, operand: Node) -> Code:
        code, variable = self.write(operand), self._variable()
        finite = "" if code.kind == "number" else f" and -{_LARGEST} <= {variable} <= {_LARGEST}"
        test = f"type({variable} := {code.text}) is float{finite}"
        return Code(f"(-{variable} if {test} else negate({variable}))", "number" if code.kind == "number" else "any")

    def _logic(self, node: Logic) -> Code:
        decisive, other = ("False", "True") if node.operator == "&&" else ("True", "False")
        variables = [self._variable() for _ in node.operands]
        operands = [self.write(operand).text for operand in node.operands]
        decided = " or ".join(
            f"({variable} := {operand}) is {decisive}" for variable, operand in zip(variables, operands, strict=True)
        )
        agreed = " is ".join(variables)
        return Code(f"({decisive} if {decided} else {other} if {agreed} is {other} else UNKNOWN)", "truth")

    def _choice(self, node: Choice) -> Code:
        variable = self._variable()
        yes, no = self.write(node.yes), self.write(node.no)
        test = f"({variable} := {self.write(node.test).text}) is True"
        text = f"({yes.text} if {test} else {no.text} if {variable} is False else UNKNOWN)"
        return Code(text, yes.kind if yes.kind == no.kind else "any")

    def _call(self, node: Call) -> Code:
        operand, argument = self.write(node.operand).text, self.write(node.argument).text
        if not (isinstance(node.argument, Constant) and type(node.argument.value) is str):
            return Code(f"{_METHODS[node.method]}({operand}, {argument})", "truth")
        variable = self._variable()
        test = (
            f"{argument} in {variable}"
            if node.method == "contains"
            else f"{variable}.{node.method.lower()}({argument})"
        )
        return Code(f"({test} if type({variable} := {operand}) is str else UNKNOWN)", "truth")

    def _binary(self, node: Binary) -> Code:
        if node.operator == "in":
            return self._inside(node)
        if node.operator in ("==", "!="):
            for side, constant in ((node.left, node.right), (node.right, node.left)):
                if isinstance(constant, Constant) and type(constant.value) is not float:
                    return self._compare_constant(node.operator, side, _constant(constant).text)
                if (whole := _long_whole(constant)) is not None:
                    other = _long_whole(side) or self.write(side).text
                    return Code(f"{_FUNCTIONS[node.operator]}({other}, {whole})", "truth")
        return self._numeric(node)

    def _compare_constant(self, operator: str, side: Node, constant: str) -> Code:
        sign = operator if constant[0] in "'\"" else "is" if operator == "==" else "is not"
        variable = self._variable()
        known = f"({variable} := {self.write(side).text}) is not UNKNOWN"
        return Code(f"({variable} {sign} {constant} if {known} else UNKNOWN)", "truth")

    def _inside(self, node: Binary) -> Code:
        item, values = _long_whole(node.left) or self.write(node.left).text, self.write(node.right).text
        if isinstance(node.right, Items) and any(map(_long_whole, node.right.items)):
            values = ", ".join(_long_whole(value) or self.write(value).text for value in node.right.items)
            return Code(f"inside({item}, items({values}))", "truth")
        if not _is_words(node.right):
            return Code(f"inside({item}, {values})", "truth")
        variable = self._variable()
        test = f"{variable} in {{{values[1:-1]}}} if type({variable} := {item}) is str"
        return Code(f"({test} else inside({variable}, {values}))", "truth")

    def _numeric(self, node: Binary) -> Code:
        operator, left, right = node.operator, self.write(node.left), self.write(node.right)
        kind = _kind(operator, left, right)
        fixed_left, fixed_right = isinstance(node.left, Constant), isinstance(node.right, Constant)
        zero = operator == "/" and isinstance(node.right, Constant) and not node.right.value
        if (
            zero
            or (fixed_left and fixed_right)
            or _never_a_number(node.left, left)
            or _never_a_number(node.right, right)
        ):
            return Code(f"{_FUNCTIONS[operator]}({left.text}, {right.text})", kind)
        first = left.text if fixed_left else self._variable()
        second = right.text if fixed_right else self._variable()
        if fixed_right:
            plain = _plain(first, left)
        elif fixed_left:
            plain = _plain(second, right)
        else:
            plain = _both_plain(first, left, second, right)
        if operator in _ARITHMETIC:
            scale = "" if "number" in (left.kind, right.kind) or operator == "/" else "1.0 * "
            divisible = f" and {second}" if operator == "/" and not fixed_right else ""
            answer = self._variable()
            computation = f"({answer} := {scale}{first} {operator} {second})"
            plain += f"{divisible} and -{_LARGEST} <= {computation} <= {_LARGEST}"
        else:
            answer = f"{first} {operator} {second}"
        return Code(f"({answer} if {plain} else {_FUNCTIONS[operator]}({first}, {second}))", kind)


def _plain(variable: str, code: Code) -> str:
    """Test for a float, or a number whose int is as good as its double; sets the variable."""
    if code.kind == "number":
        return f"type({variable} := {code.text}) is float"
    kind = f"{variable}_type"
    test = f"(({kind} := type({variable} := {code.text})) is float or {kind} is int)"
    return f"{test} and {_exact(variable)}"


def _both_plain(first: str, left: Code, second: str, right: Code) -> str:
    """Test both; sets both variables whatever the answer, as the other path needs them."""
    if left.kind == right.kind == "number":
        return f"type({first} := {left.text}) is type({second} := {right.text}) is float"
    test = f"(type({first} := {left.text}) in NUMBERS) & (type({second} := {right.text}) in NUMBERS)"
    bounds = [_exact(name) for name, code in ((first, left), (second, right)) if code.kind != "number"]
    return " and ".join([test, *bounds])


def _exact(variable: str) -> str:
    return f"-{_EXACT} <= {variable} <= {_EXACT}"


def _never_a_number(node: Node, code: Code) -> bool:
    return code.kind == "truth" or (isinstance(node, Constant) and type(node.value) is not float)


def _kind(operator: str, left: Code, right: Code) -> Kind:
    if operator not in _ARITHMETIC:
        return "truth"
    return "any" if operator == "+" and "number" not in (left.kind, right.kind) else "number"


def _is_words(node: Node) -> bool:
    return (
        isinstance(node, Items)
        and bool(node.items)
        and all(isinstance(item, Constant) and type(item.value) is str for item in node.items)
    )


def _long_whole(node: Node) -> str | None:
    number = long_whole(node)
    return None if number is None else repr(number)


def _constant(node: Constant) -> Code:
    value = node.value
    kind: Kind = "any"
    if type(value) is float:
        kind = "number"
    elif type(value) is bool:
        kind = "truth"
    return Code(repr(value), kind)
