"""When idle users are looked at: as they cross a border, as a window empties, as they go over to a version."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple
from zlib import crc32

from livesegments.core.conditions import names
from livesegments.core.definition import ClusterSpec
from livesegments.core.features import Value
from livesegments.core.profile import Profile
from livesegments.core.program import Program
from livesegments.core.times import DAY_MS, NEVER
from livesegments.models.book import Versions
from livesegments.models.clusters.ahead import VersionsAhead
from livesegments.models.clusters.border import next_crossing
from livesegments.models.clusters.model import ClusterModel

__all__ = ["Look", "Looks", "Succession"]


class Succession:
    """When an idle user goes over to which version of a clustering.

    Each user has a moment of the day (`phase`), so that not all go over at once. At the first of them that is an
    interval after the version before came into force, a user who did nothing takes the next version; where that was
    late, at the first that is a day, two, four ... later. So nobody need be looked at before, whatever versions come.
    """

    def __init__(self, models: Sequence[ClusterModel], interval_ms: int) -> None:
        self.models = models
        self._interval_ms = interval_ms
        self._period_ms = max(min(interval_ms, DAY_MS), 4)
        self._effective = [model.effective_at for model in models]
        before: list[int | None] = [None, *self._effective]
        from_ms = [self._after(one, at_ms) for one, at_ms in zip(before, self._effective, strict=False)]
        self._from_ms = list(accumulate(from_ms, max))  # where one was late, the next ones may be there already

    def phase(self, user_id: str) -> int:
        """Give a user's moment: never in the first quarter of a day, in which a version may be on its way."""
        quarter = self._period_ms // 4
        return quarter + (crc32(user_id.encode()) * (self._period_ms - quarter) >> 32)

    def index_at(self, applied_ms: int, phase: int, now_ms: int) -> int:
        """Give the version that a user has at now, -1 before the first; each event takes the newest in force."""
        moment_ms = now_ms - (now_ms - phase) % self._period_ms
        return max(bisect_right(self._effective, applied_ms), bisect_right(self._from_ms, moment_ms)) - 1

    def next_ms(self, index: int, phase: int, now_ms: int) -> int:
        """Give when a user who has a version, or none (-1), takes the next one; if it is not known, looks for it."""
        if index + 1 < len(self.models):
            return max(self.takes_ms(index + 1, phase), now_ms + 1)
        return self._moment(self._after(self._effective[index] if index >= 0 else None, now_ms), phase, now_ms)

    def spans(self) -> tuple[list[int], list[int]]:
        """Give when the first user may take each version, and when the last one may take the one after it."""
        if not self.models:
            return [], []
        after_ms = [*self._from_ms[1:], max(self._after(self._effective[-1], 0), self._from_ms[-1])]
        return self._from_ms, [at_ms + self._period_ms for at_ms in after_ms]

    def takes_ms(self, index: int, phase: int) -> int:
        """Give when an idle user takes a version."""
        return self._moment(self._from_ms[index], phase)

    def _after(self, before_ms: int | None, at_ms: int) -> int:
        """Give the first time not before `at_ms` at which idle users look for what follows a version."""
        if before_ms is None:
            return at_ms
        first_ms, step_ms = before_ms + self._interval_ms, self._period_ms
        if at_ms <= first_ms:
            return first_ms
        while first_ms + step_ms < at_ms:
            step_ms *= 2
        return first_ms + step_ms

    def _moment(self, from_ms: int, phase: int, after_ms: int = -1) -> int:
        """Give the first of a user's moments from a time on, and after another."""
        from_ms = max(from_ms, after_ms + 1)
        return from_ms + (phase - from_ms) % self._period_ms


class Look(NamedTuple):
    """A moment at which a user is decided: the version is that of `number`, -1 before the first."""

    succession: Succession
    phase: int
    number: int
    now_ms: int

    @property
    def model(self) -> ClusterModel | None:
        """Give the version."""
        return self.succession.models[self.number] if self.number >= 0 else None

    def is_first(self, applied_ms: int) -> bool:
        """Tell whether the user had another version until now."""
        return self.succession.index_at(applied_ms, self.phase, self.now_ms - 1) != self.number


class Looks:
    """Tells when the users of one clustering are looked at while they do nothing.

    `is_exact` where every value that it reads stands still between an event, an edge of a window and the next, or
    counts days: then a user's cluster is known at any moment, and a look at any other changes nothing. Elsewhere
    values move in other ways, and users are looked at after 4, 8, 16 ... days.
    """

    def __init__(self, program: Program, spec: ClusterSpec) -> None:
        self._spec = spec
        slots = program.slots_of_names(spec.names_read)
        within = set() if spec.when is None else set(program.slots_of_names(names(spec.when)))
        for slot in slots:
            if isinstance(program.features[slot], Value):
                within.update(set(program.slots_of_names([program.features[slot].name])) - {slot})
        timed = {slot for slot in slots if program.features[slot].timed}
        by_days = {slot for slot in timed if program.features[slot].counts_days and not program.features[slot].windowed}
        self.is_exact = timed == by_days and not timed & within
        self._inputs = [program.slots[name] for name in spec.features]
        self._moving = [place for place, slot in enumerate(self._inputs) if slot in by_days]
        self._windowed = [slot for slot in slots if program.features[slot].windowed]
        self._known: tuple[int, Succession, VersionsAhead | None] = (-1, Succession([], spec.interval_ms), None)

    def at(self, versions: Versions[ClusterModel] | None, profile: Profile, now_ms: int) -> Look:
        """Give which version a user has at now: the newest in force where looks are no matter of borders."""
        succession, _ = self._of(versions)
        phase = succession.phase(profile.user_id)
        applied_ms = profile.applied_ms if self.is_exact else now_ms
        return Look(succession, phase, succession.index_at(applied_ms, phase, now_ms), now_ms)

    def next_ms(self, look: Look, profile: Profile, vector: list[float] | None, *, may_scan: bool) -> int:
        """Give a time later than now before which the user's cluster stays the same unless an event comes.

        The values of the profile are those of now, `vector` is what they are in scaled units, None for a user who is
        in no cluster. Most users do something before the next version: only with `may_scan` it is asked which of the
        later ones may move the user.
        """
        succession, phase, index, now_ms = look
        end_ms = succession.next_ms(index, phase, now_ms)
        clock = profile.clock
        edge_ms = min([clock.valid_ms[slot] for slot in self._windowed]) if self._windowed else NEVER
        if index < 0 or edge_ms <= now_ms:
            return end_ms
        last = len(succession.models) - 1
        held = profile.clusters.get(self._spec.name)
        if held is None or vector is None:
            return min(edge_ms, end_ms if index == last else self._after_all(succession, phase, now_ms))
        values = [clock.values[slot] for slot in self._inputs]
        before_ms = min(end_ms, edge_ms)
        found_ms = next_crossing(
            succession.models[index], held.id, vector, values, self._moving, self._spec.margin, now_ms, before_ms
        )
        ahead = self._known[2]
        if found_ms < before_ms or edge_ms <= end_ms or index == last or not may_scan or ahead is None:
            return min(found_ms, before_ms)
        first = ahead.first_possible(index + 1, held.id, values, self._moving, now_ms)
        if first is None:
            return min(edge_ms, self._after_all(succession, phase, now_ms))
        return min(edge_ms, max(succession.takes_ms(first, phase), end_ms))

    def _after_all(self, succession: Succession, phase: int, now_ms: int) -> int:
        """Give when a user is to be looked at for a version that follows all known ones."""
        last = len(succession.models) - 1
        return succession.next_ms(last, phase, max(now_ms, succession.takes_ms(last, phase)))

    def _of(self, versions: Versions[ClusterModel] | None) -> tuple[Succession, VersionsAhead | None]:
        count = 0 if versions is None else versions.added
        known, succession, ahead = self._known
        if count != known:
            models = [] if versions is None else [model for model in versions if model.features == self._spec.features]
            succession = Succession(models, self._spec.interval_ms)
            ahead = VersionsAhead(models, self._spec.margin, *succession.spans()) if models else None
            self._known = (count, succession, ahead)
        return succession, ahead
