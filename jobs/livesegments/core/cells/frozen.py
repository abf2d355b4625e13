"""Cells that are still as they were stored: bytes, decoded when something first asks for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import msgspec

from livesegments.core.cells.cell import Cell

__all__ = ["BIG", "Thaw", "thawing", "whole_number"]

BIG = 1  # msgpack extension: an integer beyond 64 bits, as decimal text


class Frozen(Protocol):
    """What has cells, and a bit for each that is not decoded."""

    cells: list[Any]
    frozen: int


Thaw = Callable[[Frozen, int], None]


def whole_number(code: int, content: memoryview) -> int:
    """Read the extension that stands for an integer beyond 64 bits."""
    if code != BIG:
        raise ValueError(f"expected msgpack extension {BIG}, found {code}")
    return int(bytes(content))


def thawing(cells: Sequence[Cell]) -> Thaw:
    """Give the function that decodes the cells of the bits it is given, as far as they are not decoded."""
    decode = msgspec.msgpack.Decoder(ext_hook=whole_number).decode

    def thaw(profile: Frozen, wanted: int) -> None:
        wanted &= profile.frozen
        profile.frozen ^= wanted
        while wanted:
            index = (wanted & -wanted).bit_length() - 1
            wanted &= wanted - 1
            state = decode(profile.cells[index])
            cell = cells[index]
            profile.cells[index] = cell.thaw(state) if cell.thaws and state is not None else state

    return thaw
