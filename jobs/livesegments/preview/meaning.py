"""What a segment means in a definition, with all that decides it: equal meanings have equal members."""

from __future__ import annotations

from typing import Any

import msgspec

from livesegments.core.definition import Definition
from livesegments.core.program import Program

__all__ = ["meanings"]


def meanings(program: Program) -> dict[str, Any]:
    """Give plain data for each segment: its fingerprint, the models that it reads, and the limits that events meet."""
    definition = program.definition
    limits = msgspec.to_builtins(definition.limits)
    return {
        segment.spec.name: [
            segment.fingerprint,
            {feature.model: _model(definition, feature.model) for feature in segment.models},
            limits,
        ]
        for segment in program.segments
    }


def _model(definition: Definition, name: str) -> Any:
    spec = definition.clusters.get(name) or definition.predictions[name]
    return [definition.model_fingerprint(name), spec.content]
