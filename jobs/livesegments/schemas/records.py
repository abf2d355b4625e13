"""Every record: its type, what the type cannot say, and what it is for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from livesegments.core.changes import CLUSTER_TYPE, TYPES, ChangeRecord, ClusterChangeRecord
from livesegments.core.deadletter import REASONS, DeadLetter
from livesegments.core.definition import Definition
from livesegments.core.events import Event
from livesegments.relay.records import UNDELIVERED_REASONS, KinesisPosition, Undelivered
from livesegments.schemas.profile import ErasedProfile, profile_type

__all__ = ["RECORDS", "Record"]

Schemas = dict[str, Any]
_TIME = {"type": "string", "format": "date-time"}
_NUMBERS = ("revenue", "total", "price", "quantity")


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One record; `name` is that of its schema's file and of nothing else."""

    name: str
    title: str
    types: Callable[[Definition], tuple[type, ...]]
    in_files: tuple[type, ...] = ()  # what stands for it in files only
    written: bool = True  # by the job, always with all fields
    refine: Callable[[Schemas], None] = lambda _: None


def _event(schemas: Schemas) -> None:
    event = schemas["Event"]
    fields = event["properties"]
    for name in [name for name in fields if name.startswith("_")]:  # set by decode()
        del fields[name]
    fields["timestamp"].update(_TIME, description="RFC 3339 with any offset, from 1970 to 2100.")
    fields["event"]["description"] = "The name, where the type is track."
    fields["properties"]["anyOf"][0]["properties"] = {
        **{name: {"type": ["number", "null"]} for name in _NUMBERS},
        "products": {"type": ["array", "null"], "items": {"type": "object"}},
    }
    event["anyOf"] = [_has("userId", "string"), _has("anonymousId", "string")]
    event["allOf"] = [
        {"if": _is_of("track"), "then": _has("event", "string", minLength=1)},
        {"if": _is_of("identify"), "then": _has("traits", "object")},
    ]


def _has(name: str, kind: str, **more: Any) -> Schemas:
    return {"properties": {name: {"type": kind, **more}}, "required": [name]}


def _is_of(kind: str) -> Schemas:
    return {"properties": {"type": {"enum": [kind]}}, "required": ["type"]}


def _change(schemas: Schemas) -> None:
    for record, kinds in (("ChangeRecord", sorted(TYPES.values())), ("ClusterChangeRecord", [CLUSTER_TYPE])):
        fields = schemas[record]["properties"]
        unique = "User id and sequence: drop duplicates by it and `source`."
        fields["id"].update(pattern="^.+:[0-9]+$", description=unique)
        fields["type"]["enum"] = kinds
        fields["subject"]["description"] = "The user id."
        fields["time"].update(_TIME, description="Of the event, or exactly when it came due.")
    schemas["ClusterChange"]["properties"]["sequence"].update(minimum=1, description="Counts a user's changes.")
    data = schemas["SegmentChange"]["properties"]
    data["sequence"].update(minimum=1, description="Counts a user's changes.")
    data["dwell_ms"]["description"] = "On an exit: how long the user was in."
    data["definition"]["description"] = "The first 12 hex digits of the SHA-256 of what the segment means."


def _dead_letter(schemas: Schemas) -> None:
    fields = schemas["DeadLetter"]["properties"]
    fields["reason"]["enum"] = list(REASONS)
    fields["raw"]["description"] = "What came, as text; in base64 where `encoding` says so; null for an erased user."
    fields["received_at"]["anyOf"][0].update(_TIME)


def _undelivered(schemas: Schemas) -> None:
    fields = schemas["Undelivered"]["properties"]
    fields["reason"]["enum"] = list(UNDELIVERED_REASONS)
    fields["raw"]["description"] = "The change as it was in the topic, as text; in base64 where `encoding` says so."
    fields["attempts"]["minimum"] = 0
    fields["first_attempt_at"]["anyOf"][0].update(_TIME)
    fields["at"].update(_TIME)


def _models(_: Definition) -> tuple[type, ...]:
    from livesegments.models.clusters.version import Version  # numpy and more: only where schemas are made
    from livesegments.models.predictions.model import PredictionModel
    from livesegments.models.predictions.record import PredictionQuality

    return Version, PredictionModel, PredictionQuality


RECORDS = (
    Record(name="event.v1", title="Event", types=lambda _: (Event,), written=False, refine=_event),
    Record(
        name="segment-change.v1",
        title="Segment change",
        types=lambda _: (ChangeRecord, ClusterChangeRecord),
        refine=_change,
    ),
    Record(
        name="profile.v1",
        title="Profile",
        types=lambda definition: (profile_type(definition),),
        in_files=(ErasedProfile,),
        written=False,
    ),
    Record(name="dead-letter.v1", title="Dead letter", types=lambda _: (DeadLetter,), refine=_dead_letter),
    Record(name="segment-model.v1", title="Segment model", types=_models),
    Record(name="undelivered.v1", title="Undelivered change", types=lambda _: (Undelivered,), refine=_undelivered),
    Record(name="kinesis-position.v1", title="Kinesis position", types=lambda _: (KinesisPosition,)),
)
