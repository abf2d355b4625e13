"""The message ids of a user that were applied lately: 8 bytes of a hash each, oldest first."""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_right
from hashlib import blake2b

__all__ = ["SeenIds", "hash_of"]

_SIZE = 8
_IS_BIG_ENDIAN = sys.byteorder == "big"
_nothing_hashed = blake2b(digest_size=_SIZE)


def hash_of(message_id: str) -> bytes:
    """Give 8 bytes that stand for a message id."""
    hashed = _nothing_hashed.copy()  # copying it costs less than making a new one
    try:
        hashed.update(message_id.encode())
    except UnicodeEncodeError:  # half of a surrogate pair
        hashed.update(message_id.encode("utf-8", "surrogatepass"))
    return hashed.digest()


class SeenIds:
    """Hashes side by side, and the clock (ms) at which each was applied; both are stored as they lie in memory."""

    __slots__ = ("clocks_ms", "hashes")

    def __init__(self, hashes: bytes = b"", clocks_ms: bytes = b"") -> None:
        self.hashes = bytearray(hashes)
        self.clocks_ms = array("q", clocks_ms)
        if _IS_BIG_ENDIAN:
            self.clocks_ms.byteswap()

    def __len__(self) -> int:
        """Give how many ids are kept."""
        return len(self.clocks_ms)

    def has(self, key: bytes, now_ms: int, kept_ms: int) -> bool:
        """Tell whether an id was applied less than so long before now."""
        at = self.hashes.rfind(key)
        while at % _SIZE and at >= 0:  # the end of one hash and the beginning of the next
            at = self.hashes.rfind(key, 0, at + _SIZE - 1)
        return at >= 0 and now_ms - self.clocks_ms[at // _SIZE] < kept_ms

    def add(self, key: bytes, clock_ms: int, gone_ms: int, most: int) -> int:
        """Keep an id; forget those applied at or before `gone_ms`, and the oldest beyond `most`.

        Gives how many were forgotten for being too many alone.
        """
        clocks_ms = self.clocks_ms
        self.hashes += key
        clocks_ms.append(clock_ms)
        if clocks_ms[0] > gone_ms and len(clocks_ms) <= most:
            return 0
        gone = bisect_right(clocks_ms, gone_ms)
        cut = max(gone, len(clocks_ms) - most)
        del clocks_ms[:cut], self.hashes[: cut * _SIZE]
        return cut - gone

    def stored_clocks(self) -> bytes:
        """Give the clocks as they are stored: 8 bytes each, little endian. Hashes are stored as they are."""
        if _IS_BIG_ENDIAN:
            swapped = array("q", self.clocks_ms)
            swapped.byteswap()
            return swapped.tobytes()
        return self.clocks_ms.tobytes()
