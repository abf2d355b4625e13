"""The rival that every model must beat: how often it happened so far."""

from livesegments.models.predictions.predictor import Plain, Vector

__all__ = ["BaseRate"]


class BaseRate:
    """Foretells the share of each outcome, or the mean amount (for one outcome), whatever the vector says.

    Every outcome is counted once in advance (Laplace's rule of succession), so that no chance is 0.
    """

    def __init__(self, outcomes: int) -> None:
        self._counts = [1.0] * outcomes if outcomes > 1 else []
        self._learned = 0
        self._total = 0.0

    def learn_one(self, vector: Vector, target: float) -> None:
        """Count the outcome, or add the amount."""
        self._learned += 1
        if self._counts:
            self._counts[int(target)] += 1.0
        else:
            self._total += target

    def predict_one(self, vector: Vector = ()) -> list[float]:
        """Return the shares, or the mean amount."""
        if not self._counts:
            return [self._total / self._learned if self._learned else 0.0]
        total = sum(self._counts)
        return [count / total for count in self._counts]

    def parameters(self) -> Plain:
        """Return what the snapshot holds."""
        return self.snapshot()

    def snapshot(self) -> Plain:
        """Return the counts and the total."""
        return {"counts": list(self._counts), "learned": self._learned, "total": self._total}

    def restore(self, snapshot: Plain) -> None:
        """Take over a snapshot."""
        self._counts, self._learned, self._total = list(snapshot["counts"]), snapshot["learned"], snapshot["total"]
