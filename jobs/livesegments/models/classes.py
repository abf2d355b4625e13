"""Which class of a prediction a user is in at a moment."""

from __future__ import annotations

from livesegments.core.conditions import compile_condition, names
from livesegments.core.definition import PredictionSpec
from livesegments.core.profile import Profile
from livesegments.core.program import Program

__all__ = ["Classes"]


class Classes:
    """The conditions of one prediction's classes; the first that holds decides, in the order of the definition."""

    def __init__(self, program: Program, spec: PredictionSpec) -> None:
        self._inputs = program.inputs_of(dict.fromkeys(name for node in spec.classes.values() for name in names(node)))
        self._conditions = [compile_condition(node, program.slots) for node in spec.classes.values()]

    def at(self, profile: Profile, now_ms: int) -> int:
        """Give the number of the class at a time not before the user's clock; that of none of them comes last."""
        profile.move_to(now_ms)
        self._inputs.update(profile, now_ms)
        values = profile.values
        found = (number for number, holds in enumerate(self._conditions) if holds(values) is True)
        return next(found, len(self._conditions))
