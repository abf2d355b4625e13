"""What was read of one partition and what of it is still open: where to go on after a restart."""

from __future__ import annotations

import msgspec

from livesegments.core.errors import EdgeError

__all__ = ["Window"]

NOTE_BYTES_MAX = 3_500  # Kafka keeps 4,096 bytes beside a committed offset


class _Note(msgspec.Struct):
    """`read` is the next offset that was not read, `open` those before it that were not finished."""

    read: int
    open: list[int]


class Window:
    """The offsets of one partition that were taken and not finished yet.

    One change that takes long holds nothing up: what was finished behind it is written beside the committed offset.

    >>> window = Window(10)
    >>> [window.take(offset) for offset in (10, 11, 12, 13)]
    [True, True, True, True]
    >>> window.finish(10), window.finish(12)
    (None, None)
    >>> window.committable()
    (11, '{"read":14,"open":[11,13]}')
    >>> again = Window(*window.committable())
    >>> [offset for offset in (11, 12, 13, 14) if again.take(offset)]
    [11, 13, 14]
    """

    def __init__(self, offset: int, note: str = "") -> None:
        self._next = offset
        self._open: dict[int, None] = {}
        self._finished_before = _Note(offset, [])
        if note:
            try:
                self._finished_before = msgspec.json.decode(note, type=_Note)
            except msgspec.MsgspecError as error:
                raise EdgeError(f"required a note of `relay webhook` beside its offset, found {note!r}") from error

    def take(self, offset: int) -> bool:
        """Take an offset, greater than all before; tell whether there is something to do for it."""
        self._next = offset + 1
        before = self._finished_before
        if offset < before.read and offset not in before.open:
            return False
        self._open[offset] = None
        return True

    def finish(self, offset: int) -> None:
        """Finish an offset that was taken."""
        del self._open[offset]

    def committable(self) -> tuple[int, str]:
        """Give the offset to commit, and the note to be kept beside it where more is finished than that says."""
        still_before = [offset for offset in self._finished_before.open if offset >= self._next]
        waiting = sorted([*self._open, *still_before])
        read = max(self._next, self._finished_before.read)
        if not waiting:
            return read, ""
        while len(note := msgspec.json.encode(_Note(read, waiting)).decode()) > NOTE_BYTES_MAX:
            half = len(waiting) // 2
            read, waiting = waiting[half], waiting[:half]  # what lies behind will be done again
        return waiting[0], note

    def __len__(self) -> int:
        """Give how many are open."""
        return len(self._open)
