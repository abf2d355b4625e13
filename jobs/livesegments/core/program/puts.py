"""Generated code that puts one kind of event into all cells that select it, and says what must be looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from livesegments.core.cells import Cell, key_of
from livesegments.core.cells.cell import millionths
from livesegments.core.cells.tallies import MARK
from livesegments.core.clock import STALE
from livesegments.core.conditions import RUNTIME
from livesegments.core.events import Event
from livesegments.core.features import Value
from livesegments.core.profile import Profile
from livesegments.core.program.dependence import Dependence
from livesegments.core.program.gates import PLACE_NAMES, is_between, place_lines
from livesegments.core.program.reads import Reads
from livesegments.core.program.ruled import Ruled
from livesegments.core.program.source import Source, indented
from livesegments.core.selection import NUMBER_MAX, TEXT_LENGTH_MAX, Selection

__all__ = ["Put", "Wakes", "put_of"]

_MARKED = chr(ord(MARK) + 1)  # after all texts that begin with the mark

Put = Callable[[Profile, Event, int], int]
"""Puts an event into the cells at the user's clock (ms); gives the mask of what it touched."""


class Wakes(NamedTuple):
    """What an event has looked at, by the slots of the features that it touches.

    `always` by every event, `gated` triggers where the value moved past one of its constants, those of `known` where
    an expression says that what they know may come nearer. `ruled` tells of gated features which segments need not be
    decided in a place of the value.
    """

    always: list[int]
    gated: list[int]
    known: dict[int, tuple[str, int]]
    ruled: dict[int, Ruled]


def put_of(program: Dependence, wakes: Wakes, event_type: str, name: str | None) -> Put:
    """Give the function for events of a type and, for track, a name."""
    numbered = list(enumerate(program.cells))
    ended = [(index, cell) for index, cell in numbered if cell.resets(event_type, name)]
    chosen = [
        (index, cell)
        for index, cell in numbered
        if cell.selection.selector.matches(event_type, name) and not cell.resets(event_type, name)
    ]
    title = f"put {event_type} {name or ''}"[:60]
    return _Writer(program, wakes).write(title, event_type in ("page", "screen"), chosen, ended)


class _Writer:
    """Writes one put function: cells of one selection share the test of their events, those of one path its values."""

    def __init__(self, program: Dependence, wakes: Wakes) -> None:
        self.program = program
        self.wakes = wakes
        self.source = Source(
            {**RUNTIME, **PLACE_NAMES, "STALE": STALE, "NOTHING": {}, "millionths": millionths, "key_of": key_of}
        )
        self.bind = self.source.bind

    def write(
        self, title: str, is_page: bool, chosen: Sequence[tuple[int, Cell]], ended: Sequence[tuple[int, Cell]]
    ) -> Put:
        """Write the function that puts an event into the chosen cells, and lets it end what others have."""
        program = self.program
        body, mask = self._ended(ended)
        ordered = sorted(chosen, key=lambda pair: (_events_of(pair[1]), _values_of(pair[1])))
        for _, group in groupby(ordered, key=lambda pair: _events_of(pair[1])):
            cells = list(group)
            selection = cells[0][1].selection
            lines, always = self._selected(cells)
            if not selection.takes_all:
                body += [f"if {self.bind(selection.accepts, 'accepts')}(event):", f"    mask |= {always}"]
                body += indented(lines)
            else:
                mask |= always
                body += lines
        moved = [index for index, _ in [*chosen, *ended]]
        slots = program.gates_above(slot for index in moved for slot in program.slots_of_cell[index])
        read = sorted({part for slot in slots for part in program.parts_of(slot)})
        body += self._gated(slots, read)
        body += self._ruled(slots)
        others = (sum(1 << index for index in moved) | program.bits_of(read)) & program.other_cells
        head = [f"mask = {mask}", "time_ms = event.time_ms", "cells = profile.cells", "values = profile.values"]
        if any("is_page" in line for line in body):
            head.append(f"is_page = {is_page}")
        if any("dues[" in line for line in body):
            head.append("dues = profile.dues")
        if any("properties.get(" in line for line in body):
            head.append("properties = event.properties or NOTHING")
        if others:
            head += [f"if profile.frozen & {others}:", f"    {self.bind(program.thaw, 'thaw')}(profile, {others})"]
        put: Put = self.source.function(title, "profile, event, clock_ms", [*head, *body, "return mask"])
        return put

    def _ended(self, cells: Sequence[tuple[int, Cell]]) -> tuple[list[str], int]:
        """Give the lines for cells of which the event ends what was kept before it, and the mask of what it touches."""
        resets = [
            f"cells[{index}] = {self.bind(cell.reset, 'reset')}(cells[{index}], time_ms, clock_ms)"
            for index, cell in cells
        ]
        stale, touched = self._touched(cells)
        return [*resets, *stale], touched

    def _selected(self, cells: Sequence[tuple[int, Cell]]) -> tuple[list[str], int]:
        """Give the lines for cells of one selection, and the mask of what every event of it touches."""
        lines: list[str] = []
        always = 0
        for _, group in groupby(cells, key=lambda pair: _values_of(pair[1])):
            part = list(group)
            found, touched = self._put(part)
            takes = part[0][1].takes
            if takes == "events":
                always |= touched
                lines += found
                continue
            selection = part[0][1].selection
            added = ["added = millionths(numbers[0]) if len(numbers) == 1 else sum(map(millionths, numbers))"]
            needed = added if any("added" in line for line in found) else []
            values = {"numbers": self._numbers, "scalars": self._scalars, "keys": self._keys}[takes](selection)
            put = [f"if {takes}:", *indented([*_noted(touched), *needed, *found])]
            lines += self._one_key(part, [*values, *put]) if takes == "keys" else [*values, *put]
        return lines, always

    def _one_key(self, cells: Sequence[tuple[int, Cell]], lines: Sequence[str]) -> list[str]:
        """Give lines that put an event with one text at a property at once, and do as `lines` with any other."""
        selection = cells[0][1].selection
        if selection.property is None:
            return list(lines)
        found, touched = self._put(cells, is_one=True)
        is_text = f"type(key) is str and key > {_MARKED!r} and len(key) <= {TEXT_LENGTH_MAX}"
        head = [f"key = properties.get({selection.property!r})", f"if {is_text}:"]
        return [*head, *indented([*_noted(touched), *found]), "else:", *indented(lines)]

    def _put(self, cells: Sequence[tuple[int, Cell]], *, is_one: bool = False) -> tuple[list[str], int]:
        """Give the lines for cells that take the same values, or one key, and the mask of what they always touch."""
        found, sure = [], []
        for index, cell in cells:
            at = f"cells[{index}]"
            lines = cell.lines_of_one(at, self.bind) if is_one else cell.lines(at, self.bind)
            if not cell.replaces:
                found += lines
                sure.append((index, cell))
                continue
            stale, touched = self._touched([(index, cell)])
            found += [f"before = {at}", *lines]
            found += [f"if {at} is not before:", *indented([f"mask |= {touched}", *stale])]
        stale, touched = self._touched(sure)
        return [*found, *stale], touched

    def _touched(self, cells: Sequence[tuple[int, Cell]]) -> tuple[list[str], int]:
        """Give the lines that mark kept values as stale, and the mask of what reads the cells."""
        slots = sorted({slot for index, _ in cells for slot in self.program.slots_of_cell[index]})
        mask = 0
        for slot in slots:
            mask |= self.wakes.always[slot]
        kept = [f"values[{slot}]" for slot in slots if self.program.is_kept(slot)]
        lines = [" = ".join([*kept, "STALE"])] if kept else []
        for nears, bit in (self.wakes.known[slot] for slot in slots if slot in self.wakes.known):
            lines += [f"if {nears}:", f"    mask |= {bit}"]
        return lines, mask

    def _gated(self, slots: Sequence[int], read: Sequence[int]) -> list[str]:
        """Give the lines that find which of the values touched are in another place than when last decided.

        What is `read` are these values and those that they are made of.
        """
        if not slots:
            return []
        bounds = self._bounds(slots)
        reads = Reads(self.program, set(read) - bounds.keys(), self.source)
        lines = ["now_ms = clock_ms", *reads.body]
        for slot in slots:
            gate = self.program.gates[slot]
            is_value = isinstance(self.program.features[slot], Value)
            constants = self.bind(gate.constants, "constants")
            name = "high"
            if slot in bounds:
                exact = Reads(self.program, [slot], self.source)
                lines += [f"low, high = {bounds[slot]}", f"if {is_between(gate, constants)}:"]
                lines += indented([*exact.body, f"low = high = {exact.names[slot]}"])
            else:
                name = reads.names[slot]
            lines += place_lines(gate, name, constants, may_be_text=is_value)
            before = f"values[{self.program.place_of[slot]}]"
            moved = f"{self.bind(self.program.woken_by(slot), 'woken')}[place, {before}]"
            asked = self.wakes.gated[slot]
            also = f" | {asked}" if asked else ""
            lines += [f"if place != {before}:", f"    mask |= {moved}{also}", f"    {before} = place"]
            nears = self.program.features[slot].nears(self.program.sources_of(slot), name)
            if asked and nears != "False":
                lines += [f"elif {nears}:", f"    mask |= {asked}"]
        return lines

    def _ruled(self, slots: Sequence[int]) -> list[str]:
        """Give the lines that take out the segments that the places of values keep the user out of.

        Where due times are not known, each segment of the mask has its triggers asked, and stays.
        """
        program, ruled = self.program, self.wakes.ruled
        woken = 0
        for slot in slots:
            woken |= program.readers[slot]
        told = [slot for slot in sorted(ruled) if ruled[slot].segment_mask & woken]
        if not told:
            return []
        out = " | ".join(f"{self.bind(ruled[slot], 'ruled')}[values[{program.place_of[slot]}]]" for slot in told)
        candidates = 0
        for slot in told:
            candidates |= ruled[slot].segment_mask
        return [
            f"if mask & {candidates} and profile.dues is not None:",
            f"    mask &= ~({out}) | profile.member_mask",
        ]

    def _bounds(self, slots: Sequence[int]) -> dict[int, str]:
        """Give the expressions of the bounds of those slots that nothing else here needs the exact value of."""
        program, found = self.program, {}
        for slot in slots:
            bounds = program.features[slot].bounds(program.sources_of(slot), self.bind)
            if bounds is not None and not any(slot in program.parts_of(other) for other in slots if other != slot):
                found[slot] = bounds
        return found

    def _property(self, selection: Selection) -> list[str]:
        return [f"found = properties.get({selection.property!r})"]

    def _numbers(self, selection: Selection) -> list[str]:
        slow = f"numbers = {self.bind(selection.numbers, 'numbers_of')}(event)"
        if selection.property is None:
            return [slow]
        fast = f"if type(found) is float and {-NUMBER_MAX} <= found <= {NUMBER_MAX}:"
        return [*self._property(selection), fast, "    numbers = (found,)", "else:", f"    {slow}"]

    def _scalars(self, selection: Selection) -> list[str]:
        return [f"scalars = {self.bind(selection.scalars, 'scalars_of')}(event)"]

    def _keys(self, selection: Selection) -> list[str]:
        return [f"keys = [key_of(value) for value in {self.bind(selection.scalars, 'scalars_of')}(event)]"]


def _noted(touched: int) -> list[str]:
    return [f"mask |= {touched}"] if touched else []


def _events_of(cell: Cell) -> str:
    """Give what tells the events of a cell from those of others."""
    content: Any = cell.selection.content
    return repr((content[:1], content[2:])) if isinstance(content, list) else repr(content)


def _values_of(cell: Cell) -> str:
    """Give what tells the values that a cell takes of its events."""
    return f"{cell.takes} {cell.selection.paths}"
