"""Cells that count values over the lifetime, and the keys that stand for values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from sys import intern
from typing import Any

from livesegments.core.cells.cell import Bind, Cell, Takes
from livesegments.core.events import Event
from livesegments.core.selection import Selection

__all__ = ["MARK", "Part", "Tallied", "key_of", "value_of"]

MARK = "\0"  # begins the key of a value that is no text


def key_of(value: Any) -> str:
    """Give a text that stands for a text, number or boolean, so that 1, true and "1" are three values."""
    if type(value) is str:
        return MARK + "s" + value if value.startswith(MARK) else value
    if type(value) is float and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    return MARK + json.dumps(value)


def value_of(key: str) -> Any:
    """Give back the value that key_of was given."""
    if not key.startswith(MARK):
        return key
    return key[2:] if key.startswith(MARK + "s") else json.loads(key[1:])


class Tallied(Cell):
    """Counts by value and their total: [counts, total]. Beyond `distinct` values, new ones count in the total only."""

    takes: Takes = "keys"

    def __init__(self, selection: Selection, distinct: int) -> None:
        super().__init__(selection, distinct)
        self.distinct = distinct

    def put(self, state: Any, event: Event, values: Sequence[Any], clock_ms: int) -> Any:
        if state is None:
            state = [{}, 0]
        counts: dict[str, int] = state[0]
        for key in values:
            if key in counts:
                counts[key] += 1
            elif len(counts) < self.distinct:
                counts[key] = 1
        state[1] += len(values)
        return state

    def lines(self, at: str, bind: Bind) -> list[str]:
        return [
            f"if (held := {at}) is None:",
            f"    held = {at} = [{{}}, 0]",
            "counts = held[0]",
            "for key in keys:",
            "    if (count := counts.get(key)) is not None:",
            "        counts[key] = count + 1",
            f"    elif len(counts) < {self.distinct}:",
            f"        counts[{bind(intern, 'intern')}(key)] = 1  # one text for all users",
            "held[1] += len(keys)",
        ]


class Part(Cell):
    """How many values equal one, and how many there are: state is [count, total]."""

    takes: Takes = "keys"

    def __init__(self, selection: Selection, key: str) -> None:
        super().__init__(selection, key)
        self.value_key = key

    def put(self, state: Any, event: Event, values: Sequence[Any], clock_ms: int) -> Any:
        if state is None:
            state = [0, 0]
        state[0] += values.count(self.value_key)
        state[1] += len(values)
        return state
