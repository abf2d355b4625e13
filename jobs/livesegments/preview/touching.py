"""What a clause reads, through the values that it names, and so which causes can have turned it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from livesegments.core.changes import Cause, SegmentChange
from livesegments.core.conditions import as_it_counts
from livesegments.core.definition import Definition
from livesegments.core.features import DaysSince
from livesegments.core.program import CompiledClause, CompiledSegment, Program
from livesegments.core.times import DAY_MS
from livesegments.preview.clauses import decisive

__all__ = ["Reasons"]

_KNOWN_MAX = 10_000
_MODELS = ("cluster", "prediction")


class Reasons:
    """Tells which clauses brought users into the segments of one definition."""

    def __init__(self, program: Program) -> None:
        self._definition: Definition = program.definition
        self._segments = {segment.spec.name: segment for segment in program.segments}
        self._slots = program.slots
        self._days = frozenset(
            name for name, spec in self._definition.features.items() if isinstance(spec.feature, DaysSince)
        )
        self._inputs: dict[str, frozenset[str]] = {}
        self._decisive: dict[tuple[str, tuple[bool | None, ...]], tuple[int, ...]] = {}
        self._known: dict[tuple[str, str, str | None, str | None], tuple[bool, ...]] = {}

    def entered_by(self, change: SegmentChange, moved: Collection[str]) -> tuple[str, ...]:
        """Give the texts of the clauses that decided an entry, as they count for the condition.

        `moved` are the segments that changed in that moment.
        These are the clauses without which the user would not have entered. Where some of them turned just then -
        `days_since` crossed its number, a segment changed - these alone; else where some read what the cause touched -
        the event, what time takes from a window, a model - these alone.
        """
        segment = self._segments[change.segment or ""]
        if segment.spec.when is None:
            return ("on the list of members",)
        needed = self._needed(segment, tuple([one.holds for one in change.because]))
        touched = self._touched(segment, change.cause)
        chosen = (
            [index for index in needed if self._turned(segment, index, change, moved)]
            or [index for index in needed if touched[index]]
            or needed
        )
        return tuple(dict.fromkeys(_as_it_counts(segment.when_clauses[index]) for index in chosen))

    def _needed(self, segment: CompiledSegment, answers: tuple[bool | None, ...]) -> tuple[int, ...]:
        key = (segment.spec.name, answers)
        found = self._decisive.get(key)
        if found is None:
            assert segment.spec.when is not None
            if len(self._decisive) > _KNOWN_MAX:
                self._decisive.clear()
            found = self._decisive[key] = decisive(segment.spec.when, answers)
        return found

    def _turned(self, segment: CompiledSegment, index: int, change: SegmentChange, moved: Collection[str]) -> bool:
        """Tell whether a clause is known to have turned at the moment of the change."""
        because = change.because[index]
        if moved and any(name in moved for name in because.values):
            return True
        if change.cause.kind != "time" or self._days.isdisjoint(because.values):
            return False
        days = {name for name, value in because.values.items() if name in self._days and value is not None}
        values: list[Any] = [None] * len(self._slots)
        for name, value in because.values.items():
            earlier = (round(value * DAY_MS) - 1) / DAY_MS if name in days else value
            values[self._slots[name]] = earlier
        return segment.when_clauses[index].holds(values) is not because.holds

    def _touched(self, segment: CompiledSegment, cause: Cause) -> tuple[bool, ...]:
        key = (segment.spec.name, cause.kind, cause.type, cause.event)
        found = self._known.get(key)
        if found is None:
            if len(self._known) > _KNOWN_MAX:  # event names are the user's and without bound
                self._known.clear()
            found = self._known[key] = tuple(
                any(self._is_touched(part, cause) for name, _ in clause.names for part in self._inputs_of(name))
                for clause in segment.when_clauses
            )
        return found

    def _inputs_of(self, name: str) -> frozenset[str]:
        """Give the features that a feature is made of, with itself; none of a segment."""
        known = self._inputs.get(name)
        if known is None:
            spec = self._definition.features.get(name)
            own = frozenset({name} if spec else ())
            known = self._inputs[name] = own.union(*(self._inputs_of(part) for part in (spec.names if spec else ())))
        return known

    def _is_touched(self, name: str, cause: Cause) -> bool:
        spec = self._definition.features[name]
        if cause.kind == "model":
            return spec.kind in _MODELS
        if spec.feature is None:
            return False
        if cause.kind == "time":
            return name not in self._days and (spec.feature.timed or spec.feature.windowed)
        selectors = [cell.selection.selector for cell in spec.feature.cells]
        return any(selector.matches(cause.type or "", cause.event) for selector in selectors)


def _as_it_counts(clause: CompiledClause) -> str:
    return as_it_counts(clause.text, None, clause.negated)[0]
