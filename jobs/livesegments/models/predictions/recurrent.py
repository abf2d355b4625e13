"""GRU and LSTM classifiers over a user's last events, trained online in numpy."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livesegments.models.predictions.adam import Adam
from livesegments.models.predictions.cells import CellName, Numbers
from livesegments.models.predictions.network import Network, softmax
from livesegments.models.predictions.predictor import Plain, Vector

__all__ = ["Recurrent", "padded"]

Halves = NDArray[np.float16]
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
        self._means = np.zeros(inputs)
        self._squares = np.zeros(inputs)
        self._examples: list[tuple[bytes, int]] = []  # oldest first; the newest `_waiting` are not learned yet
        self._waiting = 0

    def learn_one(self, vector: Vector, target: float) -> None:
        """Keep the example, and take a step when the batch is full."""
        steps = np.reshape(vector, (-1, self._inputs))
        for step in steps[-2:]:  # the newest event, and now
            self._scale_by(step)
        self._examples.append((np.clip(vector, -_LARGEST, _LARGEST).astype(np.float16).tobytes(), int(target)))
        self._waiting += 1
        if self._waiting >= self._batch:
            self._step()
            self._waiting = 0
            del self._examples[:-_KEPT_EXAMPLES]

    def predict_one(self, vector: Vector) -> list[float]:
        """Return one probability per outcome; equal ones before the first step."""
        chances: list[float] = softmax(self._log_chances([vector]) + self._shift())[0].tolist()
        return chances

    def _scale_by(self, newest: Numbers) -> None:
        self._count += 1
        before = newest - self._means
        self._means += before / self._count
        self._squares += before * (newest - self._means)

    def _scaled(self, vectors: Sequence[Vector | Halves]) -> tuple[Numbers, Numbers]:
        steps, mask = padded(vectors, self._inputs)
        return (steps - self._means) * self._scales(), mask

    def _scales(self) -> Numbers:
        variances = self._squares / max(self._count, 1)
        return np.where(variances > 1e-9, 1.0 / np.sqrt(np.maximum(variances, 1e-9)), 0.0)

    def _step(self) -> None:
        chosen = self._examples[-self._batch :]
        earlier = len(self._examples) - self._batch
        if earlier:
            random = np.random.default_rng([self._seed, self._adam.steps])
            chosen = chosen + [self._examples[place] for place in random.integers(0, earlier, self._replayed)]
        targets = np.array([target for _, target in chosen])
        vectors = [np.frombuffer(packed, np.float16) for packed, _ in chosen]
        _, slopes = self._network.loss_and_slopes(*self._scaled(vectors), targets)
        self._adam.step(self._network.weights, slopes)

    def _log_chances(self, vectors: Sequence[Vector | Halves]) -> Numbers:
        found: Numbers = np.log(np.maximum(self._network.chances(*self._scaled(vectors)), 1e-12))
        return found

    def _shift(self) -> Numbers:
        """Return what to add to the biases so that the mean chances over the newest examples are their shares.

        Iterative scaling (Darroch & Ratcliff 1972) with half an example of each outcome more, within `_SHIFT_MAX`.
        """
        newest = self._examples[-_CALIBRATED_BY:]
        shift = np.zeros(len(self._network.weights["readout_bias"]))
        if not self._adam.steps or not newest:
            return shift
        vectors = [np.frombuffer(packed, np.float16) for packed, _ in newest]
        log_chances = self._log_chances(vectors)
        counts = np.bincount([target for _, target in newest], minlength=len(shift)) + 0.5
        for _ in range(_SHIFTS):
            shift += np.log(counts / (softmax(log_chances + shift).sum(axis=0) + 0.5))
        limited: Numbers = np.clip(shift - shift @ counts / counts.sum(), -_SHIFT_MAX, _SHIFT_MAX)
        return limited

    def parameters(self) -> Plain:
        """Return weights, means and scales, rounded to single precision; empty before the first step."""
        if not self._adam.steps:
            return {}
        arrays = {**self._network.weights, "means": self._means, "scales": self._scales()}
        arrays["readout_bias"] = arrays["readout_bias"] + self._shift()
        return {"cell": self._cell, **{name: _rounded(array) for name, array in arrays.items()}}

    def snapshot(self) -> Plain:
        """Return weights, optimiser, running moments and the examples waiting or kept for replay."""
        return {
            "weights": {name: weight.tolist() for name, weight in self._network.weights.items()},
            "adam": self._adam.snapshot(),
            "moments": [self._count, self._means.tolist(), self._squares.tolist()],
            "examples": [[packed, target] for packed, target in self._examples],
            "waiting": self._waiting,
        }

    def restore(self, snapshot: Plain) -> None:
        """Take over a snapshot, exactly."""
        self._network.weights = {name: np.array(weight) for name, weight in snapshot["weights"].items()}
        self._adam.restore(snapshot["adam"])
        self._count, means, squares = snapshot["moments"]
        self._means, self._squares = np.array(means), np.array(squares)
        self._examples = [(packed, target) for packed, target in snapshot["examples"]]
        self._waiting = snapshot["waiting"]


def padded(vectors: Sequence[Vector | Halves], inputs: int) -> tuple[Numbers, Numbers]:
    """Return flat windows of whole steps as batch x time x inputs, right-aligned, and the mask of real steps."""
    lengths = [len(vector) // inputs for vector in vectors]
    longest = max(lengths)
    steps = np.zeros((len(vectors), longest, inputs))
    mask = np.zeros((len(vectors), longest))
    for row, (vector, length) in enumerate(zip(vectors, lengths, strict=True)):
        steps[row, longest - length :] = np.reshape(vector, (length, inputs))
        mask[row, longest - length :] = 1.0
    return steps, mask


def _rounded(array: Numbers) -> Any:
    if array.ndim > 1:
        return [_rounded(row) for row in array]
    return [float(f"{value:.7g}") if math.isfinite(value) else 0.0 for value in array.tolist()]
