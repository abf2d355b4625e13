"""The trial: one pass over events for one definition, or for two at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from livesegments.core.errors import BadEvent
from livesegments.core.events import Reading, decode
from livesegments.core.ingest import Counts
from livesegments.core.profile import NO_TIME, Profile
from livesegments.core.step import Engine
from livesegments.preview.meaning import meanings
from livesegments.preview.sample import Sample
from livesegments.preview.side import Side
from livesegments.preview.tallies import UserNumbers

__all__ = ["DIFFERING_MAX", "Trial"]

DIFFERING_MAX = 10
Members = tuple[int, int]  # masks of the segments of one user: of the new definition, of the old one


class Trial:
    """Feeds lines to a new definition and, where there is one, to an old one; keeps counts, no changes.

    `readings` are what holds for the events of each. Of the events of a sample all are decoded, since the end of the
    trial is the greatest time of all users' events.
    """

    def __init__(
        self,
        new: Engine,
        old: Engine | None = None,
        *,
        until_ms: int | None = None,
        sample: Sample | None = None,
        readings: tuple[Reading | None, Reading | None] = (None, None),
    ) -> None:
        numbers = UserNumbers()
        self.sample = sample or Sample()
        self.new = Side(new, until_ms, readings[0], numbers)
        self.old = None if old is None else Side(old, until_ms, readings[1], numbers)
        self.sides = [side for side in (self.new, self.old) if side is not None]
        self.start_ms: int | None = None
        self.end_ms: int | None = None
        self.members: Counter[Members] = Counter()  # how many users are in the same segments
        self.users = 0
        self.left_out = 0  # events of users who are not in the sample
        self.differing: dict[str, list[str]] = {}
        self._until_ms = until_ms
        self._latest_ms: int | None = None
        self._reading = None if readings[0] is None else Reading(
            latest_ms=readings[0].latest_ms, refused_users=readings[0].refused_users
        )  # fmt: skip
        self._is_all = self.sample.is_all

    @property
    def counts(self) -> Counts:
        """Give what became of the events under the new definition."""
        return self.new.replay.counts

    def run(self, lines: Iterable[bytes]) -> None:
        """Take all lines, then look at all users at the end."""
        for line in lines:
            self.feed(line)
        self.finish()

    def feed(self, line: bytes) -> None:
        """Take one line."""
        if self._is_all or self._is_sampled(line):
            for side in self.sides:
                side.feed(line)
        else:
            self.left_out += 1

    def finish(self) -> None:
        """Advance all users to the end and count who is where."""
        latest_ms = [self._latest_ms, *(side.replay.end_ms for side in self.sides)]
        found_ms = [end_ms for end_ms in latest_ms if end_ms is not None]
        if not found_ms:
            return
        end_ms = self.end_ms = self._until_ms if self._until_ms is not None else max(found_ms)
        both = sorted(set(self.new.tallies) & set(self.old.tallies)) if self.old else []
        bits = [(name, self.new.bit(name), self.old.bit(name)) for name in both] if self.old else []
        self.differing = {name: [] for name in both}
        for user_id in self.new.users():
            masks = self._masks([side.advance(user_id, end_ms) for side in self.sides])
            if masks is None:
                continue
            self.users += 1
            self.members[masks] += 1
            for name, new, old in bits:
                if bool(masks[0] & new) is not bool(masks[1] & old) and len(self.differing[name]) < DIFFERING_MAX:
                    self.differing[name].append(user_id)

    def same(self) -> list[str]:
        """Give the segments that mean the same in both definitions, by name."""
        if self.old is None:
            return []
        before, after = meanings(self.old.engine.program), meanings(self.new.engine.program)
        return sorted(name for name in after if before.get(name) == after[name])

    def _masks(self, profiles: list[Profile]) -> Members | None:
        if all(profile.empty for profile in profiles):
            return None
        first_ms = min(profile.first_ms for profile in profiles if profile.first_ms != NO_TIME)
        self.start_ms = first_ms if self.start_ms is None else min(first_ms, self.start_ms)
        masks = [side.bits_of(profile) for side, profile in zip(self.sides, profiles, strict=True)]
        return masks[0], masks[-1]

    def _is_sampled(self, line: bytes) -> bool:
        """Tell whether a line is for the sample; what is no event is counted by whom it is handed to."""
        line = line.rstrip(b"\r\n")
        try:
            event = decode(line) if self._reading is None else decode(line, reading=self._reading)
        except BadEvent:
            return True
        if event.type != "alias" and (self._until_ms is None or event.time_ms <= self._until_ms):
            self._latest_ms = max(event.time_ms, self._latest_ms or event.time_ms)
            self.start_ms = min(event.time_ms, self.start_ms or event.time_ms)
        return event.user_id in self.sample
