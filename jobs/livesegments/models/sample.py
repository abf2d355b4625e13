"""The sample of users that models learn from; Sample.java takes the same users."""

from __future__ import annotations

import zlib

__all__ = ["SHARE_MAX", "is_sampled"]

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
