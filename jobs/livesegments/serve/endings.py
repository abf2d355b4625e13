"""Users that ended, erased or merged: how far back nothing of them may come into the store again.

Both make two records on two topics, a change and a tombstone, which are read in any order. Only a keyed hash of the
user's id is kept. `pending` is how many more of the changes than of the tombstones were read; while it is below
zero, changes that are read are still those from before the end, whatever their number.

30 days after an end the job forgets the user's number too, and counts from 1 again. So what has a lower number is from
after the end where its time is later than that of the end.
"""

from __future__ import annotations

import sqlite3
from hashlib import blake2b

import msgspec

__all__ = ["Ending", "Endings"]


class Ending(msgspec.Struct, frozen=True, array_like=True):
    """Up to `sequence` nothing of the user is taken; `back_*` are of the first profile after a tombstone."""

    sequence: int
    pending: int
    back_sequence: int | None
    erased: bool
    merged_into: str | None
    ended_ms: int | None = None  # of the change that ended the user; None before it was read
    back_ms: int | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether the tombstone was read and the change that goes with it was not yet."""
        return self.pending < 0

    def is_before(self, sequence: int, time_ms: int | None) -> bool:
        """Tell whether a change of this number and time is from before the end, or the end itself."""
        is_later = self.ended_ms is not None and time_ms is not None and time_ms > self.ended_ms
        return sequence <= self.sequence and not is_later

    def is_back_after(self, sequence: int, time_ms: int) -> bool:
        """Tell whether a profile was read that is of after a change of this number and time."""
        is_numbered = self.back_sequence is not None and sequence <= self.back_sequence
        return is_numbered or (self.back_ms is not None and time_ms < self.back_ms)


_FIND = "SELECT sequence, pending, back_sequence, erased, merged_into, ended_ms, back_ms FROM ended WHERE user_hash = ?"
_PUT = """
INSERT OR REPLACE INTO ended
(user_hash, sequence, pending, back_sequence, erased, merged_into, ended_ms, back_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
_NONE = Ending(0, 0, None, False, None)


class Endings:
    """The endings of a store; nothing here commits."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._salt: bytes = connection.execute("SELECT value FROM meta WHERE name = 'salt'").fetchone()[0]
        (count,) = connection.execute("SELECT count(*) FROM ended").fetchone()
        self._is_empty = not count  # most stores: then nobody need be looked up

    def find(self, user_id: str) -> Ending | None:
        """Give what is known of a user's end, None for who never ended."""
        if self._is_empty:
            return None
        found = self._connection.execute(_FIND, [self._hash(user_id)]).fetchone()
        return None if found is None else msgspec.convert(found, Ending, strict=False)

    def takes_change(self, user_id: str, sequence: int, time_ms: int) -> bool:
        """Tell whether a change is from after the user's end; closes an end whose own change was lost."""
        ending = self.find(user_id)
        if ending is None:
            return True
        if not ending.is_open:
            return not ending.is_before(sequence, time_ms)
        if ending.back_sequence is None or sequence <= ending.back_sequence or time_ms < (ending.back_ms or 0):
            return False
        closed = msgspec.structs.replace(ending, sequence=ending.back_sequence, pending=0, ended_ms=None)
        self._put(user_id, closed)
        return True

    def takes_profile(self, user_id: str, sequence: int, updated_ms: int | None) -> bool:
        """Tell whether a profile is from after the user's end; a user who is back is merged into nobody."""
        ending = self.find(user_id)
        if ending is None:
            return True
        if not ending.is_open and ending.is_before(sequence + 1, updated_ms):  # it may have the number of the end
            return False
        if ending.back_sequence is None:
            back = msgspec.structs.replace(ending, back_sequence=sequence, back_ms=updated_ms, merged_into=None)
            self._put(user_id, back)
        return True

    def read_change(self, user_id: str, sequence: int, time_ms: int, into: str | None) -> bool:
        """Note the change that ends a user, and tell whether the user goes by it: not where the tombstone was first."""
        ending = self.find(user_id) or _NONE
        if ending.is_before(sequence, time_ms):
            return False
        is_over = ending.is_open or ending.is_back_after(sequence, time_ms)
        pending = ending.pending + (ending.is_open or not is_over)  # of two tombstones side by side one was counted
        back = (ending.back_sequence, ending.back_ms) if is_over else (None, None)
        erased = ending.erased or into is None
        self._put(user_id, Ending(max(sequence, ending.sequence), pending, back[0], erased, into, time_ms, back[1]))
        return not is_over

    def read_tombstone(self, user_id: str) -> bool:
        """Note a tombstone, and tell whether the user goes by it: not where the change that goes with it was first."""
        ending = self.find(user_id) or Ending(0, 0, None, True, None)
        is_first = ending.pending <= 0
        if ending.pending < 0 and ending.back_sequence is None:
            return True  # the same tombstone once more: the change is still awaited
        self._put(
            user_id,
            msgspec.structs.replace(
                ending,
                pending=ending.pending - 1,
                back_sequence=None if is_first else ending.back_sequence,
                back_ms=None if is_first else ending.back_ms,
            ),
        )
        return is_first

    def forget_links(self, user_id: str) -> None:
        """Forget who was merged into a user."""
        self._connection.execute("UPDATE ended SET merged_into = NULL WHERE merged_into = ?", [user_id])

    def _put(self, user_id: str, ending: Ending) -> None:
        self._is_empty = False
        self._connection.execute(_PUT, [self._hash(user_id), *msgspec.structs.astuple(ending)])

    def _hash(self, user_id: str) -> bytes:
        return blake2b(user_id.encode("utf-8", "surrogatepass"), key=self._salt, digest_size=16).digest()
