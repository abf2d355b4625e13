"""Where another job left its users at a time: what a job that takes over from it goes on from."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Protocol

import msgspec

from livesegments.core.times import NEVER, parse_time

__all__ = ["Baseline", "Standing", "Standings", "pack", "standings_of", "unpack"]


class Standing(msgspec.Struct, array_like=True):
    """Where a user was left: the number of the last change, and each segment with the time of entry (ms).

    The time is None where no change that is still kept tells of it.
    """

    sequence: int = 0
    members: dict[str, int | None] = {}


class Standings(Protocol):
    """Standings by user id."""

    def get(self, user_id: str, /) -> Standing | None:
        """Give a user's standing; None for one who was in no segment and had no change."""


class _Told(msgspec.Struct):
    user_id: str
    sequence: int
    change: str | None = None  # of a cluster there is none
    segment: str | None = None
    segments_before: list[str] = []
    segments_after: list[str] = []


class _Record(msgspec.Struct):
    time: str
    data: _Told


class _Row(msgspec.Struct):
    user_id: str
    sequence: int = 0
    segments: list[str] = []
    erased: bool = False


_Place = tuple[int, int]
"""Time and number of a change: a user who was erased long ago is counted from 1 again, so the time comes first."""


_FIRST, _NONE = (-NEVER, 0), (NEVER, 0)


class _Known:
    """What rows and changes say of one user."""

    __slots__ = ("after", "after_place", "before", "before_place", "entered", "last", "next", "row")

    def __init__(self) -> None:
        self.row: _Row | None = None
        self.last: _Place = _FIRST  # the last change before the time
        self.next: _Place = _NONE  # the first one from it on
        self.after: list[str] = []  # the segments after the last segment change before the time
        self.after_place: _Place = _FIRST
        self.before: list[str] = []  # the segments before the first segment change from it on
        self.before_place: _Place = _NONE
        self.entered: dict[str, int] = {}


class Baseline:
    """Collects a job's rows of `profiles` and its changes, in any order, and tells where it left its users at a time.

    Changes from that time on tell where it was before them, so the job may have gone on. A row counts only for users of
    whom no change is kept, so rows must be read before changes are, where the job still runs.
    """

    def __init__(self, before_ms: int) -> None:
        self.before_ms = before_ms
        self.newest_ms: int | None = None  # the time of the newest change
        self._known: dict[str, _Known] = {}
        self._names: dict[str, str] = {}
        self._row, self._record = msgspec.json.Decoder(_Row).decode, msgspec.json.Decoder(_Record).decode

    def add_row(self, document: bytes) -> None:
        """Take a row of `profiles`; a later one of the same user counts. Raises ValueError for what is none."""
        row = self._row(document)
        if row.erased:
            self.forget_row(row.user_id)
        else:
            row.segments = self._same(row.segments)
            self._of(row.user_id).row = row

    def forget_row(self, user_id: str) -> None:
        """Take a tombstone of `profiles`."""
        self._of(user_id).row = None

    def add_change(self, record: bytes) -> None:
        """Take a change. Raises ValueError for what is none."""
        told = self._record(record)
        time_ms, data = parse_time(told.time), told.data
        self.newest_ms = time_ms if self.newest_ms is None else max(time_ms, self.newest_ms)
        known, place, is_of_cluster = self._of(data.user_id), (time_ms, data.sequence), data.change is None
        if time_ms >= self.before_ms:
            known.next = min(known.next, place)
            if not is_of_cluster and place < known.before_place:
                known.before_place, known.before = place, self._same(data.segments_before)
            return
        known.last = max(known.last, place)
        if not is_of_cluster and place > known.after_place:
            known.after_place, known.after = place, self._same(data.segments_after)
        if data.change == "entered" and data.segment is not None:
            name = self._names.setdefault(data.segment, data.segment)
            known.entered[name] = max(time_ms, known.entered.get(name, time_ms))

    def standings(self) -> dict[str, Standing]:
        """Give each user's standing; users of whom nothing is known but that they exist are left out."""
        found = ((user_id, _standing(known)) for user_id, known in self._known.items())
        return {user_id: standing for user_id, standing in found if standing.sequence or standing.members}

    def _of(self, user_id: str) -> _Known:
        known = self._known.get(user_id)
        if known is None:
            known = self._known[user_id] = _Known()
        return known

    def _same(self, names: list[str]) -> list[str]:
        return [self._names.setdefault(name, name) for name in names]


def _standing(known: _Known) -> Standing:
    row = known.row
    counted = max(known.last[1], 0 if row is None else row.sequence)
    sequence = counted if known.next == _NONE else known.next[1] - 1
    if known.before_place != _NONE:
        inside = known.before
    elif known.after_place != _FIRST or row is None:
        inside = known.after
    else:
        inside = row.segments
    return Standing(sequence, {name: known.entered.get(name) for name in inside})


def standings_of(changes: Iterable[bytes], before_ms: int) -> dict[str, Standing]:
    """Give where a job left its users at a time, from all changes that it emitted, in any order.

    Raises ValueError for a line that is no change.
    """
    baseline = Baseline(before_ms)
    for change in changes:
        baseline.add_change(change)
    return baseline.standings()


def pack(standings: dict[str, Standing]) -> bytes:
    """Give standings as few bytes, to be sent to every worker."""
    return zlib.compress(msgspec.msgpack.encode(standings), 1)


def unpack(content: bytes) -> Standings:
    """Give standings that were packed; each is decoded when it is asked for."""
    return _Packed(msgspec.msgpack.decode(zlib.decompress(content), type=dict[str, msgspec.Raw]))


class _Packed:
    def __init__(self, kept: dict[str, msgspec.Raw]) -> None:
        self._kept = kept
        self._decode = msgspec.msgpack.Decoder(Standing).decode

    def get(self, user_id: str, /) -> Standing | None:
        kept = self._kept.get(user_id)
        return None if kept is None else self._decode(kept)
