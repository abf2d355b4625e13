"""The records that relays write: changes that could not be delivered, and positions in Kinesis."""

from __future__ import annotations

import base64
from typing import Literal

import msgspec

__all__ = ["UNDELIVERED_REASONS", "KinesisPosition", "Undelivered", "text_of"]

UNDELIVERED_REASONS = ("refused", "given_up", "unreadable")


class Undelivered(msgspec.Struct, frozen=True, kw_only=True):
    """One change that the receiver did not take; `raw` is the record as it was in the topic, byte for byte.

    `refused`: the receiver answered 4xx. `given_up`: it failed for longer than `--give-up`. `unreadable`: no change.
    """

    reason: str
    message: str
    status: int | None  # the last HTTP status, None where no answer came
    attempts: int
    raw: str
    encoding: Literal["base64"] | msgspec.UnsetType = msgspec.UNSET
    first_attempt_at: str | None
    at: str
    topic: str
    partition: int
    offset: int


class KinesisPosition(msgspec.Struct, frozen=True, kw_only=True):
    """How far one shard was read: everything up to and with `sequence_number` is in the events' topic.

    `created_at` is the time when the stream was made, in milliseconds: a stream that was deleted and made again has
    shards of the same names. `done`: the shard was closed by a split or a merge, and nothing of it is left.
    """

    stream: str
    created_at: int
    shard: str
    sequence_number: str | None
    done: bool = False


def text_of(raw: bytes) -> tuple[str, Literal["base64"] | msgspec.UnsetType]:
    """Give bytes as text and how it is encoded: UTF-8 as it is, anything else in base64.

    >>> text_of(b"{}")
    ('{}', UNSET)
    """
    try:
        return raw.decode(), msgspec.UNSET
    except UnicodeDecodeError:
        return base64.b64encode(raw).decode(), "base64"
