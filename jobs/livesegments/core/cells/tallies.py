"""Cells that count values over the lifetime, and the keys that stand for values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from sys import intern
from typing import Any

from livesegments.core.cells.cell import Bind, Cell, Takes
from livesegments.core.events import Event
from livesegments.core.selection import Selection

__all__ = ["MARK", "OTHERS", "Part", "Tallied", "key_of", "value_of"]

MARK = "\0"  # begins the key of a value that is no text
OTHERS = MARK  # the key of no value


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
    """Counts by value. Beyond `distinct` values, new ones count in the total only: under OTHERS."""

    takes: Takes = "keys"
    thaws = True

    def __init__(self, selection: Selection, distinct: int) -> None:
        super().__init__(selection, distinct)
        self.distinct = distinct

    def put(self, state: Any, event: Event, values: Sequence[Any], clock_ms: int) -> Any:
        counts: dict[str, int] = {} if state is None else state
        for key in values:
            if key not in counts and len(counts) >= self.distinct:
                key = OTHERS
            counts[key] = counts.get(key, 0) + 1
        return counts

    def lines(self, at: str, bind: Bind) -> list[str]:
        one = self.lines_of_one(at, bind)
        return [*one[:2], "for key in keys:", *("    " + line for line in one[2:])]

    def lines_of_one(self, at: str, bind: Bind) -> list[str]:
        return [
            f"if (counts := {at}) is None:",
            f"    counts = {at} = {{}}",
            "if (count := counts.get(key)) is not None:",
            "    counts[key] = count + 1",
            f"elif len(counts) < {self.distinct}:",
            f"    counts[{bind(intern, 'intern')}(key)] = 1  # one text for all users",
            "else:",
            f"    counts[{OTHERS!r}] = counts.get({OTHERS!r}, 0) + 1",
        ]

    def known(self, state: Any) -> dict[str, int]:
        """Give the counts of the values that count by themselves, not to be changed."""
        counts: dict[str, int] = state
        if OTHERS not in counts:  # nearly all
            return counts
        return {key: count for key, count in counts.items() if key != OTHERS}

    def thaw(self, stored: Any) -> Any:
        if type(stored) is dict:
            return stored
        counts, total = stored  # as it was stored in the beginning
        others = total - sum(counts.values())
        return counts | {OTHERS: others} if others else counts


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
