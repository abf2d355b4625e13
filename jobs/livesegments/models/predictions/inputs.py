"""What each kind of model reads about one user, and what is kept of it between events."""

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from livesegments.models.predictions.purchases import PURCHASE_COLUMNS, Purchases
from livesegments.models.predictions.question import TABULAR, Model
from livesegments.models.predictions.sequence import STEP_COLUMNS, EventSequence

__all__ = ["Observation", "PurchaseInput", "SequenceInput", "UserInput", "column_names", "user_input"]


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """One applied event of one user, and the user's features after it.

    `vector` comes from `Columns.encode` (read by logistic regression and trees), `marks` describe the event itself
    (read by recurrent models), `happened` says that it is the event that `will` waits for or a purchase, `amount`
    the money in it, `class_number` which of the question's classes the user is in now (None: in none of them).
    An event is `late` when a newer one of the user came before it: it counts, and nothing is asked about it, for the
    vector may know what came after it.
    """

    user: str
    at_ms: int
    vector: Sequence[float] = ()
    marks: Sequence[float] = ()
    happened: bool = False
    amount: float = 0.0
    class_number: int | None = None
    late: bool = False


class UserInput(Protocol):
    """One user's input to one model; kept as plain values of less than 1 KiB."""

    def take(self, at_ms: int, marks: Sequence[float], happened: bool, amount: float) -> None:
        """Take in an event: what an `Observation` tells of it."""

    def vector(self, now_ms: int = 0) -> list[float]:
        """Return what the model reads at now, not before the newest event; empty if it has nothing to say."""

    def encode(self) -> list[Any]:
        """Return plain values for msgpack; `user_input` takes them."""


class SequenceInput:
    """The last 16 events with their marks, and the network's state after them."""

    def __init__(self, plain: Sequence[Any] | None = None) -> None:
        self.sequence = EventSequence.decode(plain) if plain else EventSequence()

    def take(self, at_ms: int, marks: Sequence[float], happened: bool, amount: float) -> None:
        """Add the event of these marks."""
        self.sequence.add(at_ms, marks)

    def vector(self, now_ms: int = 0) -> list[float]:
        """Return the window of steps and the one of now."""
        return self.sequence.window(now_ms) if self.sequence.count else []

    def encode(self) -> list[Any]:
        """Return the events and states."""
        return self.sequence.encode()


class PurchaseInput:
    """The purchases in five numbers, seen from now or from the newest purchase."""

    def __init__(self, plain: Sequence[Any] | None = None) -> None:
        self.purchases = Purchases.decode(plain[1:]) if plain else Purchases()
        self._now_ms = plain[0] if plain else 0

    def take(self, at_ms: int, marks: Sequence[float], happened: bool, amount: float) -> None:
        """Count the event if it is a purchase."""
        if at_ms > self._now_ms:
            self._now_ms = at_ms
        if happened:
            self.purchases.add(at_ms, amount)

    def vector(self, now_ms: int = 0) -> list[float]:
        """Return x, t_x, T and mean spend as of now or the newest event; empty for users who never bought."""
        return self.purchases.vector(max(now_ms, self._now_ms))

    def encode(self) -> list[Any]:
        """Return the time and the five numbers."""
        return [self._now_ms, *self.purchases.encode()]


def user_input(kind: Model, plain: Sequence[Any] | None = None) -> UserInput:
    """Return a new user's input for this kind of model, or the one that `encode` described.

    Raises ValueError for models that read features: nothing is kept for them.
    """
    if kind in TABULAR:
        raise ValueError(f"expected a model for which something is kept of users, found {kind}")
    return PurchaseInput(plain) if kind == "bg_nbd" else SequenceInput(plain)


def column_names(kind: Model, names: Sequence[str]) -> tuple[str, ...]:
    """Return the columns a model of this kind reads, given the names of features (or, if recurrent, of marks)."""
    if kind == "bg_nbd":
        return PURCHASE_COLUMNS
    return (*STEP_COLUMNS, *names) if kind in ("gru", "lstm") else tuple(names)
