"""The sample of users that models learn from; Sample.java takes the same users."""

from __future__ import annotations

import heapq
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from livesegments.core.profile import Profile
from livesegments.core.step import Engine

__all__ = ["SHARE_MAX", "SampledUsers", "hash_of", "is_sampled"]

SHARE_MAX = 1000

_PARTS = 1024
"""Parts that the sample is divided into by hash, so that turns are found without looking at everybody."""


def hash_of(user_id: str) -> int:
    """Give 32 bits that decide whether a user is in a sample: a smaller hash is in every sample of a greater one.

    The hash is another than that of the shards, so that each shard has its share of the sample.
    """
    mixed = zlib.crc32(user_id.encode())
    mixed ^= mixed >> 16
    mixed = mixed * 0x85EBCA6B & 0xFFFFFFFF
    mixed ^= mixed >> 13
    mixed = mixed * 0xC2B2AE35 & 0xFFFFFFFF
    mixed ^= mixed >> 16
    return mixed


def is_sampled(user_id: str, per_mille: int) -> bool:
    """Tell whether a user belongs to the sample of so many in a thousand users; a larger sample holds a smaller one."""
    return hash_of(user_id) * SHARE_MAX >> 32 < per_mille


class SampledUsers:
    """The profiles of an even sample of users: the `users_max` with the smallest hashes, of all who ever came.

    A user who was left out never comes back in, so that every profile here knows all that its user ever did.
    """

    def __init__(self, engine: Engine, users_max: int) -> None:
        self.engine = engine
        self.users_max = users_max
        self.gone: list[str] = []  # users who were dropped since somebody looked
        self._profiles: dict[str, Profile] = {}
        self._hashes: dict[str, int] = {}
        self._smallest: dict[int, tuple[Profile, ...]] = {}  # what was given since somebody came or went
        self._parts: list[set[str]] = [set() for _ in range(_PARTS)]  # the users by hash
        self._erased: set[str] = set()  # those who may have been erased
        self._greatest: list[tuple[int, str]] = []  # a heap of (-hash, user)
        self._below = 1 << 32  # only hashes below it are taken
        self._stored: dict[str, bytes] = {}  # of the profiles that have not changed since they were stored

    def __len__(self) -> int:
        return len(self._profiles)

    def smallest(self, count: int) -> tuple[Profile, ...]:
        """Give the profiles of so many users with the smallest hashes, by user id; the same object for the same."""
        found = self._smallest.get(count)
        if found is None:
            chosen: Iterable[str] = self._profiles
            if count < len(self._profiles):
                chosen = heapq.nsmallest(count, self._hashes, key=self._hashes.__getitem__)
            found = self._smallest[count] = tuple(self._profiles[user_id] for user_id in sorted(chosen))
        return found

    def at_turn(self, turn: int, turns: int) -> Iterator[Profile]:
        """Give the profiles of the users whose turn it is, by user id: each user has one of so many turns.

        The number of turns is a power of two.
        """
        parts = range(turn % _PARTS, _PARTS, min(turns, _PARTS))
        chosen = [user_id for part in parts for user_id in self._parts[part] if self._hashes[user_id] % turns == turn]
        return (self._profiles[user_id] for user_id in sorted(chosen))

    def get(self, user_id: str) -> Profile | None:
        """Give the profile of a user to be changed, a new one for a user not seen before; None for one left out."""
        profile = self._profiles.get(user_id)
        if profile is None:
            hashed = hash_of(user_id)
            if hashed >= self._below:
                return None
            profile = self._take(user_id, hashed, None)
            if len(self._profiles) > self.users_max:
                self._drop_greatest()
                if user_id not in self._profiles:
                    return None
        self._stored.pop(user_id, None)
        return profile

    def note_erased(self, user_id: str) -> None:
        """Have a user who was erased forgotten when the time has come."""
        self._erased.add(user_id)

    def known(self, user_id: str) -> Profile:
        """Give the profile of a user of the sample, to be read."""
        return self._profiles[user_id]

    def adopt(self, user_id: str, content: bytes) -> None:
        """Take over the profile of a user that another learner kept."""
        if user_id not in self._profiles and hash_of(user_id) < self._below:
            self._take(user_id, hash_of(user_id), content)
            if len(self._profiles) > self.users_max:
                self._drop_greatest()

    def forget_erased(self, now_ms: int) -> None:
        """Drop the users who were erased so long ago that nothing of them is to be kept."""
        for user_id in sorted(self._erased):
            profile = self._profiles[user_id]
            if not profile.empty:  # came back
                self._erased.discard(user_id)
                continue
            self.engine.advance(profile, now_ms)
            if self.engine.snapshot(profile) is None:
                self._drop(user_id)

    def _drop(self, user_id: str) -> None:
        self._greatest.remove((-self._hashes[user_id], user_id))
        heapq.heapify(self._greatest)
        self._remove(user_id)

    def _remove(self, user_id: str) -> None:
        self._smallest.clear()
        self._parts[self._hashes.pop(user_id) % _PARTS].discard(user_id)
        del self._profiles[user_id]
        self._stored.pop(user_id, None)
        self._erased.discard(user_id)

    def _take(self, user_id: str, hashed: int, content: bytes | None) -> Profile:
        profile = self._profiles[user_id] = self.engine.restore(user_id, content)
        self._smallest.clear()
        self._hashes[user_id] = hashed
        self._parts[hashed % _PARTS].add(user_id)
        if profile.empty and content is not None:
            self._erased.add(user_id)
        heapq.heappush(self._greatest, (-hashed, user_id))
        return profile

    def _drop_greatest(self) -> None:
        negative, user_id = heapq.heappop(self._greatest)
        self._below = -negative
        self._remove(user_id)
        self.gone.append(user_id)

    def snapshot(self) -> list[Any]:
        """Give the profiles as bytes, by user; those that have not changed are not encoded anew."""
        for user_id in self._profiles.keys() - self._stored.keys():
            content = self.engine.snapshot(self._profiles[user_id])
            if content is not None:
                self._stored[user_id] = content
        return [self._below, dict(sorted(self._stored.items()))]

    def restore(self, state: list[Any]) -> None:
        """Take over a snapshot."""
        self._below, stored = state
        for user_id, content in sorted(stored.items()):
            self._take(user_id, hash_of(user_id), content)
            self._stored[user_id] = content
        while len(self._profiles) > self.users_max:
            self._drop_greatest()
