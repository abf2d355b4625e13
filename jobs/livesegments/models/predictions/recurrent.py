"""GRU and LSTM classifiers over a user's last events, trained online in numpy."""

import math
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livesegments.models.predictions.adam import Adam
from livesegments.models.predictions.cells import CellName, Numbers
from livesegments.models.predictions.network import Lengths, Network, softmax
from livesegments.models.predictions.predictor import Plain, Vector

__all__ = ["Recurrent"]

_KEPT_EXAMPLES = 4096
"""Two months of questions, so that not the newest week alone is learned again; each takes 170 to 440 bytes."""

_CALIBRATED_BY = 512
"""The newest examples over which the mean answer is what came of them: single steps move it by more than days do."""

_SHIFTS = 10
"""Rounds in which the biases are fitted; each about halves what is left."""

_SHIFT_MAX = 1.0
"""The most that a bias is moved by: what did not happen to the newest may happen to users unlike them."""

_LARGEST = 60_000.0  # examples are kept in half precision


class Recurrent:
    """A recurrent classifier of windows of steps, learned by truncated back-propagation through time with Adam.

    After every `batch` examples one gradient step is taken on them and `replayed` earlier ones (experience replay,
    Lin 1992), drawn by a generator seeded with the step's number. Inputs are standardised by the running mean and
    deviation of the newest steps. Answers are given with biases that fit the newest examples; learning does not see
    them.
    """

    def __init__(
        self,
        cell: CellName,
        inputs: int,
        outcomes: int = 2,
        seed: int = 0,
        units: int = 16,
        batch: int = 32,
        replayed: int = 96,
        rate: float = 0.008,
    ) -> None:
        self._cell: CellName = cell
        self._inputs = inputs
        self._seed = seed
        self._batch = batch
        self._replayed = replayed
        self._network = Network(cell, inputs, units, outcomes, seed)
        self._adam = Adam(rate)
        self._count = 0
        self._means = [0.0] * inputs
        self._squares = [0.0] * inputs
        self._examples: list[tuple[bytes, int]] = []  # oldest first; the newest `_waiting` are not learned yet
        self._waiting = 0

    def learn_one(self, vector: Vector, target: float) -> None:
        """Keep the example, and take a step when the batch is full."""
        inputs = self._inputs
        for start in range(max(0, len(vector) - 2 * inputs), len(vector), inputs):  # the newest event, and now
            self._scale_by(vector[start : start + inputs])
        self._examples.append((_packed(vector), int(target)))
        self._waiting += 1
        if self._waiting >= self._batch:
            self._step()
            self._waiting = 0
            del self._examples[:-_KEPT_EXAMPLES]

    def predict_one(self, vector: Vector) -> list[float]:
        """Return one probability per outcome; equal ones before the first step."""
        chances: list[float] = softmax(self._log_chances(np.array(vector), [len(vector)]) + self._shift())[0].tolist()
        return chances

    def _scale_by(self, newest: Vector) -> None:
        # Of so few columns numpy takes four times as long.
        count = self._count = self._count + 1
        means, squares = self._means, self._squares
        for column, value in enumerate(newest):
            before = value - means[column]
            mean = means[column] = means[column] + before / count
            squares[column] += before * (value - mean)

    def _scaled(self, values: NDArray[np.floating[Any]], sizes: Sequence[int]) -> tuple[Numbers, Lengths]:
        """Return the steps of windows that come one after the other, and how many each window has."""
        steps = values.reshape(-1, self._inputs)
        return (steps - np.array(self._means)) * self._scales(), np.array(sizes) // self._inputs

    def _scales(self) -> Numbers:
        variances = np.array(self._squares) / max(self._count, 1)
        return np.where(variances > 1e-9, 1.0 / np.sqrt(np.maximum(variances, 1e-9)), 0.0)

    def _step(self) -> None:
        chosen = self._examples[-self._batch :]
        earlier = len(self._examples) - self._batch
        if earlier:
            random = np.random.default_rng([self._seed, self._adam.steps])
            chosen = chosen + [self._examples[place] for place in random.integers(0, earlier, self._replayed)]
        targets = np.array([target for _, target in chosen])
        _, slopes = self._network.loss_and_slopes(*self._scaled(*_unpacked(chosen)), targets)
        self._adam.step(self._network.weights, slopes)

    def _log_chances(self, values: NDArray[np.floating[Any]], sizes: Sequence[int]) -> Numbers:
        found: Numbers = np.log(np.maximum(self._network.chances(*self._scaled(values, sizes)), 1e-12))
        return found

    def _shift(self) -> Numbers:
        """Return what to add to the biases so that the mean chances over the newest examples are their shares.

        Iterative scaling (Darroch & Ratcliff 1972) with half an example of each outcome more, within `_SHIFT_MAX`.
        """
        newest = self._examples[-_CALIBRATED_BY:]
        shift = np.zeros(len(self._network.weights["readout_bias"]))
        if not self._adam.steps or not newest:
            return shift
        log_chances = self._log_chances(*_unpacked(newest))
        counts = np.bincount([target for _, target in newest], minlength=len(shift)) + 0.5
        for _ in range(_SHIFTS):
            shift += np.log(counts / (softmax(log_chances + shift).sum(axis=0) + 0.5))
        limited: Numbers = np.clip(shift - shift @ counts / counts.sum(), -_SHIFT_MAX, _SHIFT_MAX)
        return limited

    def parameters(self) -> Plain:
        """Return weights, means and scales, rounded to single precision; empty before the first step."""
        if not self._adam.steps:
            return {}
        arrays = {**self._network.weights, "means": np.array(self._means), "scales": self._scales()}
        arrays["readout_bias"] = arrays["readout_bias"] + self._shift()
        return {"cell": self._cell, **{name: _rounded(array) for name, array in arrays.items()}}

    def snapshot(self) -> Plain:
        """Return weights, optimiser, running moments and the examples waiting or kept for replay."""
        return {
            "weights": {name: weight.tolist() for name, weight in self._network.weights.items()},
            "adam": self._adam.snapshot(),
            "moments": [self._count, list(self._means), list(self._squares)],
            "examples": [[packed, target] for packed, target in self._examples],
            "waiting": self._waiting,
        }

    def restore(self, snapshot: Plain) -> None:
        """Take over a snapshot, exactly."""
        self._network.weights = {name: np.array(weight) for name, weight in snapshot["weights"].items()}
        self._adam.restore(snapshot["adam"])
        self._count, means, squares = snapshot["moments"]
        self._means, self._squares = list(means), list(squares)
        self._examples = [(packed, target) for packed, target in snapshot["examples"]]
        self._waiting = snapshot["waiting"]


def _packed(vector: Vector) -> bytes:
    try:
        return struct.pack(f"<{len(vector)}e", *vector)
    except OverflowError:
        return np.clip(vector, -_LARGEST, _LARGEST).astype("<f2").tobytes()


def _unpacked(examples: Sequence[tuple[bytes, int]]) -> tuple[NDArray[np.floating[Any]], list[int]]:
    """Return the numbers of examples, one window after the other, and how many each has."""
    joined = np.frombuffer(b"".join([packed for packed, _ in examples]), "<f2")
    return joined, [len(packed) // joined.itemsize for packed, _ in examples]


def _rounded(array: Numbers) -> Any:
    if array.ndim > 1:
        return [_rounded(row) for row in array]
    return [float(f"{value:.7g}") if math.isfinite(value) else 0.0 for value in array.tolist()]
