"""Advice about a definition that is right as it stands, and may still not be what was meant."""

from __future__ import annotations

from collections.abc import Iterator

from livesegments.core.conditions import Node
from livesegments.core.conditions.tree import Binary, Constant, Has, Name, children
from livesegments.core.definition.definition import Definition
from livesegments.core.definition.feature_specs import FeatureSpec
from livesegments.core.definition.kinds import is_never_null

__all__ = ["advice_of"]


def advice_of(definition: Definition) -> Iterator[str]:
    """Give what is worth a thought, each with the place that it is about."""
    filled = set(definition.segments)
    for name, spec in definition.features.items():  # each after what it names
        if _is_filled(spec, filled):
            filled.add(name)
    fixed = _never_change(definition)
    for segment in definition.segments.values():
        if segment.static and segment.when is not None and filled.issuperset(segment.names):
            changing = [name for name in segment.names if name not in fixed]
            if changing:
                yield _decided_at_once(segment.name, changing)


def _decided_at_once(segment: str, names: list[str]) -> str:
    told = ", ".join(f"`{name}`" for name in names)
    is_never = "is never null" if len(names) == 1 else "are never null"
    return (
        f"segments.{segment}: a static segment is decided as soon as nothing in `when` is null, and {told} {is_never}, "
        "also before anything is counted. So the user's first event decides, for good. If users should enter later and "
        "then stay, leave out `kind: static` and write `exit_when: 'false'`"
    )


def _never_change(definition: Definition) -> set[str]:
    """Give the features and segments that are the same for good: buckets, lists of members, and what reads only those.

    A segment with an `exit_when` may still come and go.
    """
    found: set[str] = set()
    for name, spec in definition.features.items():  # each after what it names
        if spec.kind == "bucket" or (spec.node is not None and found.issuperset(spec.names)):
            found.add(name)
    for name, segment in definition.segments.items():
        if segment.members is not None or (segment.exit_when is None and found.issuperset(segment.names)):
            found.add(name)
    return found


def _is_filled(spec: FeatureSpec, filled: set[str]) -> bool:
    if spec.node is not None:
        return _always_has_a_value(spec.node, filled)
    return is_never_null(spec)


def _always_has_a_value(node: Node, filled: set[str]) -> bool:
    match node:
        case Has():
            return True
        case Constant(value=value):
            return value is not None
        case Name(name=name):
            return name in filled
        case Binary(operator="/"):
            return False
    return all(_always_has_a_value(child, filled) for child in children(node))
