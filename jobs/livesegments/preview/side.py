"""One definition under preview: a replay, and the counts of its segments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import groupby

from livesegments.core.changes import Change, SegmentChange
from livesegments.core.events import Reading
from livesegments.core.profile import Profile
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from livesegments.preview.tallies import Tally, UserNumbers
from livesegments.preview.touching import Reasons

__all__ = ["Side"]

Flows = Counter[tuple[str, str]]


class Side:
    """Feeds events to one definition and counts; `flows` counts users who left one segment for another in one moment.

    In `flows` an empty text stands for no segment.
    """

    def __init__(self, engine: Engine, until_ms: int | None, reading: Reading | None, numbers: UserNumbers) -> None:
        self.engine = engine
        self.definition = engine.definition
        self.replay = Replay(engine, until_ms, reading=reading)
        self.tallies = {name: Tally() for name in sorted(engine.definition.segments)}
        self.flows: Flows = Counter()
        self._bits = {name: 1 << index for index, name in enumerate(self.tallies)}
        self._reasons = Reasons(engine.program)
        self._numbers = numbers

    def feed(self, line: bytes) -> None:
        """Apply one line."""
        changes = self.replay.feed(line)
        if changes:
            self._note(changes)

    def advance(self, user_id: str, now_ms: int) -> Profile:
        """Advance a user to the end; gives the profile."""
        changes = self.replay.advance(user_id, now_ms)
        if changes:
            self._note(changes)
        return self.profile(user_id)

    def profile(self, user_id: str) -> Profile:
        """Give a user's profile."""
        return self.replay.profiles[user_id]

    def users(self) -> Iterable[str]:
        """Give all users, by code point."""
        return self.replay.profiles

    def bits_of(self, profile: Profile) -> int:
        """Give a mask of the segments that a user is in."""
        bits = 0
        for name in profile.members:
            bits |= self._bits[name]
        return bits

    def bit(self, name: str) -> int:
        """Give the bit of a segment, 0 where the definition does not have it."""
        return self._bits.get(name, 0)

    def _note(self, changes: list[Change]) -> None:
        if len(changes) == 1:
            self._note_moment(changes)
            return
        for _, moment in groupby(changes, key=lambda change: (change.detail.user_id, change.time_ms)):
            self._note_moment(list(moment))

    def _note_moment(self, changes: list[Change]) -> None:
        """Count what changed for one user in one moment."""
        entered: list[str] = []
        exited: list[str] = []
        for change in changes:
            detail, time_ms = change.detail, change.time_ms
            if not isinstance(detail, SegmentChange):
                continue
            if detail.segment is None:  # erased
                for name in detail.segments_before:
                    self.tallies[name].end(time_ms)
                continue
            tally, user = self.tallies[detail.segment], self._numbers[detail.user_id]
            if detail.change == "entered":
                clauses = self._reasons.entered_by(detail, {*entered, *exited})
                tally.enter(user, time_ms, detail.cause.kind, clauses)
                entered.append(detail.segment)
            else:
                tally.exit(user, time_ms, detail.dwell_ms or 0)
                exited.append(detail.segment)
        for after in entered or [""]:
            for before in exited or [""]:
                self.flows[before, after] += 1
