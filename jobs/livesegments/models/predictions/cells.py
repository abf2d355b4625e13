"""Recurrent cells and their exact gradients, in numpy: one step forward, one step back, for a batch of sequences.

A step takes `given`, the projected inputs x W + b, and `kept`, the projected state h U, both batch x gates * units,
so that every matrix product stays outside the cells. A state is batch x `state_width`; its first `units` columns are
the output h.
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["CELLS", "Cell", "CellName", "Numbers", "Tape"]

Numbers = NDArray[np.float64]
Tape = tuple[Any, ...]
CellName = Literal["gru", "lstm"]


class Cell(NamedTuple):
    """One kind of cell: how many gates and states it has per unit, and its two directions."""

    gates: int
    states: int
    step: Callable[[Numbers, Numbers, Numbers], tuple[Numbers, Tape]]
    step_back: Callable[[Numbers, Tape], tuple[Numbers, Numbers, Numbers]]


def _gate(value: Numbers) -> Numbers:
    result: Numbers = np.tanh(0.5 * value)
    result *= 0.5
    result += 0.5
    return result


def _gru_step(given: Numbers, kept: Numbers, state: Numbers) -> tuple[Numbers, Tape]:
    units = state.shape[1]
    gates = _gate(given[:, : 2 * units] + kept[:, : 2 * units])
    update, reset = gates[:, :units], gates[:, units:]
    memory = kept[:, 2 * units :]
    candidate = np.tanh(given[:, 2 * units :] + reset * memory)
    return candidate + update * (state - candidate), (state, update, reset, memory, candidate)


def _gru_step_back(state_slope: Numbers, tape: Tape) -> tuple[Numbers, Numbers, Numbers]:
    state, update, reset, memory, candidate = tape
    update_slope = state_slope * (state - candidate) * update * (1.0 - update)
    candidate_slope = state_slope * (1.0 - update) * (1.0 - candidate * candidate)
    reset_slope = candidate_slope * memory * reset * (1.0 - reset)
    given_slope = np.concatenate([update_slope, reset_slope, candidate_slope], axis=1)
    kept_slope = np.concatenate([update_slope, reset_slope, candidate_slope * reset], axis=1)
    return state_slope * update, given_slope, kept_slope


def _lstm_step(given: Numbers, kept: Numbers, state: Numbers) -> tuple[Numbers, Tape]:
    units = state.shape[1] // 2
    before = given + kept
    gates = _gate(before[:, : 3 * units])
    forget, admit, reveal = gates[:, :units], gates[:, units : 2 * units], gates[:, 2 * units :]
    candidate = np.tanh(before[:, 3 * units :])
    memory = forget * state[:, units:] + admit * candidate
    shown = np.tanh(memory)
    tape = (state[:, units:], forget, admit, reveal, candidate, shown)
    return np.concatenate([reveal * shown, memory], axis=1), tape


def _lstm_step_back(state_slope: Numbers, tape: Tape) -> tuple[Numbers, Numbers, Numbers]:
    before, forget, admit, reveal, candidate, shown = tape
    units = shown.shape[1]
    output_slope = state_slope[:, :units]
    memory_slope = state_slope[:, units:] + output_slope * reveal * (1.0 - shown * shown)
    slopes = [
        memory_slope * before * forget * (1.0 - forget),
        memory_slope * candidate * admit * (1.0 - admit),
        output_slope * shown * reveal * (1.0 - reveal),
        memory_slope * admit * (1.0 - candidate * candidate),
    ]
    joined = np.concatenate(slopes, axis=1)
    back = np.concatenate([np.zeros_like(output_slope), memory_slope * forget], axis=1)
    return back, joined, joined


CELLS: dict[CellName, Cell] = {
    "gru": Cell(3, 1, _gru_step, _gru_step_back),
    "lstm": Cell(4, 2, _lstm_step, _lstm_step_back),
}
"""GRU: Cho et al. 2014, with the reset gate after the product (as cuDNN); LSTM: Gers et al. 2000."""
