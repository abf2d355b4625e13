"""The models that a subtask of the Segmenter knows: given at the start, sent by the learner, kept in state."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from livesegments.flink.frames import read_models
from livesegments.models.book import ModelBook

__all__ = ["KnownModels"]

KEPT_MAX = 168
"""Versions of one model that the state keeps: a week where one comes each hour, as late as an event may be."""


class KnownModels:
    """The book of models of a subtask's shards, and what of it each shard keeps: MapState<"key number", record>.

    Every shard keeps all of it, so that it can move to any subtask. One frame reaches all shards between the same
    two checkpoints: what one of them kept is what all kept.
    """

    def __init__(self, state: Any, given: Iterable[bytes]) -> None:
        self.book = ModelBook(given)
        self._state = state
        self._is_restored = False
        self._last_frame = b""
        self._numbers: dict[str, dict[str, list[int]]] = {}  # by shard and key, ascending

    def restore(self) -> None:
        """Take up what is kept, at the first call, when the shard in force is known."""
        if not self._is_restored:
            self._is_restored = True
            for record in self._state.values():
                self.book.add(record)

    def add(self, shard: str, frame: bytes) -> None:
        """Take a MODELS frame for the shard in force; the oldest versions above the limit are no longer kept.

        How good a model is decides nothing, and is not kept.
        """
        rows = [(key, record) for key, record in read_models(frame) if not key.endswith("/quality")]
        if frame != self._last_frame:  # the same comes for every shard
            self._last_frame = frame
            for _, record in rows:
                self.book.add(record)
        numbers = self._numbers_of(shard)
        for key, record in rows:
            held = numbers.setdefault(key, [])
            held.append(held[-1] + 1 if held else 0)
            self._state.put(f"{key} {held[-1]}", record)
            if len(held) > KEPT_MAX:
                self._state.remove(f"{key} {held.pop(0)}")

    def _numbers_of(self, shard: str) -> dict[str, list[int]]:
        numbers = self._numbers.get(shard)
        if numbers is None:
            numbers = self._numbers[shard] = {}
            for text in list(self._state.keys()):
                key, _, number = text.rpartition(" ")
                numbers.setdefault(key, []).append(int(number))
            for held in numbers.values():
                held.sort()
        return numbers
