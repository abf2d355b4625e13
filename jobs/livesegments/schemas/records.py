"""Every record: its type, what the type cannot say, and what it is for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from livesegments.core.amounts import AMOUNTS
from livesegments.core.changes import CLUSTER_TYPE, TYPES, ChangeRecord, ClusterChangeRecord
from livesegments.core.deadletter import REASONS, DeadLetter
from livesegments.core.definition import Definition
from livesegments.core.events import Event
from livesegments.core.reading import EVENT_TYPES, ID_LENGTH_MAX
from livesegments.relay.records import UNDELIVERED_REASONS, KinesisPosition, Undelivered
from livesegments.schemas.profile import ErasedProfile, profile_type

__all__ = ["RECORDS", "Record"]

Schemas = dict[str, Any]
_TIME = {"type": "string", "format": "date-time"}
_SOME_ID = {"type": ["string", "integer"], "minLength": 1, "maxLength": ID_LENGTH_MAX}
_ID = {"type": ["string", "integer", "null"], "maxLength": ID_LENGTH_MAX}
_IDS = {
    "userId": "A text, or a whole number as its decimal text; null and an empty text are none.",
    "anonymousId": "Names the user where there is no userId.",
}
_SOME_TIME = {"type": ["string", "number"], "minLength": 1}
_TIMES = {
    "timestamp": "ISO 8601, UTC where no zone is told, or seconds or milliseconds since 1970; from 1970 to 2100.",
    "originalTimestamp": "By the device's clock, where there is no timestamp; corrected by the next two.",
    "sentAt": "By the device's clock; the time where the two above are missing.",
    "receivedAt": "By the server's clock; the time where all others are missing.",
}


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
    fields["type"] = {"anyOf": [_in_any_case(kind) for kind in EVENT_TYPES], "description": "In any case of letters."}
    fields["messageId"] = {**_ID, "description": "Without one, a hash of the record's bytes stands for it."}
    for name, means in _IDS.items():
        fields[name] = {**_ID, "description": means}
    for name, means in _TIMES.items():
        fields[name] = {"type": ["string", "number", "null"], "description": means}
    fields["event"] = {"description": "The name, a text, where the type is track."}
    for name in ("properties", "traits", "context"):
        fields[name] = {"description": "An object; anything else counts as absent."}
    fields["properties"]["properties"] = {
        **{name: {"description": "A number, or a text that is wholly one."} for name in AMOUNTS},
        "products": {"description": "A list of objects, or one object; items that are no objects are skipped."},
    }
    for name in ("name", "category", "channel"):
        fields[name] = {"description": "Of a page or screen: read as the property of this name where there is none."}
    event["required"] = ["type"]
    event["anyOf"] = [_has(name, _SOME_ID) for name in ("userId", "anonymousId")]
    event["allOf"] = [
        {"anyOf": [_has(name, _SOME_TIME) for name in _TIMES]},
        {"if": _is_of("track"), "then": _has("event", {"type": "string", "minLength": 1})},
        {"if": _is_of("alias"), "then": {"properties": {"previousId": _ID}}},
    ]
    del fields["previousId"]


def _in_any_case(word: str) -> Schemas:
    return {"type": "string", "pattern": "^" + "".join(f"[{letter.upper()}{letter}]" for letter in word) + "$"}


def _has(name: str, schema: Schemas) -> Schemas:
    return {"properties": {name: schema}, "required": [name]}


def _is_of(kind: str) -> Schemas:
    return {"properties": {"type": _in_any_case(kind)}, "required": ["type"]}


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
    data["into"]["description"] = "Of a merged visitor: the user that the visitor turned out to be."
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
