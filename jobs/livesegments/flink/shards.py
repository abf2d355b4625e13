"""Names of shards: the Flink keys, chosen so that every subtask gets the same number of them."""

from __future__ import annotations

__all__ = ["key_group", "shard_names"]

_BITS = 0xFFFFFFFF


def shard_names(shards: int) -> list[str]:
    """Give names such that shard i falls into key group i of as many key groups as there are shards."""
    names: list[str] = [""] * shards
    missing, candidate = shards, 0
    while missing:
        group = key_group(str(candidate), shards)
        if not names[group]:
            names[group] = str(candidate)
            missing -= 1
        candidate += 1
    return names


def key_group(name: str, groups: int) -> int:
    """Give the key group that Flink assigns to Row(name): KeyGroupRangeAssignment.assignToKeyGroup."""
    text = 0
    for character in name:
        text = (31 * text + ord(character)) & _BITS
    return _murmur((62 + text) & _BITS) % groups  # 62 + text is the hash of an insert Row of one field


def _murmur(code: int) -> int:
    """Flink's MathUtils.murmurHash."""
    code = _rotate(code * 0xCC9E2D51 & _BITS, 15) * 0x1B873593 & _BITS
    code = (_rotate(code, 13) * 5 + 0xE6546B64) & _BITS ^ 4
    code = (code ^ code >> 16) * 0x85EBCA6B & _BITS
    code = (code ^ code >> 13) * 0xC2B2AE35 & _BITS
    code ^= code >> 16
    return code if code < 2**31 else (-code & _BITS) & 0x7FFFFFFF


def _rotate(code: int, bits: int) -> int:
    return (code << bits | code >> 32 - bits) & _BITS
