"""The type of a profile document, which the definition decides: its sections, fields and features."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from livesegments.core.definition import Definition, FeatureSpec, Field

__all__ = ["FEATURE_TYPES", "ErasedProfile", "profile_type"]

Time = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]
UserId = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
Count = Annotated[int, msgspec.Meta(ge=0)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Number = float | None
FEATURE_TYPES: dict[str, Any] = {
    "trait": Any,
    "count": Count,
    "sum": float,
    "mean": Number,
    "min": Number,
    "max": Number,
    "first": Any,
    "last": Any,
    "recent": list[Any] | None,
    "distinct": Count,
    "top": list[Any] | None,
    "share": Share | None,
    "ratio": Number,
    "rate": Number,
    "days_since": Number,
    "days_until": Annotated[float, msgspec.Meta(ge=0)] | None,
    "days_since_change": Number,
    "decayed": float,
    "peak": str | int | None,
    "peak_share": Share | None,
    "session": Number,
    "value": Any,
    "cluster": str | None,
    "prediction": str | float | None,
    "followed": Count,
    "unfollowed": Count,
    "bucket": Annotated[int, msgspec.Meta(ge=0, le=99)],
}
"""What each feature kind gives; Any where the user's data or expression decides."""


class ErasedProfile(msgspec.Struct, kw_only=True):
    """What stands in a file for the tombstone of an erased user."""

    user_id: UserId
    erased: Annotated[bool, msgspec.Meta(extra_json_schema={"const": True})]


def profile_type(definition: Definition) -> type[msgspec.Struct]:
    """Give the type of the profile documents that a definition makes.

    Only what every definition has is required: records that an older definition made stay on a compacted topic.
    """
    sections: dict[str, list[tuple[str, Any]]] = {}
    for field in definition.profile:
        sections.setdefault(field.section, []).append((field.name, _field_type(definition, field)))
    features = [(name, _described(_feature_type(spec), spec)) for name, spec in definition.features.items()]
    fields: list[tuple[str, Any, bool]] = [
        ("user_id", UserId, True),
        ("sequence", Annotated[int, msgspec.Meta(ge=0, description="The number of the user's newest change.")], True),
        ("updated_at", Annotated[Time, msgspec.Meta(description="The user's clock.")], True),
        *((name, _struct(f"Profile {name}", f"The section `{name}`.", part), False) for name, part in sections.items()),
        ("segments", Annotated[list[str], msgspec.Meta(description="Those that the user is in, by name.")], True),
        ("clusters", dict[str, Any], True),
        ("predictions", dict[str, Any], True),
        ("features", _struct("Profile features", "The value of every feature at the user's clock.", features), True),
    ]
    required = {name for name, _, is_required in fields if is_required}
    doc = "All that is known about one user."
    return _struct("Profile", doc, [(name, kind) for name, kind, _ in fields], required)


def _struct(
    title: str, description: str, fields: list[tuple[str, Any]], required: set[str] | frozenset[str] = frozenset()
) -> type[msgspec.Struct]:
    """Make a struct; names of fields may be any text."""
    python_names = {name: f"field_{index}" for index, (name, _) in enumerate(fields)}
    made: list[Any] = [
        (python_names[name], kind) if name in required else (python_names[name], kind | UnsetType, UNSET)
        for name, kind in fields
    ]
    return msgspec.defstruct(
        re.sub(r"\W", "", title.replace("_", " ").title()),
        made,
        kw_only=True,
        rename={python_name: name for name, python_name in python_names.items()},
        namespace={"__doc__": description},
    )


def _field_type(definition: Definition, field: Field) -> Any:
    if field.feature is None:
        return Annotated[None, msgspec.Meta(description="Not filled by livesegments.")]
    spec = definition.features[field.feature]
    kind = _feature_type(spec)
    if field.as_time:
        kind = Time | None
    elif field.as_list:
        kind = list[Any]
    return _described(kind, spec)


def _feature_type(spec: FeatureSpec) -> Any:
    refined = _REFINED.get(spec.kind)
    return refined(spec.content) if refined else FEATURE_TYPES[spec.kind]


def _described(kind: Any, spec: FeatureSpec) -> Any:
    return Annotated[kind, msgspec.Meta(description=f"Feature `{spec.name}` ({spec.kind}).")]


_REFINED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "session": lambda content: Count if content["measure"] in ("count", "pages") else Number,
    "peak": lambda content: int | None if content["by"] == "hour" else str | None,
}
