"""The end of an input, which each batcher tells every shard on its own."""

from __future__ import annotations

from typing import Any

from livesegments.flink.frames import EndMark

__all__ = ["end_of_all"]


def end_of_all(shard_state: Any, mark: EndMark, until_ms: int | None) -> int | None:
    """Note that a batcher has ended; give the time of the end (ms) when all have, None before.

    It is `until_ms` where there is one, else the greatest time that any of them told.
    """
    shard_state.put(f"end {mark.batcher}", str(mark.greatest_ms).encode())
    marks = [shard_state.get(f"end {batcher}") for batcher in range(mark.batchers)]
    if None in marks:
        return None
    return max(int(greatest) for greatest in marks) if until_ms is None else until_ms
