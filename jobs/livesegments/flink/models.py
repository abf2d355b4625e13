"""The models that a subtask of the Segmenter knows: given at the start, or sent by ModelKeeper, which keeps them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from livesegments.flink.frames import read_model
from livesegments.flink.segmenter_settings import KEPT_MAX
from livesegments.models.book import ModelBook

__all__ = ["KnownModels"]


class KnownModels:
    """The book of models of a subtask's shards; `keys` are those of the definition's models.

    Jobs of earlier releases kept all models in each shard: MapState<"key number", record>. What is there is read at the
    start, and stays until the same state would have dropped it: when there are KEPT_MAX newer versions. What is of no
    model of the definition goes at once.
    """

    def __init__(self, before: Any, given: Iterable[bytes], keys: Iterable[str]) -> None:
        self.book = ModelBook(given)
        self._before = before
        self._is_restored = False
        self._told = Counter[str]()  # how many versions ModelKeeper sent, by key
        self._wanted = set(keys)  # keys of which there are not KEPT_MAX newer versions
        self._cleared: set[str] = set()  # shards that hold no others any more

    def enter(self, shard: str) -> None:
        """At the first call, read what an earlier release kept; take from the shard in force what is not wanted."""
        if not self._is_restored:
            self._is_restored = True
            for record in self._before.values():
                self.book.add(record)
        if shard not in self._cleared:
            self._cleared.add(shard)
            for place in list(self._before.keys()):
                if place.rpartition(" ")[0] not in self._wanted:
                    self._before.remove(place)

    def add(self, frame: bytes) -> None:
        """Take a MODEL frame."""
        key, record = read_model(frame)
        self.book.add(record)
        self._told[key] += 1
        if self._told[key] == KEPT_MAX:
            self._wanted.discard(key)
            self._cleared.clear()
