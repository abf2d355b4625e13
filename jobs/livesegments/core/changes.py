"""Changes out: CloudEvents 1.0 records, a function of the input alone."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from livesegments.core.times import format_time

__all__ = ["Because", "Cause", "Change", "ChangeRecord", "SegmentChange"]


class Cause(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What brought a change about; `message_id`, `type` and `event` are those of the event."""

    kind: Literal["event", "time", "model", "definition", "erase"]
    message_id: str | None = None
    type: str | None = None
    event: str | None = None


class Because(msgspec.Struct, frozen=True, kw_only=True):
    """One clause of the condition that decided, whether it holds, and the values of its names."""

    clause: str
    holds: bool | None
    values: dict[str, Any]


class SegmentChange(msgspec.Struct, frozen=True, kw_only=True):
    """The `data` of a segment change, and of an erased profile (segment null)."""

    user_id: str
    sequence: int
    segment: str | None
    change: Literal["entered", "exited", "erased"]
    segments_before: list[str]
    segments_after: list[str]
    cause: Cause
    because: list[Because]
    dwell_ms: int | None
    definition: str | None
    model_version: str | None


class ChangeRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The CloudEvents envelope."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: Literal["livesegments"] = "livesegments"
    type: str
    subject: str
    time: str
    datacontenttype: Literal["application/json"] = "application/json"
    data: SegmentChange


TYPES = {
    "entered": "livesegments.segment.entered.v1",
    "exited": "livesegments.segment.exited.v1",
    "erased": "livesegments.profile.erased.v1",
}
_encoder = msgspec.json.Encoder()


class Change:
    """A user entered or left a segment, or was erased."""

    __slots__ = ("detail", "time_ms")

    def __init__(self, time_ms: int, detail: SegmentChange) -> None:
        self.time_ms = time_ms
        self.detail = detail

    @property
    def record(self) -> ChangeRecord:
        """Give the change as a CloudEvents record."""
        detail = self.detail
        return ChangeRecord(
            id=f"{detail.user_id}:{detail.sequence}",
            type=TYPES[detail.change],
            subject=detail.user_id,
            time=format_time(self.time_ms),
            data=detail,
        )

    def encode(self) -> bytes:
        """Give the record as JSON."""
        return _encoder.encode(self.record)
