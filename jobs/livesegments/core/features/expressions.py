"""Features made of other things: value (an expression), cluster, prediction."""

from __future__ import annotations

from typing import Any

from livesegments.core.conditions import Node
from livesegments.core.features.feature import Feature, ProfileView, States

__all__ = ["Cluster", "Prediction", "Value"]


class Value(Feature):
    """An expression over other features, null where unknown; the program writes it into the code that reads it."""

    is_numeric = False

    def __init__(self, name: str, node: Node) -> None:
        super().__init__(name)
        self.node = node


class Cluster(Feature):
    """The name of the user's cluster in one clustering."""

    is_numeric = False

    def __init__(self, name: str, clustering: str) -> None:
        super().__init__(name)
        self.model = clustering

    def value(self, states: States, now_ms: int, profile: ProfileView) -> Any:
        membership = profile.clusters.get(self.model)
        return None if membership is None else membership.name


class Prediction(Feature):
    """The newest value of one prediction: a number, or the name of a class."""

    def __init__(self, name: str, prediction: str) -> None:
        super().__init__(name)
        self.model = prediction

    def value(self, states: States, now_ms: int, profile: ProfileView) -> Any:
        answer = profile.predictions.get(self.model)
        return None if answer is None else answer.value
