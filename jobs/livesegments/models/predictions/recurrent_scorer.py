"""Answers of a learned GRU or LSTM: from a whole window, or from the carried state by a step or two."""

import math
from collections.abc import Sequence

import numpy as np

from livesegments.models.predictions.cells import CELLS, Numbers
from livesegments.models.predictions.network import softmax
from livesegments.models.predictions.predictor import Plain, Vector
from livesegments.models.predictions.sequence import BLOCK, EventSequence, window_start

__all__ = ["RecurrentScorer"]


class RecurrentScorer:
    """The learned weights with the scaling of inputs folded in.

    States are rounded to single precision after each step, as they are stored, so that a state carried through
    storage and one recomputed from the kept events are the same.
    """

    def __init__(self, parameters: Plain) -> None:
        self._cell = CELLS[parameters["cell"]]
        means, scales = np.array(parameters["means"]), np.array(parameters["scales"])
        weights = np.array(parameters["input"])
        self._input = weights * scales[:, None]
        self._bias = np.array(parameters["bias"]) - means @ self._input
        self._means = means
        self._recurrent = np.array(parameters["recurrent"])
        self._readout = np.array(parameters["readout"])
        self._readout_bias = np.array(parameters["readout_bias"])
        self._input_and_bias = np.vstack([self._input, self._bias])
        self._readout_biases: list[float] = parameters["readout_bias"]
        self._units = len(self._recurrent)
        self._width = self._cell.states * self._units

    def scores(self, vector: Vector) -> list[float]:
        """Return one probability per outcome for a window of steps."""
        scores: list[float] = self._chances(np.reshape(vector, (1, -1, len(self._input))))[0].tolist()
        return scores

    def scores_of(self, vectors: Sequence[Vector]) -> list[list[float]]:
        """Return the same for many windows; those of one length go through the network together."""
        found: list[list[float]] = [[]] * len(vectors)
        alike: dict[int, list[int]] = {}
        for place, vector in enumerate(vectors):
            alike.setdefault(len(vector), []).append(place)
        for places in alike.values():
            steps = np.array([vectors[place] for place in places]).reshape(len(places), -1, len(self._input))
            for place, chances in zip(places, self._chances(steps).tolist(), strict=True):
                found[place] = chances
        return found

    def contributions(self, vector: Vector, outcome: int) -> list[float]:
        """Return per column how much the score falls when the column is at its mean in every step (occlusion)."""
        inputs = len(self._input)
        window = np.reshape(vector, (-1, inputs))
        batch = np.repeat(window[None], inputs + 1, axis=0)
        columns = np.arange(inputs)
        batch[columns, :, columns] = self._means[:, None]
        chances = self._chances(batch)[:, outcome]
        falls: list[float] = (chances[-1] - chances[:-1]).tolist()
        return falls

    def _chances(self, steps: Numbers) -> Numbers:
        states = np.zeros((len(steps), self._width))
        for moment in range(steps.shape[1]):
            states = self._next(states, steps[:, moment])
        return self._read(states)

    def _read(self, states: Numbers) -> Numbers:
        return softmax(states[:, : self._units] @ self._readout + self._readout_bias)

    def _next(self, states: Numbers, steps: Numbers) -> Numbers:
        given = steps @ self._input + self._bias
        states, _ = self._cell.step(given, states[:, : self._units] @ self._recurrent, states)
        return states.astype(np.float32).astype(np.float64)

    def scores_after(self, sequence: EventSequence, version: int, now_ms: int) -> list[float]:
        """Return one probability per outcome at now, and carry the states after the newest event in the sequence.

        No step if the carried states are those of `version` after that event, one step if they are those before it;
        else the window is read again.
        """
        count, start = sequence.count, window_start(sequence.count)
        if sequence.states is not None and sequence.version == version and sequence.read == count:
            states = np.frombuffer(sequence.states, np.float32).reshape(2, self._width).astype(np.float64)
        elif sequence.states is not None and sequence.version == version and sequence.read == count - 1:
            states = np.frombuffer(sequence.states, np.float32).reshape(2, self._width).astype(np.float64)
            if start != window_start(count - 1):
                states = np.stack([states[1], np.zeros(self._width)])
            states = self._step(states, sequence.step(count), lone=count <= start + BLOCK)
        else:
            states = np.zeros((2, self._width))
            for number in range(start + 1, count + 1):
                states = self._step(states, sequence.step(number), lone=number <= start + BLOCK)
        sequence.states, sequence.version, sequence.read = states.astype(np.float32).tobytes(), version, count
        now = self._step(states[:1], sequence.last_step(now_ms), lone=False)
        return _softmax(now[0, : self._units].dot(self._readout).tolist(), self._readout_biases)

    def _step(self, states: Numbers, step: list[float], lone: bool) -> Numbers:
        step.append(1.0)
        given = np.array([step]).dot(self._input_and_bias)
        after, _ = self._cell.step(given, states[:, : self._units].dot(self._recurrent), states)
        if lone:
            after[1] = 0.0
        return after.astype(np.float32).astype(np.float64)


def _softmax(values: list[float], biases: list[float]) -> list[float]:
    odds = [value + bias for value, bias in zip(values, biases, strict=True)]
    greatest = max(odds)
    grown = [math.exp(value - greatest) for value in odds]
    total = sum(grown)
    return [value / total for value in grown]
