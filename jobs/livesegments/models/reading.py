"""What a prediction's model reads of an event and of a user's features: the same when it learns and when it answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from livesegments.core.definition import Definition, FeatureSpec, PredictionSpec
from livesegments.core.events import Event
from livesegments.models.predictions.inputs import column_names
from livesegments.models.predictions.question import Question
from livesegments.models.predictions.vectors import Columns

__all__ = ["Reader"]

_NEVER_ABSENT = ("count", "sum", "distinct", "decayed")


class Reader:
    """Reads for one prediction; `names` are the columns of its vectors, or the marks of its events."""

    def __init__(self, definition: Definition, name: str) -> None:
        spec = self.spec = definition.predictions[name]
        self.question = Question(
            name=name,
            asks=spec.asks,
            horizon_ms=spec.horizon_ms,
            model=spec.model,
            classes=tuple(spec.classes),
            definition=definition.model_fingerprint(name),
        )
        self.input_key = definition.input_key(name)
        self.is_kept = spec.kept is not None
        self.is_recurrent = bool(spec.steps)
        nullable = {feature for feature in spec.features if _may_be_absent(definition.features[feature])}
        self.encode: Callable[[Sequence[Any]], list[float]] = Columns(spec.features, nullable).encode
        self.names = _mark_names(spec) if spec.steps else Columns(spec.features, nullable).names
        self.columns = column_names(spec.model, self.names)

    @property
    def event_key(self) -> str:
        """Give a text that two readers have in common when `happened` and `amount` are the same for both."""
        kept = self.spec.kept or {}
        return repr([kept.get("event"), kept.get("where"), kept.get("of")])

    def may_read(self, event_type: str, name: str | None) -> bool:
        """Tell whether events of a type and, for track, a name are read at all."""
        selectors = [selector for _, selector in self.spec.steps]
        selectors += [] if self.spec.event is None else [self.spec.event.selector]
        return any(selector.matches(event_type, name) for selector in selectors)

    def happened(self, event: Event) -> bool:
        """Tell whether this is the event that is waited for, or a purchase."""
        selection = self.spec.event
        return (
            selection is not None and selection.selector.matches(event.type, event.event) and selection.accepts(event)
        )

    def amount(self, event: Event) -> float:
        """Give the money in an event, 0 where there is none."""
        selection = self.spec.event
        return sum(selection.numbers(event)) if selection is not None and selection.paths else 0.0

    def marks(self, event: Event, happened: bool, amount: float) -> list[float] | None:
        """Give the numbers that describe an event to a recurrent model, None for one that it does not read."""
        return self.marks_of(self.steps_of(event), happened, amount)

    def steps_of(self, event: Event) -> list[float]:
        """Give for each step 1 where events of this one's type and name are it, else 0."""
        return [float(selector.matches(event.type, event.event)) for _, selector in self.spec.steps]

    def marks_of(self, steps: list[float], happened: bool, amount: float) -> list[float] | None:
        """Do what `marks` does, by the steps that an event is."""
        if not happened and 1.0 not in steps:
            return None
        told = steps if len(steps) > 1 else []
        return [float(happened), amount, *told] if self.question.asks == "will" else [amount, *told]


def _mark_names(spec: PredictionSpec) -> tuple[str, ...]:
    told = [text for text, _ in spec.steps] if len(spec.steps) > 1 else []
    return tuple(["happened", "amount", *told] if spec.asks == "will" else ["amount", *told])


def _may_be_absent(spec: FeatureSpec) -> bool:
    return spec.kind not in _NEVER_ABSENT and (spec.kind, spec.content.get("measure")) != ("session", "count")
