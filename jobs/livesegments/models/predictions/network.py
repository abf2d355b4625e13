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
        order = _longest_first(mask)
        state, _ = self._forward(steps[order], _begun(mask))
        chances = np.empty((len(steps), len(self.weights["readout_bias"])))
        chances[order] = self._read(state)
        return chances

    def loss_and_slopes(
        self, steps: Numbers, mask: Numbers, targets: NDArray[np.int64]
    ) -> tuple[float, dict[str, Numbers]]:
        """Return the mean log loss and its gradient by back-propagation through all steps (Werbos 1990)."""
        order, begun = _longest_first(mask), _begun(mask)
        steps, targets = steps[order], targets[order]
        state, tapes = self._forward(steps, begun)
        chances = self._read(state)
        rows = np.arange(len(targets))
        loss = float(-np.log(chances[rows, targets]).mean())
        excess = chances
        excess[rows, targets] -= 1.0
        excess /= len(targets)
        slopes = {"readout": state[:, : self.units].T @ excess, "readout_bias": excess.sum(axis=0)}
        state_slope = np.zeros_like(state)
        state_slope[:, : self.units] = excess @ self.weights["readout"].T
        return loss, self._backward(steps, begun, tapes, state_slope) | slopes

    def _forward(self, steps: Numbers, begun: list[int]) -> tuple[Numbers, list[tuple[Numbers, Tape]]]:
        """Go through the moments; at each only the sequences that have begun, which come first, take a step."""
        states = np.zeros((len(steps), self.cell.states * self.units))
        tapes = []
        for moment, count in enumerate(begun):
            state = states[:count]
            given = steps[:count, moment] @ self.weights["input"] + self.weights["bias"]
            output = state[:, : self.units].copy()
            after, tape = self.cell.step(given, output @ self.weights["recurrent"], state.copy())
            states[:count] = after
            tapes.append((output, tape))
        return states, tapes

    def _backward(
        self, steps: Numbers, begun: list[int], tapes: list[tuple[Numbers, Tape]], state_slope: Numbers
    ) -> dict[str, Numbers]:
        back = self.weights["recurrent"].T
        given_slopes, kept_slopes, inputs, outputs = [], [], [], []
        for moment in range(len(begun) - 1, -1, -1):
            output, tape = tapes[moment]
            state_slope, given_slope, kept_slope = self.cell.step_back(state_slope[: begun[moment]], tape)
            state_slope[:, : self.units] += kept_slope @ back
            given_slopes.append(given_slope)
            kept_slopes.append(kept_slope)
            inputs.append(steps[: begun[moment], moment])
            outputs.append(output)
        given = np.concatenate(given_slopes)
        return {
            "input": np.concatenate(inputs).T @ given,
            "recurrent": np.concatenate(outputs).T @ np.concatenate(kept_slopes),
            "bias": given.sum(axis=0),
        }

    def _read(self, state: Numbers) -> Numbers:
        return softmax(state[:, : self.units] @ self.weights["readout"] + self.weights["readout_bias"])


def softmax(values: Numbers) -> Numbers:
    """Return exp(v) / sum(exp(v)) per row."""
    grown: Numbers = np.exp(values - values.max(axis=1, keepdims=True))
    grown /= grown.sum(axis=1, keepdims=True)
    return grown


def _longest_first(mask: Numbers) -> NDArray[np.intp]:
    return np.argsort(-mask.sum(axis=1), kind="stable")


def _begun(mask: Numbers) -> list[int]:
    """Give how many sequences have begun at each moment."""
    counts: list[int] = mask.sum(axis=0).astype(int).tolist()
    return counts
