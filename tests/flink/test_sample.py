"""The sample of users: Java and Python take the same ones, so many of them, of every shard."""

from __future__ import annotations

from typing import Any

import pytest

from flink.compiled import java_class, new
from livesegments.models.sample import is_sampled

USERS = [
    *(f"user-{number}" for number in range(3_000)),
    *(str(number) for number in range(3_000)),
    *("", " ", "Grüße", "東京", "😀", "a😀b", "\U0010ffff", "x" * 256, "é", "e\u0301"),
]


@pytest.mark.flink
@pytest.mark.parametrize("per_mille", [1, 100, 500, 999, 1_000])
def test_java_takes_the_same_users(gateway: Any, per_mille: int) -> None:
    sample = new(gateway, java_class(gateway, "Sample"), per_mille)
    users = USERS if per_mille == 100 else USERS[-200:]
    assert [user for user in users if sample.takes(user)] == [user for user in users if is_sampled(user, per_mille)]


def test_the_share_is_kept_and_a_larger_sample_holds_a_smaller_one() -> None:
    users = [f"user-{number}" for number in range(20_000)]
    before: set[str] = set()
    for per_mille in (0, 10, 100, 500, 1_000):
        sample = {user for user in users if is_sampled(user, per_mille)}
        assert abs(len(sample) - per_mille * 20) <= 200
        assert before <= sample
        before = sample


def test_the_sample_takes_its_share_of_every_shard() -> None:
    def shard(user: str) -> int:  # as Batcher.java does
        h = 0
        for character in user:
            h = h * 31 + ord(character) & 0xFFFFFFFF
        h ^= h >> 16
        h = h * 0x85EBCA6B & 0xFFFFFFFF
        h ^= h >> 13
        h = h * 0xC2B2AE35 & 0xFFFFFFFF
        h ^= h >> 16
        return (h & 0x7FFFFFFF) % 64

    taken = [0] * 64
    for number in range(64_000):
        user = f"user-{number}"
        taken[shard(user)] += is_sampled(user, 100)
    assert min(taken) > 60
    assert max(taken) < 145
