"""Changes out: CloudEvents 1.0 records, a function of the input alone."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from livesegments.core.inference import Weight
from livesegments.core.times import format_time

__all__ = [
    "ENDS",
    "Because",
    "Cause",
    "Change",
    "ChangeRecord",
    "ClusterChange",
    "ClusterChangeRecord",
    "SegmentChange",
]


class Cause(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What brought a change about; `message_id`, `type` and `event` are those of the event, `from` is the visitor."""

    kind: Literal["event", "time", "model", "definition", "identity", "erase"]
    message_id: str | None = None
    type: str | None = None
    event: str | None = None
    visitor: str | None = msgspec.field(default=None, name="from")


class Because(msgspec.Struct, frozen=True, kw_only=True):
    """One clause of the condition that decided, whether it holds, and the values of its names."""

    clause: str
    holds: bool | None
    values: dict[str, Any]


class SegmentChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The `data` of a segment change, and of an erased or merged profile (segment null).

    `model_version` names the versions of all models that the segment reads, such as `engagement/12`; `weights` the
    features that weighed most in the predictions that it reads. `into` is the user whom a visitor was merged into.
    """

    user_id: str
    sequence: int
    segment: str | None
    change: Literal["entered", "exited", "erased", "merged"]
    segments_before: list[str]
    segments_after: list[str]
    cause: Cause
    because: list[Because]
    dwell_ms: int | None
    definition: str | None
    model_version: str | None
    weights: list[Weight] = []
    into: str | None = None


class ClusterChange(msgspec.Struct, frozen=True, kw_only=True):
    """The `data` of a cluster change; null stands for no cluster, distances are in the model's scaled units.

    `moved` is `model_moved` where the user would have come here without doing anything. `values` are those of the
    clustering's features now.
    """

    user_id: str
    sequence: int
    clustering: str
    before: str | None
    after: str | None
    distance_before: float | None
    distance_after: float | None
    moved: Literal["user_moved", "model_moved"]
    cause: Cause
    values: dict[str, Any]
    definition: str | None
    model_version: str | None


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """CloudEvents 1.0, structured."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: Literal["livesegments"] = "livesegments"
    type: str
    subject: str
    time: str
    datacontenttype: Literal["application/json"] = "application/json"


class ChangeRecord(Envelope, frozen=True, kw_only=True):
    """A user entered or left a segment, or was erased; or a visitor was merged into a user."""

    data: SegmentChange


class ClusterChangeRecord(Envelope, frozen=True, kw_only=True):
    """A user came into another cluster."""

    data: ClusterChange


TYPES = {
    "entered": "livesegments.segment.entered.v1",
    "exited": "livesegments.segment.exited.v1",
    "erased": "livesegments.profile.erased.v1",
    "merged": "livesegments.profile.merged.v1",
}
ENDS = (TYPES["erased"], TYPES["merged"])
"""The types of changes that end a profile."""

CLUSTER_TYPE = "livesegments.cluster.changed.v1"
_encoder = msgspec.json.Encoder()


class Change:
    """A user entered or left a segment, came into another cluster, or was erased or merged."""

    __slots__ = ("detail", "time_ms")

    def __init__(self, time_ms: int, detail: SegmentChange | ClusterChange) -> None:
        self.time_ms = time_ms
        self.detail = detail

    @property
    def record(self) -> ChangeRecord | ClusterChangeRecord:
        """Give the change as a CloudEvents record."""
        detail = self.detail
        key, time = f"{detail.user_id}:{detail.sequence}", format_time(self.time_ms)
        if isinstance(detail, ClusterChange):
            return ClusterChangeRecord(id=key, type=CLUSTER_TYPE, subject=detail.user_id, time=time, data=detail)
        return ChangeRecord(id=key, type=TYPES[detail.change], subject=detail.user_id, time=time, data=detail)

    def encode(self) -> bytes:
        """Give the record as JSON."""
        return _encoder.encode(self.record)
