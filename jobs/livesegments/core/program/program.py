"""The definition compiled for speed: cells and slots, masks for what depends on what, triggers for what comes due."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from livesegments.core.cells import Cell
from livesegments.core.cells.frozen import thawing
from livesegments.core.clock import STALE, Clock
from livesegments.core.conditions import Node, names
from livesegments.core.definition import Definition, FeatureSpec
from livesegments.core.events import Event
from livesegments.core.features import Cluster, Feature, Prediction, Value
from livesegments.core.profile import Profile
from livesegments.core.program.gates import gates_of
from livesegments.core.program.puts import Put, put_of
from livesegments.core.program.reads import Update, update
from livesegments.core.program.segments import CompiledSegment
from livesegments.core.program.triggers import Trigger, triggers_of

__all__ = ["Plan", "Program"]

_PLANS_MAX = 10_000
_PUTS_MAX = 10_000  # event names remembered; names are the user's and without bound


class Plan:
    """What evaluating a mask takes: its segments in order, and the triggers whose due times may have moved.

    Beside a segment stands its condition where that alone decides, and None where the segment has a memory.
    `every_trigger` are all that wake one of the segments: for a profile of which no due times are known.
    """

    __slots__ = ("every_trigger", "is_complete", "segments", "triggers")

    def __init__(self, program: Program, mask: int) -> None:
        self.segments = tuple(
            (segment, segment.when if segment.is_plain else None) for segment in program.segments if segment.bit & mask
        )
        self.triggers = tuple(
            (index, trigger) for index, trigger in enumerate(program.triggers) if trigger.wakes_with & mask
        )
        self.every_trigger = tuple(trigger for trigger in program.triggers if trigger.segment_mask & mask)
        self.is_complete = len(self.segments) == len(program.segments)


class Program:
    """One definition ready to run.

    Features and segments have a slot each in `profile.values`, cells an index in `profile.cells`, numbers first. A mask
    has a bit for each segment that must be evaluated, and above them one for each trigger that must be asked.
    """

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.digest = definition.digest
        named = [*definition.features, *definition.segments]
        self.slots: dict[str, int] = {name: slot for slot, name in enumerate(named)}
        self.features: list[Feature] = [_feature(spec) for spec in definition.features.values()]
        self._place_cells()
        self._needs: dict[str, frozenset[int]] = {}
        self.segments = [CompiledSegment(self, spec, index) for index, spec in enumerate(definition.segments.values())]
        self._find_dependents()
        self.direct_readers = self._direct_readers()
        self.readers = [self.with_dependents(mask) for mask in self.direct_readers]
        self.gates = gates_of(self)
        first_bit = 1 << len(self.segments)
        self.triggers: list[Trigger] = triggers_of(self, first_bit)
        self.trigger_masks = [trigger.bit | self.with_dependents(trigger.segment_mask) for trigger in self.triggers]
        self.everything = (first_bit << len(self.triggers)) - 1
        self.touch_masks = self._ungated_readers()
        for trigger in self.triggers:
            if trigger.slot is not None:
                self.touch_masks[trigger.slot] |= trigger.bit
        self.first_event_mask = 0
        for slot, feature in enumerate(self.features):
            if feature.reads_first_ms:
                self.first_event_mask |= self.touch_masks[slot] | self.readers[slot]
        self._plans: dict[int, Plan] = {}
        self._puts: dict[tuple[str, str | None], Put] = {}
        self._every_value: Update | None = None
        self._know_models()

    def _place_cells(self) -> None:
        by_key: dict[str, list[Cell]] = {}
        for feature in self.features:
            for cell in feature.cells:
                by_key.setdefault(cell.key, []).append(cell)
        shared = [group[0].joined(group) for group in by_key.values()]
        self.cells: list[Cell] = sorted(shared, key=lambda cell: not cell.is_number)
        self.number_cells = sum(cell.is_number for cell in self.cells)
        self.other_cells = ((1 << len(self.cells)) - 1) ^ ((1 << self.number_cells) - 1)
        self.cell_names = [hashlib.sha256(cell.key.encode()).digest()[:4] for cell in self.cells]
        if len(set(self.cell_names)) < len(self.cells):
            raise AssertionError("two cells share a name")
        self.layout = b"".join(self.cell_names)
        self.reshaped = [(index, cell) for index, cell in enumerate(self.cells) if not cell.is_plain]
        self.thaw = thawing(self.cells)
        index_of = {cell.key: index for index, cell in enumerate(self.cells)}
        self.cell_indexes = [tuple(index_of[cell.key] for cell in feature.cells) for feature in self.features]
        self.slots_of_cell: list[list[int]] = [[] for _ in self.cells]
        for slot, indexes in enumerate(self.cell_indexes):
            for index in indexes:
                self.slots_of_cell[index].append(slot)

    def empty_cells(self) -> list[Any]:
        """Give the states of all cells before the first event."""
        return [cell.empty for cell in self.cells]

    def values_of(self, members: Iterable[str]) -> list[Any]:
        """Give values of which nothing is known yet but the segments that the user is in."""
        values = [STALE] * len(self.features) + [False] * len(self.segments)
        for name in members:
            slot = self.slots.get(name, 0)
            if slot >= len(self.features):
                values[slot] = True
        return values

    def fresh_clock(self, members: Iterable[str]) -> Clock:
        """Give the clock of a profile of which nothing was looked at."""
        return Clock(self.values_of(members), len(self.features))

    def states_of(self, profile: Profile, slot: int) -> list[Any]:
        """Give the states of the cells that a feature reads."""
        indexes = self.cell_indexes[slot]
        if profile.frozen:
            self.thaw(profile, self.bits_of((slot,)))
        return [profile.cells[index] for index in indexes]

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
        cells = [f"cells[{index}]" for index in self.cell_indexes[slot]]
        return bool(cells) and not feature.timed and feature.source(cells) is None

    def put(self, event: Event) -> Put:
        """Give what puts events of this one's type and name."""
        key = (event.type, event.event)
        put = self._puts.get(key)
        if put is None:
            if len(self._puts) >= _PUTS_MAX:
                self._puts.clear()
            put = self._puts[key] = put_of(self, *key)
        return put

    def plan(self, mask: int) -> Plan:
        """Give what evaluating a mask takes; it has all segments that name one of its segments."""
        plan = self._plans.get(mask)
        if plan is None:
            if len(self._plans) >= _PLANS_MAX:
                self._plans.clear()
            plan = self._plans[mask] = Plan(self, mask)
        return plan

    def due_mask(self, dues: list[int], now_ms: int) -> int:
        """Give the mask of the triggers that are due."""
        mask = 0
        for trigger_mask, due_ms in zip(self.trigger_masks, dues, strict=True):
            if due_ms <= now_ms:
                mask |= trigger_mask
        return mask

    def update_all(self, profile: Profile, now_ms: int) -> None:
        """Bring the values of all features up to date in `profile.values`."""
        if self._every_value is None:
            self._every_value = update(self, range(len(self.features)), "all values")
        self._every_value(profile, now_ms)

    def inputs_of(self, feature_names: Iterable[str]) -> Inputs:
        """Give what brings the values of features up to date, with all that they are made of."""
        return Inputs(update(self, self.slots_of_names(feature_names), "inputs of a model"))

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

    def with_dependents(self, mask: int) -> int:
        """Add the segments that name one of the mask."""
        for segment in self.segments:  # in evaluation order: what names it comes later
            if segment.bit & mask:
                mask |= segment.dependents
        return mask

    def _find_dependents(self) -> None:
        by_name = {segment.spec.name: segment for segment in self.segments}
        for segment in self.segments:
            for name in segment.spec.names:
                if name in by_name:
                    by_name[name].dependents |= segment.bit

    def _direct_readers(self) -> list[int]:
        """Give, by feature slot, the segments whose conditions read it."""
        readers = [0] * len(self.features)
        for segment in self.segments:
            for slot in segment.needs:
                readers[slot] |= segment.bit
        return readers

    def _ungated_readers(self) -> list[int]:
        """Give, by feature slot, the segments that every event decides that touches the feature."""
        return [
            self.with_dependents(mask & ~self.gates[slot].segment_mask) if slot in self.gates else readers
            for slot, (mask, readers) in enumerate(zip(self.direct_readers, self.readers, strict=True))
        ]

    def _know_models(self) -> None:
        definition = self.definition
        self.model_readers: dict[str, int] = {}  # by model: the segments that read it
        for slot, feature in enumerate(self.features):
            if isinstance(feature, Cluster | Prediction):
                self.model_readers[feature.model] = self.model_readers.get(feature.model, 0) | self.readers[slot]
        self.model_fingerprints = {
            name: definition.model_fingerprint(name) for name in (*definition.clusters, *definition.predictions)
        }
        self.input_keys = frozenset(definition.input_key(name) for name in definition.predictions)
        named = {name for spec in definition.clusters.values() for name in spec.features}
        named.update(name for prediction in definition.predictions.values() for name in prediction.features)
        self.model_inputs = self.inputs_of(sorted(named))


class Inputs:
    """What a model reads of a profile."""

    __slots__ = ("update",)

    def __init__(self, work: Update) -> None:
        self.update = work


def _feature(spec: FeatureSpec) -> Feature:
    if spec.node is not None:
        return Value(spec.name, spec.node)
    assert spec.feature is not None
    return spec.feature
