"""A recurrent network over batches of sequences: forward, and back through time exactly."""

import numpy as np
from numpy.typing import NDArray

from livesegments.models.predictions.cells import CELLS, CellName, Numbers, Tape

__all__ = ["Lengths", "Network", "softmax"]

Lengths = NDArray[np.int64]


class Network:
    """One layer of GRU or LSTM cells and a softmax over outcomes, read after the last step.

    `weights` holds `input` (inputs x gates), `recurrent` (units x gates), `bias`, `readout` (units x outcomes) and
    `readout_bias`. Sequences come one after the other in `steps`, one row a step; `lengths` are their numbers of steps.
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

    def chances(self, steps: Numbers, lengths: Lengths) -> Numbers:
        """Return the probabilities of outcomes, batch x outcomes."""
        order, moments = _by_moment(steps, lengths)
        state, _ = self._forward(moments)
        chances = np.empty((len(lengths), len(self.weights["readout_bias"])))
        chances[order] = self._read(state)
        return chances

    def loss_and_slopes(
        self, steps: Numbers, lengths: Lengths, targets: NDArray[np.int64]
    ) -> tuple[float, dict[str, Numbers]]:
        """Return the mean log loss and its gradient by back-propagation through all steps (Werbos 1990)."""
        order, moments = _by_moment(steps, lengths)
        targets = targets[order]
        state, tapes = self._forward(moments)
        chances = self._read(state)
        rows = np.arange(len(targets))
        loss = float(-np.log(chances[rows, targets]).mean())
        excess = chances
        excess[rows, targets] -= 1.0
        excess /= len(targets)
        slopes = {"readout": state[:, : self.units].T @ excess, "readout_bias": excess.sum(axis=0)}
        state_slope = np.zeros_like(state)
        state_slope[:, : self.units] = excess @ self.weights["readout"].T
        return loss, self._backward(moments, tapes, state_slope) | slopes

    def _forward(self, moments: list[Numbers]) -> tuple[Numbers, list[tuple[Numbers, Tape]]]:
        """Go through the moments; at each only the sequences that have begun, which come first, take a step."""
        states = np.zeros((len(moments[-1]), self.cell.states * self.units))
        tapes = []
        for steps in moments:
            count = len(steps)
            state = states[:count]
            given = steps @ self.weights["input"] + self.weights["bias"]
            output = state[:, : self.units].copy()
            after, tape = self.cell.step(given, output @ self.weights["recurrent"], state.copy())
            states[:count] = after
            tapes.append((output, tape))
        return states, tapes

    def _backward(
        self, moments: list[Numbers], tapes: list[tuple[Numbers, Tape]], state_slope: Numbers
    ) -> dict[str, Numbers]:
        back = self.weights["recurrent"].T
        given_slopes, kept_slopes, outputs = [], [], []
        for output, tape in reversed(tapes):
            state_slope, given_slope, kept_slope = self.cell.step_back(state_slope[: len(output)], tape)
            state_slope[:, : self.units] += kept_slope @ back
            given_slopes.append(given_slope)
            kept_slopes.append(kept_slope)
            outputs.append(output)
        given = np.concatenate(given_slopes)
        return {
            "input": np.concatenate(moments[::-1]).T @ given,
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


def _by_moment(steps: Numbers, lengths: Lengths) -> tuple[NDArray[np.intp], list[Numbers]]:
    """Give the order of sequences, longest first, and the steps of each moment in it; all end at the last moment."""
    order = np.argsort(-lengths, kind="stable")
    ends, longest_first = lengths.cumsum()[order], lengths[order]
    back = np.arange(int(longest_first[0]), 0, -1)[:, None]
    begun = back <= longest_first
    rows = steps[(ends - back)[begun]]
    return order, np.split(rows, begun.sum(axis=1).cumsum()[:-1])
