"""The models that a subtask knows: what comes in frames, and what earlier releases kept in every shard."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from flink.streams import CLUSTERED, events, learned
from livesegments.flink import models as models_module
from livesegments.flink.frames import MODEL
from livesegments.flink.models import KnownModels

KEYS = ["clusters/habits", "clusters/others"]


class States(dict[str, dict[str, bytes]]):
    """MapState below shards, as far as models use it; `shard` is the one in force."""

    shard = "a"

    def remove(self, key: str) -> None:
        del self[self.shard][key]

    def keys(self) -> Any:
        return self.get(self.shard, {}).keys()

    def values(self) -> Any:
        return self.get(self.shard, {}).values()


@pytest.fixture(scope="module")
def records() -> list[bytes]:
    found = learned(events(3_000, 100, seed=1), CLUSTERED)
    assert len(found) >= 6
    return found


def frame_of(record: bytes, key: str = "clusters/habits") -> bytes:
    return struct.pack("<BBHI", MODEL, 0, 0, len(key)) + key.encode() + record


def kept_before(*records: bytes) -> States:
    """Give what two shards of an earlier release kept."""
    return States({shard: {f"clusters/habits {n}": each for n, each in enumerate(records)} for shard in "ab"})


def enter_all(known: KnownModels, states: States) -> None:
    for states.shard in "ab":
        known.enter(states.shard)


def test_what_any_shard_kept_before_brings_all_back(records: list[bytes]) -> None:
    states = kept_before(*records[2:4])
    states.shard = "b"
    known = KnownModels(states, records[:2], KEYS)
    known.enter("b")
    assert known.book.records() == records[:4]
    known.add(frame_of(records[4]))
    assert known.book.records() == records[:5]
    enter_all(known, states)
    assert states == kept_before(*records[2:4])


def test_what_was_kept_before_goes_from_each_shard_once_enough_newer_versions_followed(
    monkeypatch: pytest.MonkeyPatch, records: list[bytes]
) -> None:
    monkeypatch.setattr(models_module, "KEPT_MAX", 3)
    states = kept_before(*records[:2])
    for shard in "ab":
        states[shard]["clusters/others 0"] = records[5]
    known = KnownModels(states, (), KEYS)
    for record in records[2:5]:
        enter_all(known, states)
        assert [len(states[shard]) for shard in "ab"] == [3, 3]
        known.add(frame_of(record))
    enter_all(known, states)
    assert states == {shard: {"clusters/others 0": records[5]} for shard in "ab"}


def test_what_was_kept_before_of_a_model_that_is_gone_goes_at_once(records: list[bytes]) -> None:
    states = kept_before(*records[:2])
    for shard in "ab":
        states[shard]["predictions/gone 7"] = records[5]
    enter_all(KnownModels(states, (), KEYS), states)
    assert states == kept_before(*records[:2])
