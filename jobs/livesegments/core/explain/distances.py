"""How far a comparison of numbers is from flipping: the side that moves, and the one feature in it."""

from __future__ import annotations

import math
from typing import Any, Literal

from livesegments.core.conditions import Node, compile_value, names
from livesegments.core.conditions.tree import TURNED, Binary, Name, walk
from livesegments.core.definition.kinds import is_whole
from livesegments.core.explain.lines import Reached, straight_line
from livesegments.core.explain.records import Distance, FeatureDistance
from livesegments.core.features import Bucket, Feature
from livesegments.core.program import CompiledClause, Program

__all__ = ["distance"]

_TIMED = 3
_NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


def distance(program: Program, clause: CompiledClause, values: list[Any]) -> Distance | None:
    """Give how far the clause is from flipping; None where it compares no numbers, or cannot be told."""
    node = clause.node
    if not isinstance(node, Binary) or node.operator not in TURNED:
        return None
    side, operator, other = _moving(program, node)
    if set(names(side)) & set(names(other)) or _weight(program, other) == _TIMED:
        return None  # both sides move
    if not _weight(program, side):
        return None  # nothing moves it
    value = compile_value(side, program.slots)(values)
    threshold = compile_value(other, program.slots)(values)
    if type(value) is not float or type(threshold) is not float:
        return None
    wanted = _NEGATED[operator] if clause.holds(values) else operator
    if isinstance(side, Name):
        return _of_a_name(program, side, wanted, value, threshold)
    found = None
    line = straight_line(side)
    if line is not None:
        found = _in_feature(program, clause, values, line.reaching(wanted, threshold))
        if found is None and (not line.terms.slope or _is_whole(program, line.name)):
            return None  # nothing moves it, or no count flips it
    return Distance(
        side=side.span.text,
        value=value,
        target=threshold,
        needs=threshold - value,
        direction=_direction(wanted, value, threshold),
        beyond=wanted in ("!=", "<", ">"),
        in_feature=found,
    )


def _of_a_name(program: Program, side: Name, wanted: str, value: float, threshold: float) -> Distance | None:
    whole = _is_whole(program, side.name)
    target = _whole_target(wanted, threshold) if whole else threshold
    if target is None:
        return None
    needs, direction = target - value, _direction(wanted, value, target)
    beyond = wanted == "!=" or (wanted in ("<", ">") and not whole)
    return Distance(
        side=side.span.text,
        value=value,
        target=target,
        needs=needs,
        direction=direction,
        beyond=beyond,
        in_feature=FeatureDistance(
            feature=side.name, value=value, target=target, needs=needs, direction=direction, beyond=beyond
        ),
    )


def _in_feature(
    program: Program, clause: CompiledClause, values: list[Any], reached: Reached | None
) -> FeatureDistance | None:
    """Give the distance in the feature on a straight line; the clause itself says which number flips it."""
    if reached is None:
        return None
    slot = program.slots[reached.name]
    other_answer, moved = not clause.holds(values), list(values)

    def flips(number: float) -> bool:
        moved[slot] = number
        return clause.holds(moved) is other_answer

    value = float(values[slot])
    target: float | None = value
    if reached.wanted != "!=":
        target = reached.whole(flips) if _is_whole(program, reached.name) else reached.number(flips)
    if target is None:
        return None
    return FeatureDistance(
        feature=reached.name,
        value=value,
        target=target,
        needs=target - value,
        direction=_direction(reached.wanted, value, target),
        beyond=not flips(target),
    )


def _direction(wanted: str, value: float, target: float) -> Literal["more", "less", "any"]:
    if wanted == "!=":
        return "any"
    return "more" if wanted[0] == ">" or (wanted == "==" and target > value) else "less"


def _moving(program: Program, node: Binary) -> tuple[Node, str, Node]:
    """Put the side that moves on the left: what changes with time, else a bare name, else what has names."""
    left, right = node.left, node.right
    if _weight(program, right) > _weight(program, left):
        return right, TURNED[node.operator], left
    return left, node.operator, right


def _weight(program: Program, node: Node) -> int:
    if not isinstance(node, Name):
        return 1 if any(_weight(program, part) for part in walk(node) if isinstance(part, Name)) else 0
    feature = _feature(program, node.name)
    if isinstance(feature, Bucket):
        return 0
    return _TIMED if feature is not None and feature.timed else 2


def _feature(program: Program, name: str) -> Feature | None:
    slot = program.slots[name]
    return program.features[slot] if slot < len(program.features) else None


def _is_whole(program: Program, name: str) -> bool:
    spec = program.definition.features.get(name)
    return spec is not None and is_whole(spec)


def _whole_target(wanted: str, threshold: float) -> float | None:
    """Give the nearest count that meets `count wanted threshold`, or None if no count does."""
    match wanted:
        case ">=":
            target = math.ceil(threshold)
        case ">":
            target = math.floor(threshold) + 1
        case "<=":
            target = math.floor(threshold)
        case "<":
            target = math.ceil(threshold) - 1
        case _:
            target = math.floor(threshold)
            if target != threshold:
                return None
    return float(target) if target >= 0 else None
