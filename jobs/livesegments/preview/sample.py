"""A sample of users by a hash of their ids, and the error that it brings."""

from __future__ import annotations

import math
from hashlib import blake2b

__all__ = ["Interval", "Sample"]

Interval = tuple[int, int]
_DEVIATIONS = 1.959964  # of a normal distribution: 95 % lie within


class Sample:
    """A share (above 0, at most 1) of all users, each decided by their id; another `seed` draws other users."""

    def __init__(self, share: float = 1.0, seed: int = 0) -> None:
        self.share = share
        self._key = seed.to_bytes(8, "big")
        self._below = round(share * 2**64)

    @property
    def is_all(self) -> bool:
        """Tell whether every user is in it."""
        return self.share >= 1

    def __contains__(self, user_id: str) -> bool:
        """Tell whether a user is in the sample."""
        digest = blake2b(user_id.encode("utf-8", "surrogatepass"), digest_size=8, key=self._key).digest()
        return int.from_bytes(digest, "big") < self._below

    def scaled(self, count: int) -> int:
        """Give what a count of the sample stands for among all users."""
        return count if self.is_all else round(count / self.share)

    def interval(self, users: int) -> Interval:
        """Give the 95 % interval of a number of users of whom so many are in the sample.

        These are the numbers N for which the sample is no further than 1.96 deviations from N x share (the score
        interval of a binomial), so it is right for few users, and for none, too.
        """
        if self.is_all:
            return users, users
        share, spread = self.share, _DEVIATIONS**2 * (1 - self.share)
        middle = 2 * users + spread
        reach = math.sqrt(middle * middle - 4 * users * users)
        low = max(users, math.floor((middle - reach) / (2 * share)))
        return low, math.ceil((middle + reach) / (2 * share))
