"""The feature of the user id alone: bucket."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from livesegments.core.features.feature import Feature, ProfileView, States

__all__ = ["BUCKETS", "Bucket", "bucket_of"]

BUCKETS = 100


def bucket_of(name: str, user_id: str) -> int:
    """Give the number from 0 to 99 that a name and a user id give, in every version and on every machine.

    It is the 8-byte BLAKE2b hash of the name, a zero byte and the user id, all UTF-8, as a big-endian number, modulo
    100. So users are spread evenly, and differently by each name.

    >>> bucket_of("holdout", "12345"), bucket_of("holdout", "12346"), bucket_of("price test", "12345")
    (77, 98, 3)
    """
    text = f"{name}\0{user_id}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big") % BUCKETS


class Bucket(Feature):
    """A number from 0 to 99 that a name and the user's id give: holdouts, tests."""

    fixed = True

    def __init__(self, name: str, subject: str) -> None:
        super().__init__(name)
        self.subject = subject

    def value(self, states: States, now_ms: int, profile: ProfileView) -> Any:
        return bucket_of(self.subject, profile.user_id)
