"""What the client decides for the Segmenter."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from livesegments.flink.engines import Takeover

__all__ = ["KEPT_MAX", "SegmenterSettings"]

KEPT_MAX = 168
"""Versions of one model that ModelKeeper keeps: a week where one comes each hour, as late as an event may be."""


class SegmenterSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the client decides and every worker needs."""

    definition: bytes
    is_bounded: bool
    has_profiles: bool  # the edges have that table
    until_ms: int | None
    latest_ms: int
    profiles_decoded: int
    profiles_bytes: int
    profiles_resident: int | None  # None in thread mode, where reading state is cheap
    models: Iterable[bytes] = ()  # records of segment_models that are known from the start
    takeover: Takeover | None = None
