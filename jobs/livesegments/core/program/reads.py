"""Generated code that reads features: conditions with their values in place, and values brought up to date."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import log2
from operator import itemgetter
from typing import Any

from livesegments.core.clock import STALE
from livesegments.core.conditions import RUNTIME, Node, condition_source, value_source
from livesegments.core.features import Value
from livesegments.core.features.feature import soonest
from livesegments.core.profile import Profile
from livesegments.core.program.layout import Layout
from livesegments.core.program.source import Source, indented
from livesegments.core.times import NEVER

__all__ = ["Condition", "Expression", "Update", "bound", "condition", "expression", "taker_of", "update"]

Condition = Callable[[Profile, int], bool | None]  # at a moment (ms): None is unknown
Expression = Callable[[Profile, int], Any]
Update = Callable[[Profile, int], None]
_HEAD = "profile, now_ms"


def condition(layout: Layout, node: Node, title: str) -> Condition:
    """Give the function that answers a condition at a moment, True, False or None for unknown."""
    return _reading(layout, node, title, condition_source)


def expression(layout: Layout, node: Node, title: str) -> Expression:
    """Give the function that answers an expression at a moment: its value with numbers as float, or UNKNOWN."""
    return _reading(layout, node, title, value_source)


def update(layout: Layout, slots: Iterable[int], title: str) -> Update:
    """Give the function that brings the values of some slots up to date in `profile.values`."""
    reads = Reads(layout, slots, keeps=True)
    kept = [f"values[{slot}] = {reads.names[slot]}" for slot in reads.slots if reads.names[slot] != f"values[{slot}]"]
    work: Update = reads.source.function(title, _HEAD, [*reads.lines, *kept] or ["pass"])
    return work


def taker_of(slots: Iterable[int]) -> Callable[[list[Any]], tuple[Any, ...]]:
    """Give the function that takes the values of some slots out of `profile.values`, in the order given."""
    places = tuple(slots)
    return itemgetter(*places) if len(places) > 1 else lambda values: tuple(values[place] for place in places)


def _reading(layout: Layout, node: Node, title: str, source: Callable[..., str]) -> Callable[..., Any]:
    needs = layout.needs_of(node)
    reads = Reads(layout, needs)
    answer = source(node, {name: reads.names.get(slot, f"values[{slot}]") for name, slot in layout.slots.items()})
    return reads.source.function(title, _HEAD, [*reads.lines, f"return {answer}"])


def bound(layout: Layout, slot: int, other: float, title: str) -> Expression | None:
    """Give the function that gives a time not later than that at which a timed value crosses a constant, NEVER if none.

    None where only the feature itself can tell.
    """
    reads = Reads(layout, (slot,))
    value = reads.names[slot]
    crossing = layout.features[slot].crossing(layout.sources_of(slot), value, other)
    if crossing is None:
        return None
    answer = f"NEVER if {value} is None else {reads.source.bind(soonest, 'soonest')}({crossing}, now_ms)"
    return reads.source.function(title, _HEAD, [*reads.lines, f"return {answer}"])


class Reads:
    """Lines that read the values of some features at `now_ms`, in evaluation order, and the name of each value.

    What is read at a glance from a cell is read anew each time. What takes work is kept in `profile.values` until an
    event touches it (STALE) or, in a window, until something enters or leaves; with `keeps` all that can be.
    """

    def __init__(
        self, layout: Layout, slots: Iterable[int], source: Source | None = None, *, keeps: bool = False
    ) -> None:
        self.layout = layout
        self.keeps = keeps
        self.source = source or Source({**RUNTIME, "STALE": STALE, "NEVER": NEVER, "log2": log2})
        self.slots = sorted(set(slots))
        self.names: dict[int, str] = {}
        self.body = [line for slot in self.slots for line in self._read(slot)]
        cells = layout.bits_of(self.slots) & layout.other_cells
        thaw = self.source.bind(layout.thaw, "thaw")
        self.lines = ["values = profile.values", "cells = profile.cells"]
        if cells:
            self.lines += [f"if profile.frozen & {cells}:", f"    {thaw}(profile, {cells})"]
        self.lines += self.body

    def _read(self, slot: int) -> list[str]:
        layout = self.layout
        feature = layout.features[slot]
        cells = layout.sources_of(slot)
        self.names[slot] = f"f{slot}"
        if isinstance(feature, Value):
            names = {name: self.names[layout.slots[name]] for name in layout.definition.features[feature.name].names}
            return [f"f{slot} = None if (answer := {value_source(feature.node, names)}) is UNKNOWN else answer"]
        short = feature.source(cells) if self.keeps else feature.quick(cells, self.source.bind)
        if short is not None:
            return [f"f{slot} = {short}"]
        states = f"({', '.join(cells)}{',' if cells else ''})"
        value = feature.inline(cells, self.source.bind)
        if value is None:
            value = f"{self.source.bind(feature.value, 'value')}({states}, now_ms, profile)"
        if not cells and not feature.fixed:
            return [f"f{slot} = {value}"]
        self.names[slot] = f"values[{slot}]"
        if feature.timed:  # once in a moment, however many read it
            fresh = [f"values[{slot}] = {value}", f"profile.valid_ms[{slot}] = now_ms"]
            return [f"if values[{slot}] is STALE or profile.valid_ms[{slot}] != now_ms:", *indented(fresh)]
        if not feature.windowed:
            return [f"if values[{slot}] is STALE:", f"    values[{slot}] = {value}"]
        edge = f"{self.source.bind(feature.next_edge_ms, 'edge')}({states}, now_ms)"
        fresh = [f"values[{slot}] = {value}", f"profile.valid_ms[{slot}] = {edge}"]
        return [f"if values[{slot}] is STALE or profile.valid_ms[{slot}] <= now_ms:", *indented(fresh)]
