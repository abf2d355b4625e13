"""A recurrent network over batches of sequences: forward, and back through time exactly."""

import numpy as np
from numpy.typing import NDArray

from livesegments.models.predictions.cells import CELLS, CellName, Numbers, Tape

__all__ = ["Network", "softmax"]


class Network:
    """One layer of GRU or LSTM cells and a softmax over outcomes, read after the last step.

    `weights` holds `input` (inputs x gates), `recurrent` (units x gates), `bias`, `readout` (units x outcomes) and
    `readout_bias`. Sequences come right-aligned: steps is batch x time x inputs, mask is batch x time, 0 where a
    sequence has not begun.
    """

    def __init__(self, cell: CellName, inputs: int, units: int, outcomes: int, seed: int) -> None:
        self.cell = CELLS[cell]
        self.units = units
        random = np.random.default_rng(seed)
        gates = self.cell.gates * units
        self.weights: dict[str, Numbers] = {
            "input": random.uniform(-1.0, 1.0, (inputs, gates)) * np.sqrt(0.75 / inputs),
            "recurrent": random.uniform(-1.0, 1.0, (units, gates)) * np.sqrt(0.75 / units),
            "bias": np.zeros(gates),
            "readout": np.zeros((units, outcomes)),
            "readout_bias": np.zeros(outcomes),
        }
        self.weights["bias"][:units] = 1.0  # keep (GRU: update, LSTM: forget) until told otherwise

    def chances(self, steps: Numbers, mask: Numbers) -> Numbers:
        """Return the probabilities of outcomes, batch x outcomes."""
        state, _ = self._forward(steps, mask)
        return self._read(state)

    def loss_and_slopes(
        self, steps: Numbers, mask: Numbers, targets: NDArray[np.int64]
    ) -> tuple[float, dict[str, Numbers]]:
        """Return the mean log loss and its gradient by back-propagation through all steps (Werbos 1990)."""
        state, tapes = self._forward(steps, mask)
        chances = self._read(state)
        rows = np.arange(len(targets))
        loss = float(-np.log(chances[rows, targets]).mean())
        excess = chances
        excess[rows, targets] -= 1.0
        excess /= len(targets)
        slopes = {name: np.zeros_like(weight) for name, weight in self.weights.items()}
        slopes["readout"] = state[:, : self.units].T @ excess
        slopes["readout_bias"] = excess.sum(axis=0)
        state_slope = np.zeros_like(state)
        state_slope[:, : self.units] = excess @ self.weights["readout"].T
        self._backward(steps, mask, tapes, state_slope, slopes)
        return loss, slopes

    def _forward(self, steps: Numbers, mask: Numbers) -> tuple[Numbers, list[tuple[Numbers, Tape]]]:
        state = np.zeros((len(steps), self.cell.states * self.units))
        given = steps @ self.weights["input"] + self.weights["bias"]
        tapes = []
        for moment in range(steps.shape[1]):
            output = state[:, : self.units]
            state, tape = self.cell.step(given[:, moment], output @ self.weights["recurrent"], state)
            state = state * mask[:, moment, None]
            tapes.append((output, tape))
        return state, tapes

    def _backward(
        self,
        steps: Numbers,
        mask: Numbers,
        tapes: list[tuple[Numbers, Tape]],
        state_slope: Numbers,
        slopes: dict[str, Numbers],
    ) -> None:
        for moment in range(steps.shape[1] - 1, -1, -1):
            output, tape = tapes[moment]
            state_slope = state_slope * mask[:, moment, None]
            state_slope, given_slope, kept_slope = self.cell.step_back(state_slope, tape)
            slopes["input"] += steps[:, moment].T @ given_slope
            slopes["bias"] += given_slope.sum(axis=0)
            slopes["recurrent"] += output.T @ kept_slope
            state_slope[:, : self.units] += kept_slope @ self.weights["recurrent"].T

    def _read(self, state: Numbers) -> Numbers:
        return softmax(state[:, : self.units] @ self.weights["readout"] + self.weights["readout_bias"])


def softmax(values: Numbers) -> Numbers:
    """Return exp(v) / sum(exp(v)) per row."""
    grown: Numbers = np.exp(values - values.max(axis=1, keepdims=True))
    grown /= grown.sum(axis=1, keepdims=True)
    return grown
