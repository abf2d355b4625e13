"""How far a comparison of numbers is from flipping."""

from __future__ import annotations

import math
from typing import Any, Literal

from livesegments.core.conditions import Node, compile_value, names
from livesegments.core.conditions.tree import Binary, Name
from livesegments.core.explain.records import Distance
from livesegments.core.features import Bucket, Count, Distinct, Feature, Followed, Rate, Session, Unfollowed
from livesegments.core.program import CompiledClause, Program

__all__ = ["distance"]

_TIMED = 3
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


def distance(program: Program, clause: CompiledClause, values: list[Any]) -> Distance | None:
    """Give how far the clause is from flipping; None where it compares no numbers, or cannot be told."""
    node = clause.node
    if not isinstance(node, Binary) or node.operator not in _TURNED:
        return None
    side, operator, other = _moving(program, node)
    if set(names(side)) & set(names(other)) or _weight(program, other) == _TIMED:
        return None  # both sides move
    if isinstance(side, Name) and isinstance(_feature(program, side.name), Bucket):
        return None  # nothing moves it
    value = compile_value(side, program.slots)(values)
    threshold = compile_value(other, program.slots)(values)
    if type(value) is not float or type(threshold) is not float:
        return None
    wanted = _NEGATED[operator] if clause.holds(values) else operator
    whole = isinstance(side, Name) and _is_whole(program, side.name)
    target = _whole_target(wanted, threshold) if whole else threshold
    if target is None:
        return None
    direction: Literal["more", "less", "any"] = "more" if wanted[0] == ">" or target > value else "less"
    if wanted == "!=":
        direction = "any"
    return Distance(
        side=side.span.text,
        value=value,
        target=target,
        needs=target - value,
        direction=direction,
        beyond=wanted == "!=" or (wanted in ("<", ">") and not whole),
    )


def _moving(program: Program, node: Binary) -> tuple[Node, str, Node]:
    """Put the side that moves on the left: what changes with time, else a bare name, else what has names."""
    left, right = node.left, node.right
    if _weight(program, right) > _weight(program, left):
        return right, _TURNED[node.operator], left
    return left, node.operator, right


def _weight(program: Program, node: Node) -> int:
    if not isinstance(node, Name):
        return 1 if names(node) else 0
    feature = _feature(program, node.name)
    return _TIMED if feature is not None and feature.timed else 2


def _feature(program: Program, name: str) -> Feature | None:
    slot = program.slots[name]
    return program.features[slot] if slot < len(program.features) else None


def _is_whole(program: Program, name: str) -> bool:
    """Tell whether a feature counts: its values are 0, 1, 2 ..."""
    feature = _feature(program, name)
    if isinstance(feature, Session):
        return feature.measure in ("count", "pages")
    return isinstance(feature, Count | Distinct | Followed | Unfollowed) and not isinstance(feature, Rate)


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
