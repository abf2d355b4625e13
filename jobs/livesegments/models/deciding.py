"""Deciding each user's clusters and predictions with the models in force: what the step asks of models."""

from __future__ import annotations

from typing import Any

from livesegments.core.definition import ClusterSpec, Definition
from livesegments.core.events import Event
from livesegments.core.inference import ClusterMove, Decision, Weight
from livesegments.core.profile import Profile
from livesegments.core.program import Program
from livesegments.core.step import Engine
from livesegments.models.answering import Answerer
from livesegments.models.book import ModelBook
from livesegments.models.clusters.model import ClusterModel, Place
from livesegments.models.predictions.model import DIGITS

__all__ = ["ModelDecider", "engine_with_models"]


def engine_with_models(definition: Definition, book: ModelBook) -> Engine:
    """Give the engine that also decides clusters and predictions, with the models of a book that may grow."""
    if not definition.has_models:
        return Engine(definition)
    return Engine(definition, lambda program: ModelDecider(program, book))


class ModelDecider:
    """Decides clusters and predictions by the versions in a book."""

    def __init__(self, program: Program, book: ModelBook) -> None:
        self.book = book
        self._clusterings = [
            (spec, program.inputs_of(spec.features), tuple(program.slots[name] for name in spec.features))
            for _, spec in sorted(program.definition.clusters.items())
        ]
        self._answerers = {name: Answerer(program, name, book) for name in sorted(program.definition.predictions)}

    def observe(self, profile: Profile, event: Event) -> None:
        """Take in an event that was applied to the profile."""
        for answerer in self._answerers.values():
            answerer.observe(profile, event)

    def decide(self, profile: Profile, now_ms: int) -> list[Decision]:
        """Bring clusters and predictions up to date with the models in force at now; clusters first, by name."""
        decisions = []
        for spec, inputs, slots in self._clusterings:
            model = self.book.cluster_model(spec.name, now_ms)
            if model is None or model.features != spec.features:  # made before the definition was edited
                continue
            inputs.update(profile, now_ms)
            values = [profile.values[slot] for slot in slots]
            held = profile.clusters.get(spec.name)
            if held is not None and model.keeps(values, held[0], spec.margin):  # nearly always
                held[2], held[3] = model.version, values
                continue
            decision = _assign(profile.clusters, held, spec, model, values)
            if decision is not None:
                decisions.append(decision)
        for answerer in self._answerers.values():
            answer = answerer.decide(profile, now_ms)
            if answer is not None:
                decisions.append(answer)
        return decisions

    def weights(self, profile: Profile, prediction: str, now_ms: int) -> list[Weight]:
        """Give the three features that weighed most in a prediction, greatest first."""
        answerer = self._answerers.get(prediction)
        return [] if answerer is None else answerer.weights(profile, now_ms)


def _assign(
    clusters: dict[str, Any], held: list[Any] | None, spec: ClusterSpec, model: ClusterModel, values: list[Any]
) -> Decision | None:
    """Put a user's cluster into `clusters`, which has `held` so far; give the decision if it is another one."""
    current = None if held is None else held[0]
    place = model.place(values, current, spec.margin)
    if place is not None:
        clusters[spec.name] = [place.id, place.name, model.version, values]
        if place.id == current:
            return None
    elif held is None:
        return None
    else:
        del clusters[spec.name]
    by_model = held is not None and held[2] != model.version and _has_moved(held, spec, model)
    return Decision(spec.name, model.version, by_model, _move(held, place, by_model, spec, values))


def _has_moved(held: list[Any], spec: ClusterSpec, model: ClusterModel) -> bool:
    """Tell whether the user's earlier values would be in another cluster now: then it was the model that moved."""
    place = model.place(held[3], held[0], spec.margin) if len(held[3]) == len(spec.features) else None
    return place is None or place.id != held[0]


def _move(
    held: list[Any] | None, place: Place | None, by_model: bool, spec: ClusterSpec, values: list[Any]
) -> ClusterMove:
    return ClusterMove(
        before=None if held is None else held[1],
        after=None if place is None else place.name,
        moved="model_moved" if by_model else "user_moved",
        distance_before=None if place is None else _rounded(place.distance_of_current),
        distance_after=None if place is None else _rounded(place.distance),
        values=dict(zip(spec.features, values, strict=True)),
    )


def _rounded(distance: float | None) -> float | None:
    return None if distance is None else round(distance, DIGITS)
