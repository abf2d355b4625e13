"""Taking over from another job: all history builds state in silence, then each user tells what differs, and goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec

from livesegments.core.changes import Cause, Change
from livesegments.core.definition import Definition
from livesegments.core.emission import enter_or_leave
from livesegments.core.events import Event
from livesegments.core.inference import Decider
from livesegments.core.profile import Profile
from livesegments.core.program import Program
from livesegments.core.step import Engine, Outcome
from livesegments.core.times import parse_time

__all__ = ["Standing", "TakingOver", "standings_of"]

_BY_DEFINITION = Cause(kind="definition")


class Standing(msgspec.Struct, array_like=True):
    """Where another job left a user: the number of the last change, and each segment with the time of entry (ms)."""

    sequence: int = 0
    members: dict[str, int] = {}


class _Told(msgspec.Struct):
    user_id: str
    sequence: int
    change: str | None = None  # of a cluster there is none
    segment: str | None = None
    segments_after: list[str] = []


class _Record(msgspec.Struct):
    time: str
    data: _Told


_decode = msgspec.json.Decoder(_Record).decode


class TakingOver(Engine):
    """An engine that emits nothing before `quiet_until_ms`.

    At that time each user's memberships are compared with where the other job left the user: one change for each that
    differs, with cause `definition`, numbered on from the other job's last one. After that it is an engine like any
    other. `standings` has users by id; who is not there was in no segment and had no change.

    A user has been taken over once the clock has come to that time. A user who has not, and of whom nothing differs, is
    compared again whenever time goes on, which changes nothing.
    """

    def __init__(
        self,
        definition: Definition,
        decider: Callable[[Program], Decider] | None,
        quiet_until_ms: int,
        standings: Mapping[str, Standing],
    ) -> None:
        super().__init__(definition, decider)
        self.quiet_until_ms = quiet_until_ms
        self._standings = standings

    def apply(self, profile: Profile, event: Event, until_ms: int | None = None) -> tuple[Outcome, list[Change]]:
        """Apply as any engine does; changes before the time are not given."""
        quiet_until_ms = self.quiet_until_ms
        if profile.clock_ms >= quiet_until_ms:
            return super().apply(profile, event, until_ms)
        if event.time_ms < quiet_until_ms:
            return super().apply(profile, event, until_ms)[0], []
        if event.type == "alias" or (until_ms is not None and event.time_ms > until_ms):
            return super().apply(profile, event, until_ms)
        super().advance(profile, quiet_until_ms - 1)
        changes = self._take_over(profile)
        outcome, more = super().apply(profile, event, until_ms)
        return outcome, changes + more

    def advance(self, profile: Profile, now_ms: int) -> list[Change]:
        """Advance as any engine does; on the way past the time, tell what differs from the other job."""
        quiet_until_ms = self.quiet_until_ms
        if profile.clock_ms >= quiet_until_ms:
            return super().advance(profile, now_ms)
        if now_ms < quiet_until_ms:
            super().advance(profile, now_ms)
            return []
        super().advance(profile, quiet_until_ms - 1)
        changes = [] if profile.empty else self._take_over(profile)  # nothing is kept of an empty one: not told of yet
        return changes + super().advance(profile, now_ms)

    def _take_over(self, profile: Profile) -> list[Change]:
        standing = self._standings.get(profile.user_id) or Standing()
        profile.sequence = standing.sequence
        now_ms, own = self.quiet_until_ms, profile.members
        differing = own.keys() ^ standing.members.keys()
        if not differing:
            return []
        left = dict(profile.left)
        clock = profile.clock
        clock.move_to(now_ms)
        profile.members = {name: own.get(name, entered_ms) for name, entered_ms in standing.members.items()}
        changes = [
            enter_or_leave(profile, None, name, now_ms, _BY_DEFINITION)
            for name in sorted(differing - self.definition.segments.keys())
        ]
        for segment in self.program.segments:
            if segment.spec.name in differing:
                segment.update(profile, now_ms)
                changes.append(enter_or_leave(profile, segment, segment.spec.name, now_ms, _BY_DEFINITION))
        profile.members, profile.left = own, left
        clock.forget_places()
        return changes


def standings_of(records: Iterable[bytes], before_ms: int) -> dict[str, Standing]:
    """Give where a job left its users at a time, from the changes that it emitted, in any order.

    Changes at or after the time do not count. Raises ValueError for a line that is no change.
    """
    found: dict[str, Standing] = {}
    newest: dict[str, tuple[int, list[str]]] = {}
    for record in records:
        told = _decode(record)
        time_ms, data = parse_time(told.time), told.data
        if time_ms >= before_ms:
            continue
        standing = found.setdefault(data.user_id, Standing(0, {}))
        standing.sequence = max(standing.sequence, data.sequence)
        if data.change is None:  # of a cluster
            continue
        if data.sequence > newest.get(data.user_id, (0, []))[0]:
            newest[data.user_id] = data.sequence, data.segments_after
        if data.change == "entered" and data.segment is not None:
            standing.members[data.segment] = max(time_ms, standing.members.get(data.segment, time_ms))
    for user_id, standing in found.items():
        inside = newest.get(user_id, (0, []))[1]
        standing.members = {name: entered_ms for name, entered_ms in standing.members.items() if name in inside}
    return found
