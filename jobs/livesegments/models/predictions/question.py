"""What an entry of `predictions:` asks about every user."""

from typing import Literal, get_args

import msgspec

__all__ = ["MODELS", "TABULAR", "UNTAUGHT", "Asks", "Model", "Question"]

Asks = Literal["will", "value", "class"]
Model = Literal["logistic_regression", "decision_tree", "gru", "lstm", "bg_nbd"]

MODELS: tuple[Model, ...] = get_args(Model)

TABULAR: tuple[Model, ...] = ("logistic_regression", "decision_tree")
"""The models that read features; of users nothing is kept for them."""

UNTAUGHT: tuple[Model, ...] = ("bg_nbd",)
"""The models that learn nothing from what came of a question; it only tells how good they are."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to foretell, how far ahead, and which model answers.

    `will` asks whether an event happens within `horizon_ms` (a probability), `value` how much a user spends
    within it (money), `class` which of `classes` a user is in after it (a name, or None for none of them).
    `definition` stands for all that the question means; a model answers only the question that it was learned for.

    >>> Question(name="buys_again_30d", asks="will", horizon_ms=30 * 86_400_000, model="gru").outcomes
    2
    """

    name: str
    asks: Asks
    horizon_ms: int
    model: Model = "logistic_regression"
    classes: tuple[str, ...] = ()
    definition: str = ""

    def __post_init__(self) -> None:
        if self.horizon_ms <= 0:
            raise ValueError(f"predictions.{self.name}: the horizon must be positive, was {self.horizon_ms} ms")
        if self.asks == "value" and self.model != "bg_nbd":
            raise ValueError(f"predictions.{self.name}: a value needs the model bg_nbd, was {self.model}")
        if self.asks == "class" and self.model == "bg_nbd":
            raise ValueError(f"predictions.{self.name}: bg_nbd cannot tell classes, use one of {MODELS[:-1]}")
        if (self.asks == "class") != bool(self.classes):
            raise ValueError(f"predictions.{self.name}: `class` needs named classes, and only `class` has them")

    @property
    def outcomes(self) -> int:
        """Return how many numbers an answer has: one per class and one for none of them; 2 for `will`, 1 for money."""
        return {"will": 2, "value": 1, "class": len(self.classes) + 1}[self.asks]
