"""Dead letters: bad input with the reason why, so that nothing vanishes."""

from __future__ import annotations

import base64
from typing import Literal

import msgspec

from livesegments.core.times import format_time

__all__ = ["REASONS", "DeadLetter", "dead_letter"]

BYTES_MAX = 8_000_000  # the Kafka edge and topic take 8 MiB: a record of 1 MB fits, however it is escaped
REASONS = (
    "too_large",
    "invalid_json",
    "invalid_event",
    "missing_user",
    "key_mismatch",
    "future_timestamp",
    "erased",
    "too_late",
    "failed",  # the last resort of the job: well-formed, but the step could not take it
)


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """One event that was not applied; `raw` is null for erased users."""

    reason: str
    message: str
    raw: str | None
    encoding: Literal["base64"] | msgspec.UnsetType = msgspec.UNSET
    received_at: str | None
    topic: str | None
    partition: int | None
    offset: int | None


_encoder = msgspec.json.Encoder()


def dead_letter(
    raw: bytes,
    reason: str,
    message: str,
    received_at_ms: int | None = None,
    topic: str | None = None,
    partition: int | None = None,
    offset: int | None = None,
) -> bytes:
    """Encode a dead letter as JSON; bytes that are not UTF-8 become base64, an erased user's text is left out.

    So is a text that would make the letter larger than sinks take (BYTES_MAX); the message then says so.
    """
    encoding: Literal["base64"] | msgspec.UnsetType = msgspec.UNSET
    text: str | None = None
    if reason != "erased":
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            text, encoding = base64.b64encode(raw).decode(), "base64"
    letter = DeadLetter(
        reason=reason,
        message=message,
        raw=text,
        encoding=encoding,
        received_at=None if received_at_ms is None else format_time(received_at_ms),
        topic=topic,
        partition=partition,
        offset=offset,
    )
    encoded = _encoder.encode(letter)
    if len(encoded) > BYTES_MAX:
        message = f"{message}; raw is left out, {len(raw):,} bytes"
        letter = msgspec.structs.replace(letter, raw=None, encoding=msgspec.UNSET, message=message)
        encoded = _encoder.encode(letter)
    return encoded
