"""The sample of users that models learn from; Sample.java takes the same users."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from livesegments.core.errors import BadEvent
from livesegments.core.events import Reading, decode

__all__ = ["SHARE_MAX", "is_sampled", "sampled"]

SHARE_MAX = 1000


def is_sampled(user_id: str, per_mille: int) -> bool:
    """Tell whether a user belongs to the sample of so many in a thousand users; a larger sample holds a smaller one.

    The hash is another than that of the shards, so that each shard has its share of the sample.
    """
    mixed = zlib.crc32(user_id.encode())
    mixed ^= mixed >> 16
    mixed = mixed * 0x85EBCA6B & 0xFFFFFFFF
    mixed ^= mixed >> 13
    mixed = mixed * 0xC2B2AE35 & 0xFFFFFFFF
    mixed ^= mixed >> 16
    return mixed * SHARE_MAX >> 32 < per_mille


def sampled(lines: Iterable[bytes], per_mille: int, reading: Reading | None = None) -> Iterable[bytes]:
    """Give the events of the sample, read as said; what is no event teaches nothing and is left out too."""
    if per_mille >= SHARE_MAX:
        return lines
    terms = reading or Reading()
    return (line for line in lines if _is_of_sample(line, per_mille, terms))


def _is_of_sample(line: bytes, per_mille: int, reading: Reading) -> bool:
    try:
        return is_sampled(decode(line.rstrip(b"\r\n"), reading=reading).user_id, per_mille)
    except BadEvent:
        return False
