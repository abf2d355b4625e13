"""A question as it waits for its label: packed numbers, a few dozen bytes."""

import struct
from collections.abc import Sequence
from typing import NamedTuple

from livesegments.models.predictions.question import Model

__all__ = ["Example", "pack", "rounded", "unpack"]


class Example(NamedTuple):
    """What was known when the question was asked: the vector, and what model and base rate answered."""

    vector: list[float]
    version: int
    scores: list[float]
    base: list[float]


def pack(kind: Model, example: Example) -> bytes:
    """Return the example in single precision; windows of recurrent models in half, for they are long."""
    numbers = (*example.scores, *example.base)
    head = struct.pack(f"<iB{len(numbers)}f", example.version, len(example.scores), *numbers)
    return head + struct.pack(f"<{len(example.vector)}{_letter(kind)}", *example.vector)


def unpack(kind: Model, payload: bytes) -> Example:
    """Return the example that `pack` described."""
    version, width = struct.unpack_from("<iB", payload)
    numbers = struct.unpack_from(f"<{2 * width}f", payload, 5)
    start, letter = 5 + 8 * width, _letter(kind)
    count = (len(payload) - start) // struct.calcsize(letter)
    vector = list(struct.unpack_from(f"<{count}{letter}", payload, start))
    return Example(vector, version, list(numbers[:width]), list(numbers[width:]))


def rounded(kind: Model, vector: Sequence[float]) -> list[float]:
    """Return the vector with the precision in which it is kept, so that asking and learning see the same."""
    form = f"<{len(vector)}{_letter(kind)}"
    return list(struct.unpack(form, struct.pack(form, *vector)))


def _letter(kind: Model) -> str:
    return "e" if kind in ("gru", "lstm") else "f"
