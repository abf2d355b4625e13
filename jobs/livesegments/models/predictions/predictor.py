"""The protocols: a `Predictor` learns, a `Scorer` answers from what was learned."""

from collections.abc import Sequence
from typing import Any, Protocol

__all__ = ["Plain", "Predictor", "Scorer", "Vector"]

Vector = Sequence[float]
"""What a model reads about one user at one moment: finite numbers by position, never by name.

The length is fixed for all models but `gru` and `lstm`, which read a whole number of steps, oldest first.
"""

Plain = dict[str, Any]
"""Numbers, strings, lists and dictionaries with string keys: what msgpack and JSON can hold."""


class Predictor(Protocol):
    """A model that learns one matured example at a time."""

    def learn_one(self, vector: Vector, target: float) -> None:
        """Learn that `vector` turned out as `target`: an outcome's number, or an amount of money."""

    def predict_one(self, vector: Vector) -> list[float]:
        """Return one probability per outcome, or `[amount]`, with what has been learned so far; change nothing."""

    def parameters(self) -> Plain:
        """Return what its `Scorer` needs, or an empty dictionary while there is too little to answer from."""

    def snapshot(self) -> Plain:
        """Return all that is needed to go on learning as if never interrupted."""

    def restore(self, snapshot: Plain) -> None:
        """Take over what `snapshot` returned, on an object made with the same arguments."""


class Scorer(Protocol):
    """A learned model ready to answer: cheap, immutable, made from plain parameters."""

    def scores(self, vector: Vector) -> list[float]:
        """Return one probability per outcome, or `[amount]`."""

    def contributions(self, vector: Vector, outcome: int) -> list[float]:
        """Return per column of the vector how much it moved the score of `outcome`, up (> 0) or down (< 0)."""
