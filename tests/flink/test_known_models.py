"""The models that a subtask knows: every shard keeps the newest ones, and any of them brings all back."""

from __future__ import annotations

from typing import Any

import pytest

from flink.streams import CLUSTERED, events, learned
from livesegments.flink import models as models_module
from livesegments.flink.frames import TABLES, RowFrame
from livesegments.flink.models import KnownModels

SEGMENT_MODELS = TABLES.index("segment_models")


class States(dict[str, dict[str, bytes]]):
    """MapState below shards, as far as models use it; `shard` is the one in force."""

    shard = "a"

    def put(self, key: str, value: bytes) -> None:
        self.setdefault(self.shard, {})[key] = value

    def remove(self, key: str) -> None:
        del self[self.shard][key]

    def keys(self) -> Any:
        return self.get(self.shard, {}).keys()

    def values(self) -> Any:
        return self.get(self.shard, {}).values()


@pytest.fixture(scope="module")
def records() -> list[bytes]:
    return learned(events(3_000, 100, seed=1), CLUSTERED)


def frame_of(*records: bytes, key: str = "clusters/habits") -> bytes:
    rows = RowFrame()
    for record in records:
        rows.add(SEGMENT_MODELS, key, record)
    (content,) = rows.take()
    return b"\x03\0\0\0" + content


def send(known: KnownModels, states: States, record: bytes, shards: str = "ab") -> None:
    for shard in shards:
        states.shard = shard
        known.restore()
        known.add(shard, frame_of(record))


def test_what_one_shard_kept_brings_all_back(records: list[bytes]) -> None:
    assert len(records) >= 6
    states = States()
    known = KnownModels(states, records[:2])
    for record in records[2:4]:
        send(known, states, record)
    assert known.book.records() == records[:4]
    states.shard = "b"
    restored = KnownModels(states, records[:2])
    restored.restore()
    assert restored.book.records() == records[:4]
    send(restored, states, records[4])
    assert states["a"] == states["b"] == {f"clusters/habits {n}": record for n, record in enumerate(records[2:5])}


def test_a_shard_keeps_the_newest_versions_only(monkeypatch: pytest.MonkeyPatch, records: list[bytes]) -> None:
    monkeypatch.setattr(models_module, "KEPT_MAX", 3)
    states = States()
    known = KnownModels(states, ())
    for record in records[:5]:
        send(known, states, record)
    assert known.book.records() == records[:5]
    assert [list(states[shard].values()) for shard in "ab"] == [records[2:5]] * 2
    send(KnownModels(states, ()), states, records[5])
    assert [list(states[shard].values()) for shard in "ab"] == [records[3:6]] * 2


def test_how_good_a_model_is_is_not_kept(records: list[bytes]) -> None:
    states = States()
    known = KnownModels(states, ())
    states.shard = "a"
    known.restore()
    known.add("a", frame_of(records[0], key="predictions/buys/quality"))
    assert states == {}
    known.add("a", frame_of(records[0]))
    assert list(states["a"].values()) == [records[0]]
