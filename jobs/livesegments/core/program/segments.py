"""One segment ready to be decided: its conditions, what they read, and the clauses that say why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from livesegments.core.conditions import Clause, Node, clauses, compile_condition
from livesegments.core.definition import SegmentSpec
from livesegments.core.features import Cluster, Prediction
from livesegments.core.profile import Profile
from livesegments.core.program.layout import Layout
from livesegments.core.program.reads import Condition, Update, condition, update

__all__ = ["CompiledClause", "CompiledSegment"]


class CompiledClause:
    """One clause of a condition with what is told about it in `because` and `explain`."""

    __slots__ = ("_holds", "_slots", "names", "negated", "node", "text")

    def __init__(self, clause: Clause, slots: dict[str, int]) -> None:
        self.text = clause.text
        self.node = clause.node
        self.negated = clause.negated
        self.names = tuple((name, slots[name]) for name in clause.names)
        self._slots = slots
        self._holds: Callable[[list[Any]], bool | None] | None = None

    def holds(self, values: list[Any]) -> bool | None:
        """Tell whether the clause holds with these values by slot; None is unknown."""
        if self._holds is None:  # most clauses are never told about
            self._holds = compile_condition(self.node, self._slots)
        return self._holds(values)


class CompiledSegment:
    """One segment: its bit in masks, its place among the values, and its conditions."""

    __slots__ = (
        "_layout",
        "_update",
        "bit",
        "dependents",
        "exit_clauses",
        "exit_when",
        "fingerprint",
        "membership",
        "models",
        "name_slots",
        "needs",
        "slot",
        "spec",
        "when",
        "when_clauses",
    )

    def __init__(self, layout: Layout, spec: SegmentSpec, index: int) -> None:
        slots = layout.slots
        self.spec = spec
        self.bit = 1 << index
        self.slot = slots[spec.name]
        self.fingerprint = layout.definition.fingerprint(spec.name)
        self.dependents = 0  # the segments that name it, and those that name them
        self.needs = layout.slots_of_names(spec.names)
        reads = [layout.features[slot] for slot in self.needs]
        self.models = tuple(feature for feature in reads if isinstance(feature, Cluster | Prediction))
        self.name_slots = tuple(slots[name] for name in spec.names)
        title = f"segment {spec.name}"
        self.when: Condition = condition(layout, spec.when, title) if spec.when else _unknown
        self.exit_when = condition(layout, spec.exit_when, f"{title} exit_when") if spec.exit_when else None
        self.membership: Condition | None = None  # is the user to be in from now on, where conditions alone decide
        if not (spec.static or spec.min_dwell_ms or spec.cooldown_ms):
            self.membership = self._is_to_be_in if spec.exit_when else self.when
        self.when_clauses = _clauses(spec.when, slots)
        self.exit_clauses = _clauses(spec.exit_when, slots) if spec.exit_when else self.when_clauses
        self._layout = layout
        self._update: Update | None = None

    def _is_to_be_in(self, profile: Profile, now_ms: int) -> bool:
        assert self.exit_when is not None
        if not profile.values[self.slot] and self.when(profile, now_ms) is not True:
            return False
        return self.exit_when(profile, now_ms) is not True

    def update(self, profile: Profile, now_ms: int) -> None:
        """Bring the values of all that the conditions read up to date in `profile.values`."""
        if self._update is None:
            self._update = update(self._layout, self.needs, f"values of {self.spec.name}")
        self._update(profile, now_ms)


def _unknown(profile: Profile, now_ms: int) -> None:
    """Stand for the condition of a list of members, which has none."""


def _clauses(node: Node | None, slots: dict[str, int]) -> tuple[CompiledClause, ...]:
    if node is None:
        return ()
    return tuple(CompiledClause(part, slots) for part in clauses(node))
