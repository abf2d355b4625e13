"""Features made of other things: value (an expression), cluster, prediction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from livesegments.core.conditions import UNKNOWN, Node
from livesegments.core.features.feature import Feature, ProfileView

__all__ = ["Cluster", "Prediction", "Value"]


class Value(Feature):
    """An expression over other features, whose values must be those of now; null where it is unknown."""

    def __init__(self, name: str, node: Node, evaluate: Callable[[list[Any]], Any]) -> None:
        super().__init__(name)
        self.node = node
        self.evaluate = evaluate

    def value(self, state: Any, now_ms: int, profile: ProfileView) -> Any:
        value = self.evaluate(profile.values)
        return None if value is UNKNOWN else value


class Cluster(Feature):
    """The name of the user's cluster in one clustering."""

    def __init__(self, name: str, clustering: str) -> None:
        super().__init__(name)
        self.model = clustering

    def value(self, state: Any, now_ms: int, profile: ProfileView) -> Any:
        membership = profile.clusters.get(self.model)
        return None if membership is None else membership[1]


class Prediction(Feature):
    """The newest value of one prediction."""

    def __init__(self, name: str, prediction: str) -> None:
        super().__init__(name)
        self.model = prediction

    def value(self, state: Any, now_ms: int, profile: ProfileView) -> Any:
        answer = profile.predictions.get(self.model)
        return None if answer is None else answer[0]
