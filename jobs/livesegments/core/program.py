"""The definition compiled for speed: slots for values, masks for what depends on what, triggers for what comes due."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from typing import Any, Final

from livesegments.core.conditions import Node, clauses, compile_condition, compile_value, thresholds, timed
from livesegments.core.definition import Definition, FeatureSpec, SegmentSpec
from livesegments.core.events import Event
from livesegments.core.features import Cluster, Feature, Prediction, ProfileView, Value
from livesegments.core.profile import Profile
from livesegments.core.triggers import BoundaryTrigger, SegmentTrigger, TimedTrigger, Trigger

__all__ = ["CompiledClause", "CompiledSegment", "Program"]

Condition = Callable[[list[Any]], bool | None]
# slot, index of the selection, the feature's apply, whether `where` holds (None: there is none), the segments that read
Selected = tuple[int, int, Callable[[Any, Event, int, int], Any], Callable[[Event], bool] | None, int]
ValueOf = Callable[[Any, int, ProfileView], Any]
STALE: Final = object()  # a value that an event touched and that was not asked for since
_PLANS_MAX = 10_000
_SELECTED_MAX = 10_000  # event names remembered; names are the user's and without bound


class CompiledClause:
    """One clause of a condition with what is told about it in `because` and `explain`."""

    __slots__ = ("holds", "names", "node", "text")

    def __init__(self, text: str, node: Node, names: tuple[str, ...], slots: dict[str, int]) -> None:
        self.text = text
        self.node = node
        self.names = tuple((name, slots[name]) for name in names)
        self.holds = compile_condition(node, slots)


class CompiledSegment:
    """One segment ready to be decided: its bit, its conditions, and the feature slots that they need in order."""

    __slots__ = (
        "bit",
        "dependents",
        "exit_clauses",
        "exit_when",
        "fingerprint",
        "is_plain",
        "models",
        "name_slots",
        "needs",
        "slot",
        "spec",
        "when",
        "when_clauses",
    )

    def __init__(self, spec: SegmentSpec, index: int, slot: int, slots: dict[str, int], fingerprint: str) -> None:
        self.spec = spec
        self.bit = 1 << index
        self.slot = slot
        self.fingerprint = fingerprint
        self.dependents = 0
        self.needs: tuple[int, ...] = ()
        self.models: tuple[Cluster | Prediction, ...] = ()  # that it reads
        self.when: Condition = compile_condition(spec.when, slots) if spec.when else _unknown
        self.exit_when: Condition | None = compile_condition(spec.exit_when, slots) if spec.exit_when else None
        self.is_plain = not (spec.static or spec.exit_when or spec.min_dwell_ms or spec.cooldown_ms)
        self.name_slots = tuple(slots[name] for name in spec.names)
        self.when_clauses = _clauses(spec.when, slots)
        self.exit_clauses = _clauses(spec.exit_when, slots) if spec.exit_when else self.when_clauses


def _unknown(values: list[Any]) -> None:
    """Stand for the condition of a list of members, which has none."""


class Values:
    """What bringing the values of some slots up to date takes, in evaluation order."""

    __slots__ = ("settled", "volatile", "windowed")

    def __init__(self, program: Program, needed: Iterable[int]) -> None:
        slots = sorted(set(needed))
        self.settled = tuple(
            (slot, program.value_of(slot))
            for slot in slots
            if not program.volatile[slot] and not program.windowed[slot]
        )
        self.windowed = tuple(
            (slot, program.value_of(slot), program.features[slot].boundary, bool(program.readers[slot]))
            for slot in slots
            if program.windowed[slot]
        )
        self.volatile = tuple((slot, program.value_of(slot)) for slot in slots if program.volatile[slot])

    def update(self, profile: Profile, now_ms: int) -> None:
        """Bring the values up to date at now."""
        values, states, valid_ms = profile.values, profile.states, profile.valid_ms
        for slot, value in self.settled:
            if values[slot] is STALE:
                values[slot] = value(states[slot], now_ms, profile)
        for slot, value, boundary, has_trigger in self.windowed:
            is_stale = values[slot] is STALE
            if is_stale or valid_ms[slot] <= now_ms:
                values[slot] = value(states[slot], now_ms, profile)
                if is_stale and not has_trigger:  # what one event touched the next one often touches too
                    valid_ms[slot] = now_ms + 1
                else:
                    valid_ms[slot] = boundary(states[slot], now_ms)
        for slot, value in self.volatile:
            values[slot] = value(states[slot], now_ms, profile)


class Plan:
    """What evaluating a set of segments takes: values before segments, segments before triggers, each in order."""

    __slots__ = ("is_complete", "segments", "triggers", "values")

    def __init__(self, program: Program, mask: int) -> None:
        self.segments = tuple(segment for segment in program.segments if segment.bit & mask)
        self.values = Values(program, (slot for segment in self.segments for slot in segment.needs))
        self.triggers = tuple(
            (index, trigger, trigger.slot) for index, trigger in enumerate(program.triggers) if trigger.segments & mask
        )
        self.is_complete = mask == program.every_segment


def _clauses(node: Node | None, slots: dict[str, int]) -> tuple[CompiledClause, ...]:
    if node is None:
        return ()
    return tuple(CompiledClause(part.text, part.node, part.names, slots) for part in clauses(node))


class Program:
    """A definition compiled. Feature slots come first, then one slot per segment, both in evaluation order."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.digest = definition.digest
        names = [*definition.features, *definition.segments]
        self.slots = {name: slot for slot, name in enumerate(names)}
        self.features: list[Feature] = [self._feature(spec) for spec in definition.features.values()]
        self.fingerprints = [_fingerprint(spec) for spec in definition.features.values()]
        if len(set(self.fingerprints)) < len(self.fingerprints):
            raise AssertionError("two features share a fingerprint")
        self.windowed = [feature.windowed and not feature.timed for feature in self.features]
        self.volatile = [feature.timed or not feature.selections for feature in self.features]
        first = len(self.features)
        self.segments = [
            CompiledSegment(spec, index, first + index, self.slots, definition.fingerprint(name))
            for index, (name, spec) in enumerate(definition.segments.items())
        ]
        self.every_segment = (1 << len(self.segments)) - 1
        self.readers = [0] * len(self.features)  # by feature slot: the segments that read it
        self._connect()
        self.first_event_readers = self._mask(lambda feature: feature.reads_first_ms)
        self.triggers: list[Trigger] = self._triggers()
        self.trigger_readers = [self._with_dependents(trigger.segments) for trigger in self.triggers]
        self._plans: dict[int, Plan] = {}
        # triggers know the segments that read a slot themselves; an event also wakes those that name one of them
        self.readers = [self._with_dependents(mask) for mask in self.readers]
        self.first_event_readers = self._with_dependents(self.first_event_readers)
        self._selected: dict[tuple[str, str | None], tuple[Selected, ...]] = {}
        self.model_inputs = self.inputs_of(self._model_inputs())
        self.model_readers = self._model_readers()
        self.model_fingerprints = {
            name: definition.model_fingerprint(name) for name in (*definition.clusters, *definition.predictions)
        }
        self.input_keys = frozenset(definition.input_key(name) for name in definition.predictions)

    def selected(self, event: Event) -> tuple[Selected, ...]:
        """Give all features that select this event, before `where`."""
        key = (event.type, event.event)
        found = self._selected.get(key)
        if found is None:
            found = tuple(
                (slot, index, feature.apply, None if selection.where is None else selection.accepts, self.readers[slot])
                for slot, feature in enumerate(self.features)
                for index, selection in enumerate(feature.selections)
                if selection.selector.matches(event.type, event.event)
            )
            if len(self._selected) >= _SELECTED_MAX:
                self._selected.clear()
            self._selected[key] = found
        return found

    def plan(self, mask: int) -> Plan:
        """Give what evaluating the segments of a mask takes; the mask has all that name one of them."""
        plan = self._plans.get(mask)
        if plan is None:
            if len(self._plans) >= _PLANS_MAX:
                self._plans.clear()
            plan = self._plans[mask] = Plan(self, mask)
        return plan

    def value_of(self, slot: int) -> ValueOf:
        """Give the function of (state, now, profile) that computes the value of a slot."""
        return self.features[slot].value

    def _with_dependents(self, mask: int) -> int:
        for segment in self.segments:  # in evaluation order: what names it comes later
            if segment.bit & mask:
                mask |= segment.dependents
        return mask

    def _feature(self, spec: FeatureSpec) -> Feature:
        if spec.node is not None:
            return Value(spec.name, spec.node, compile_value(spec.node, self.slots))
        assert spec.feature is not None
        return spec.feature

    def _inputs(self, name: str) -> tuple[str, ...]:
        spec = self.definition.features[name]
        return (*(part for inner in spec.names for part in self._inputs(inner)), name)

    def _connect(self) -> None:
        by_name = {segment.spec.name: segment for segment in self.segments}
        for segment in self.segments:
            needs: set[int] = set()
            for name in segment.spec.names:
                if name in by_name:
                    by_name[name].dependents |= segment.bit
                else:
                    needs.update(self.slots[part] for part in self._inputs(name))
            reads = [self.features[slot] for slot in sorted(needs)]
            segment.models = tuple(feature for feature in reads if isinstance(feature, Cluster | Prediction))
            segment.needs = tuple(sorted(needs))  # slots are in evaluation order: a value comes after its inputs
            for slot in segment.needs:
                self.readers[slot] |= segment.bit

    def inputs_of(self, names: Iterable[str]) -> Values:
        """Give what brings the values of features up to date, with all that they are made of."""
        return Values(self, (self.slots[part] for name in names for part in self._inputs(name)))

    def _model_inputs(self) -> set[str]:
        """Give the features that the models read."""
        named = {name for spec in self.definition.clusters.values() for name in spec.features}
        named.update(name for spec in self.definition.predictions.values() for name in spec.features)
        return named

    def _model_readers(self) -> dict[str, int]:
        """Give the segments that read each model, by its name."""
        readers: dict[str, int] = {}
        for slot, feature in enumerate(self.features):
            if isinstance(feature, Cluster | Prediction):
                readers[feature.model] = readers.get(feature.model, 0) | self.readers[slot]
        return readers

    def _mask(self, chosen: Callable[[Feature], bool]) -> int:
        mask = 0
        for feature, readers in zip(self.features, self.readers, strict=True):
            if chosen(feature):
                mask |= readers
        return mask

    def _triggers(self) -> list[Trigger]:
        triggers: list[Trigger] = []
        for slot, feature in enumerate(self.features):
            if feature.windowed and self.readers[slot]:
                triggers.append(BoundaryTrigger(feature, slot, self.readers[slot], self._constants(feature.name, slot)))
        for segment in self.segments:
            triggers.extend(self._timed_triggers(segment))
            if segment.spec.min_dwell_ms or segment.spec.cooldown_ms:
                triggers.append(SegmentTrigger(segment.spec, segment.bit))
        return triggers

    def _timed_triggers(self, segment: CompiledSegment) -> list[Trigger]:
        changing = {feature.name for feature in self.features if feature.timed}
        nodes = [node for node in (segment.spec.when, segment.spec.exit_when) if node is not None]
        return [
            TimedTrigger(
                self.features[self.slots[atom.name]],
                self.slots[atom.name],
                segment.bit,
                atom.operator,
                compile_value(atom.other, self.slots),
            )
            for node in nodes
            for atom in timed(node, changing)
        ]

    def _constants(self, name: str, slot: int) -> list[float] | None:
        """Give the numbers that a windowed feature is compared with if that is all its use, else None."""
        constants: set[float] = set()
        if self.features[slot].timed:
            return None
        for segment in self.segments:
            if not segment.bit & self.readers[slot]:
                continue
            if name not in segment.spec.names:
                return None  # it is read through a `value:`
            for node in (segment.spec.when, segment.spec.exit_when):
                found = None if node is None else thresholds(node, name)
                if node is not None and found is None:
                    return None
                constants.update(threshold.constant for threshold in found or ())
        return sorted(constants)


def _fingerprint(spec: FeatureSpec) -> int:
    """Give 32 bits that stand for the name and content of a feature: what its state is stored under."""
    text = json.dumps([spec.name, spec.content], sort_keys=True, separators=(",", ":"))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
