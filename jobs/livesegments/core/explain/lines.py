"""Sides of comparisons that are a straight line of one feature, such as `10 - o / 2`: where one reaches a number."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from fractions import Fraction

import msgspec

from livesegments.core.conditions import Node, names
from livesegments.core.conditions.tree import TURNED, Binary, Constant, Name, Negate

__all__ = ["Line", "Reached", "straight_line"]

_GRAIN = Fraction(1, 2**52)
_SMALLEST = Fraction(sys.float_info.min)
_LARGEST = Fraction(sys.float_info.max)

Flips = Callable[[float], bool]


class Terms(msgspec.Struct, frozen=True):
    """`slope * name + start`, exactly, and about how large the numbers are of which the start is made."""

    slope: Fraction
    start: Fraction
    size: Fraction


class Line(msgspec.Struct, frozen=True):
    """A side that is a straight line of one feature."""

    name: str
    terms: Terms

    def reaching(self, wanted: str, number: float) -> Reached | None:
        """Give what the feature must be for `line wanted number`; None where it does not matter, or no double is it."""
        slope, start = self.terms.slope, self.terms.start
        if not slope:
            return None
        exact = (Fraction(number) - start) / slope
        grain = ((abs(Fraction(number)) + self.terms.size) * _GRAIN + _SMALLEST) / abs(slope)
        if max(abs(exact), grain) > _LARGEST:
            return None
        return Reached(self.name, TURNED[wanted] if slope < 0 else wanted, exact, float(grain))


class Reached(msgspec.Struct, frozen=True):
    """The condition `name wanted exact`, as algebra has it.

    Doubles round, by about a `grain` here, so `flips` has the last word: it tells whether a number flips the clause.
    """

    name: str
    wanted: str
    exact: Fraction
    grain: float

    def whole(self, flips: Flips) -> float | None:
        """Give the nearest count that flips the clause; None if no count does."""
        step = -1 if self.wanted[0] == "<" else 1
        below = math.floor(self.exact)
        tries = map(float, range(below - 1, below + 3)[::step])
        return next((count for count in tries if count >= 0 and flips(count) and not flips(count - step)), None)

    def number(self, flips: Flips) -> float | None:
        """Give the number that the feature must reach, or pass; None where rounding leaves no number that flips."""
        target = float(self.exact)
        off = [size * times for size in (math.ulp(target), self.grain) for times in (1, 2, 3, 4, 8)]
        if self.wanted == "==":
            return next(filter(flips, (target, *(target + sign * by for by in off for sign in (1, -1)))), None)
        sign = -1 if self.wanted[0] == "<" else 1
        return target if any(map(flips, (target, *(target + sign * by for by in off)))) else None


def straight_line(node: Node) -> Line | None:
    """Read a line; None where there are several features, or anything but numbers and + - * / of them."""
    found = names(node)
    terms = _terms(node) if len(found) == 1 else None
    return None if terms is None else Line(found[0], terms)


def _terms(node: Node) -> Terms | None:
    match node:
        case Name():
            return Terms(Fraction(1), Fraction(0), Fraction(0))
        case Constant(value=float(value)):
            return Terms(Fraction(0), Fraction(value), abs(Fraction(value)))
        case Negate(operand=operand):
            below = _terms(operand)
            return None if below is None else _scaled(below, Fraction(-1))
        case Binary(operator=operator, left=left, right=right):
            first, second = _terms(left), _terms(right)
            return None if first is None or second is None else _joined(operator, first, second)
    return None


def _joined(operator: str, first: Terms, second: Terms) -> Terms | None:
    """Add, take away, multiply or divide two lines; None where no line comes of it."""
    match operator:
        case "+":
            return Terms(first.slope + second.slope, first.start + second.start, first.size + second.size)
        case "-":
            return _joined("+", first, _scaled(second, Fraction(-1)))
        case "*" if not second.slope:
            return _scaled(first, second.start)
        case "*" if not first.slope:
            return _scaled(second, first.start)
        case "/" if not second.slope and second.start:
            return _scaled(first, 1 / second.start)
    return None


def _scaled(terms: Terms, by: Fraction) -> Terms:
    return Terms(terms.slope * by, terms.start * by, terms.size * abs(by))
