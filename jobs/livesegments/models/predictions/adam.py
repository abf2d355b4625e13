"""Adam: stochastic gradient steps scaled per weight (Kingma & Ba, ICLR 2015), with clipped gradients."""

import numpy as np

from livesegments.models.predictions.cells import Numbers
from livesegments.models.predictions.predictor import Plain

__all__ = ["Adam"]

Weights = dict[str, Numbers]


class Adam:
    """Running means of each weight's gradient and its square, and the step that follows from them."""

    def __init__(self, rate: float = 0.003, norm_max: float = 1.0) -> None:
        self._rate = rate
        self._norm_max = norm_max
        self._means: Weights = {}
        self._squares: Weights = {}
        self.steps = 0

    def step(self, weights: Weights, slopes: Weights) -> None:
        """Change `weights` in place against `slopes`, which are scaled down to `norm_max` first."""
        self.steps += 1
        norm = float(np.sqrt(sum(float((slope * slope).sum()) for slope in slopes.values())))
        shrink = min(1.0, self._norm_max / norm) if norm > 0.0 else 1.0
        for name, slope in slopes.items():
            clipped = slope * shrink
            mean = self._means[name] = 0.9 * self._means.get(name, 0.0) + 0.1 * clipped
            square = self._squares[name] = 0.999 * self._squares.get(name, 0.0) + 0.001 * clipped * clipped
            unbiased = np.sqrt(square / (1.0 - 0.999**self.steps)) + 1e-8
            weights[name] -= self._rate * mean / (1.0 - 0.9**self.steps) / unbiased

    def snapshot(self) -> Plain:
        """Return the number of steps and the running means as lists."""
        return {
            "steps": self.steps,
            "means": {name: mean.tolist() for name, mean in self._means.items()},
            "squares": {name: square.tolist() for name, square in self._squares.items()},
        }

    def restore(self, snapshot: Plain) -> None:
        """Take over a snapshot."""
        self.steps = snapshot["steps"]
        self._means = {name: np.array(mean) for name, mean in snapshot["means"].items()}
        self._squares = {name: np.array(square) for name, square in snapshot["squares"].items()}
