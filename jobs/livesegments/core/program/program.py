"""The definition compiled for speed: cells and slots, masks for what depends on what, triggers for what comes due."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from livesegments.core.definition import Definition
from livesegments.core.events import Event
from livesegments.core.features import Cluster, Prediction
from livesegments.core.profile import Profile
from livesegments.core.program.beginning import Beginning
from livesegments.core.program.dependence import Dependence, Woken
from livesegments.core.program.gates import Gate
from livesegments.core.program.puts import Put, Wakes, put_of
from livesegments.core.program.reads import Update, update
from livesegments.core.program.ruled import ruled_out
from livesegments.core.program.triggers import BoundaryTrigger, Trigger, triggers_of

__all__ = ["Plan", "Program"]

_PLANS_MAX = 10_000
_PUTS_MAX = 10_000  # event names remembered; names are the user's and without bound


class Plan:
    """What evaluating a mask takes: its segments in order, and the triggers whose due times may have moved.

    Beside a segment stands what decides it where conditions alone do, and None where the segment has a memory.
    `every_trigger` are these and all that wake one of the segments: for a profile of which no due times are known.
    """

    __slots__ = ("every_trigger", "is_complete", "segments", "triggers")

    def __init__(self, program: Program, mask: int) -> None:
        self.segments = tuple((segment, segment.membership) for segment in program.segments if segment.bit & mask)
        self.triggers = tuple(
            (index, trigger) for index, trigger in enumerate(program.triggers) if trigger.wakes_with & mask
        )
        self.every_trigger = tuple(
            trigger for trigger in program.triggers if (trigger.segment_mask | trigger.wakes_with) & mask
        )
        self.is_complete = len(self.segments) == len(program.segments)


class Program(Dependence):
    """One definition ready to run.

    A mask has a bit for each segment that must be evaluated, and above them one for each trigger that must be asked.
    """

    def __init__(self, definition: Definition) -> None:
        super().__init__(definition)
        first_bit = 1 << len(self.segments)
        self.triggers: list[Trigger] = triggers_of(self, first_bit)
        self.trigger_masks = [trigger.bit | self.with_dependents(trigger.segment_mask) for trigger in self.triggers]
        self.everything = (first_bit << len(self.triggers)) - 1
        self.wakes = self._wakes()
        self.first_event_mask = 0
        self.first_event_slots: list[int] = []  # of features that depend on the time of the user's first event
        for slot, feature in enumerate(self.features):
            if feature.reads_first_ms:
                self.first_event_mask |= self.wakes.always[slot] | self.wakes.gated[slot] | self.readers[slot]
                self.first_event_slots.append(slot)
        self.first_event_places = [self.place_of[slot] for slot in self.first_event_slots if slot in self.place_of]
        self.beginning = Beginning(self, self.triggers)
        self._plans: dict[int, Plan] = {}
        self._puts: dict[tuple[str, str | None], Put] = {}
        self._every_value: Update | None = None
        self._know_models()

    def put(self, event: Event) -> Put:
        """Give what puts events of this one's type and name."""
        key = (event.type, event.event)
        put = self._puts.get(key)
        if put is None:
            if len(self._puts) >= _PUTS_MAX:
                self._puts.clear()
            put = self._puts[key] = put_of(self, self.wakes, *key)
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

    def answer_mask(self, prediction: str, before: Any, after: Any) -> int:
        """Give the mask of the segments to decide as a prediction says something else than before."""
        if type(before) is str or type(after) is str:  # classes
            return self.model_readers.get(prediction, 0)
        mask = self._answer_readers[prediction]
        for gate, woken in self._answer_gates.get(prediction, ()):
            place, place_before = gate.place(after), gate.place(before)
            if place != place_before:
                mask |= woken[place, place_before]
        return mask

    def _wakes(self) -> Wakes:
        undecidable = 0  # their triggers are asked where they are decided
        for trigger in self.triggers:
            undecidable |= trigger.wakes_with
        for segment in self.segments:
            undecidable |= segment.bit if segment.spec.static else 0
        wakes = Wakes(self.ungated_readers(), [0] * len(self.features), {}, ruled_out(self, ~undecidable))
        for index, trigger in enumerate(self.triggers):
            if trigger.slot is None:
                continue
            nears = trigger.nears(index) if isinstance(trigger, BoundaryTrigger) else None
            if nears is not None:
                wakes.known[trigger.slot] = nears, trigger.bit
            elif self.is_gated(trigger.slot):
                wakes.gated[trigger.slot] |= trigger.bit
            else:
                wakes.always[trigger.slot] |= trigger.bit
        return wakes

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
        self._answer_gates: dict[str, list[tuple[Gate, Woken]]] = {}
        self._answer_readers = dict.fromkeys(definition.predictions, 0)  # those that a gate does not stand before
        ungated = self.ungated_readers()
        for slot, feature in enumerate(self.features):
            if isinstance(feature, Prediction):
                self._answer_readers[feature.model] |= ungated[slot]
                if slot in self.gates:
                    gates = self._answer_gates.setdefault(feature.model, [])
                    gates.append((self.gates[slot], self.woken_by(slot)))


class Inputs:
    """What a model reads of a profile."""

    __slots__ = ("update",)

    def __init__(self, work: Update) -> None:
        self.update = work
