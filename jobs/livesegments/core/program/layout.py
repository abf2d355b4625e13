"""Where everything of a definition lies: features and segments by slot, what is kept of events by cell."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from livesegments.core.cells import Cell
from livesegments.core.cells.frozen import thawing
from livesegments.core.conditions import Node, names
from livesegments.core.definition import Definition, FeatureSpec
from livesegments.core.features import Feature, Value
from livesegments.core.profile import Profile

__all__ = ["Layout"]


class Layout:
    """Features and segments have a slot each in `profile.values`, cells an index in `profile.cells`, numbers first."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.digest = definition.digest
        named = [*definition.features, *definition.segments]
        self.slots: dict[str, int] = {name: slot for slot, name in enumerate(named)}
        self.features: list[Feature] = [_feature(spec) for spec in definition.features.values()]
        self._place_cells()
        self._needs: dict[str, frozenset[int]] = {}

    def _place_cells(self) -> None:
        by_key: dict[str, list[Cell]] = {}
        for feature in self.features:
            for cell in feature.kept:
                by_key.setdefault(cell.key, []).append(cell)
        shared = [group[0].joined(group) for group in by_key.values()]
        self.cells: list[Cell] = sorted(shared, key=lambda cell: not cell.is_number)
        self._empty_cells = [cell.empty for cell in self.cells]
        self.number_cells = sum(cell.is_number for cell in self.cells)
        self.other_cells = ((1 << len(self.cells)) - 1) ^ ((1 << self.number_cells) - 1)
        self.cell_names = [hashlib.sha256(cell.key.encode()).digest()[:4] for cell in self.cells]
        if len(set(self.cell_names)) < len(self.cells):
            raise AssertionError("two cells share a name")
        self.layout = b"".join(self.cell_names)
        self.reshaped = [(index, cell) for index, cell in enumerate(self.cells) if cell.freezes]
        self.thaw = thawing(self.cells)
        index_of = {cell.key: index for index, cell in enumerate(self.cells)}
        self.cell_indexes = [tuple(index_of[cell.key] for cell in feature.kept) for feature in self.features]
        self._plain_cells = [  # of features that read one cell as it is
            indexes[0] if len(indexes) == 1 and feature.kept is feature.cells else None
            for feature, indexes in zip(self.features, self.cell_indexes, strict=True)
        ]
        self.slots_of_cell: list[list[int]] = [[] for _ in self.cells]
        for slot, indexes in enumerate(self.cell_indexes):
            for index in indexes:
                self.slots_of_cell[index].append(slot)

    def empty_cells(self) -> list[Any]:
        """Give the states of all cells before the first event."""
        return self._empty_cells.copy()

    def states_of(self, profile: Profile, slot: int) -> list[Any]:
        """Give the states that a feature reads, in the order of its cells."""
        index = self._plain_cells[slot]
        if index is not None:  # nearly all
            if profile.frozen:
                self.thaw(profile, 1 << index)
            return [profile.cells[index]]
        kept = self.kept_of(profile, slot)
        if self.features[slot].kept is self.features[slot].cells:
            return kept
        return [self.cells[index].read(state) for index, state in zip(self.cell_indexes[slot], kept, strict=True)]

    def kept_of(self, profile: Profile, slot: int) -> list[Any]:
        """Give the states of the cells that hold what a feature reads."""
        if profile.frozen:
            self.thaw(profile, self.bits_of((slot,)))
        return [profile.cells[index] for index in self.cell_indexes[slot]]

    def sources_of(self, slot: int) -> list[str]:
        """Give the expressions of the states that a feature reads, where `cells` are those of a profile."""
        return [self.cells[index].source(f"cells[{index}]") for index in self.cell_indexes[slot]]

    def bits_of(self, slots: Iterable[int]) -> int:
        """Give the bits of the cells that the features of some slots read."""
        bits = 0
        for slot in slots:
            for index in self.cell_indexes[slot]:
                bits |= 1 << index
        return bits

    def is_kept(self, slot: int) -> bool:
        """Tell whether a value is kept in `profile.values` until something touches it, and not read anew each time."""
        feature = self.features[slot]
        cells = self.sources_of(slot)
        return bool(cells) and feature.source(cells) is None

    def slots_of_names(self, wanted: Iterable[str]) -> tuple[int, ...]:
        """Give the slots of the features among the names and of all that they are made of, in evaluation order."""
        found: set[int] = set()
        for name in wanted:
            if name in self.definition.features:
                found |= self._needs_of(name)
        return tuple(sorted(found))

    def needs_of(self, node: Node) -> tuple[int, ...]:
        """Give the slots of all features that a condition reads."""
        return self.slots_of_names(names(node))

    def _needs_of(self, name: str) -> frozenset[int]:
        known = self._needs.get(name)
        if known is None:
            parts = [self._needs_of(part) for part in self.definition.features[name].names]
            known = self._needs[name] = frozenset({self.slots[name]}).union(*parts)
        return known


def _feature(spec: FeatureSpec) -> Feature:
    if spec.node is not None:
        return Value(spec.name, spec.node)
    assert spec.feature is not None
    return spec.feature
