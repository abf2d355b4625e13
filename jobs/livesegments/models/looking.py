"""When idle users are looked at: as they cross a border, as a window empties, as they go over to a version."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import Any, NamedTuple

from livesegments.core.conditions import names
from livesegments.core.definition import ClusterSpec
from livesegments.core.features import Value
from livesegments.core.profile import Profile
from livesegments.core.program import Program
from livesegments.core.times import DAY_MS, NEVER
from livesegments.models.book import Versions
from livesegments.models.clusters.ahead import VersionsAhead
from livesegments.models.clusters.border import Borders, Course, Numbers
from livesegments.models.clusters.model import ClusterModel
from livesegments.models.succession import Succession

__all__ = ["Looks", "Standing"]


class Standing(NamedTuple):
    """Where a user stands under a version: the values after the logarithm, those that grow, how near to each centre."""

    borders: Borders
    numbers: Numbers
    courses: Sequence[Course]
    near: list[float]

    @property
    def is_whole(self) -> bool:
        """Tell whether no value is missing."""
        return not isnan(sum(self.numbers))

    def leaves_ms(self, own: int, end_ms: int) -> int:
        """Give how long from now (ms) a user who is in a cluster (id) now is in it at least; NEVER if up to the end."""
        return self.borders.leaves_ms(own, self.numbers, self.near, self.courses, end_ms)


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
        inputs = [program.slots[name] for name in spec.features]
        self._moving = [place for place, slot in enumerate(inputs) if slot in by_days]
        self._windowed = [slot for slot in slots if program.features[slot].windowed]
        self._count = -1  # of versions that were known at the last call
        self.succession = Succession([], spec.interval_ms)
        self.ahead: VersionsAhead | None = None

    def know(self, versions: Versions[ClusterModel] | None) -> None:
        """Take in the versions that came since the last call."""
        count = 0 if versions is None else versions.added
        if count != self._count:
            models = [] if versions is None else [model for model in versions if model.features == self._spec.features]
            self._count, self.succession = count, Succession(models, self._spec.interval_ms)
            self.ahead = VersionsAhead(models, self._spec.margin, *self.succession.spans()) if models else None

    def number_at(self, profile: Profile, phase: int, now_ms: int) -> int:
        """Give which version a user has at now, -1 before the first.

        It is the newest in force where looks are no matter of borders.
        """
        return self.succession.index_at(profile.applied_ms if self.is_exact else now_ms, phase, now_ms)

    def is_first(self, number: int, profile: Profile, phase: int, now_ms: int) -> bool:
        """Tell whether a user who has a version at now had another one until now."""
        return self.succession.index_at(profile.applied_ms, phase, now_ms - 1) != number

    def standing(self, borders: Borders, values: Sequence[Any], numbers: Numbers, near: list[float]) -> Standing:
        """Give where a user of such values stands; `numbers` and `near` are what the borders read of them."""
        courses = [(place, values[place]) for place in self._moving if numbers[place] == numbers[place]]
        return Standing(borders, numbers, courses, near)

    def next_ms(
        self,
        number: int,
        phase: int,
        profile: Profile,
        now_ms: int,
        own: int | None,
        standing: Standing | None,
        *,
        may_scan: bool,
    ) -> int:
        """Give a time later than now before which the user's cluster stays the same unless an event comes.

        `number` is the version that the user has, `own` the id of the cluster that the user is in from now on, None
        where it is none. Most users do something before the next version: only with `may_scan` the later ones are
        asked which may move the user.
        """
        succession = self.succession
        end_ms = succession.next_ms(number, phase, now_ms)
        valid_ms = profile.valid_ms
        edge_ms = min([valid_ms[slot] for slot in self._windowed]) if self._windowed else NEVER
        if standing is None or edge_ms <= now_ms:
            return end_ms
        last = len(succession.models) - 1
        if own is None:
            return min(edge_ms, end_ms if number == last else self._after_all_ms(phase, now_ms))
        before_ms = end_ms if end_ms < edge_ms else edge_ms
        after_ms = standing.leaves_ms(own, before_ms - now_ms)
        if after_ms < NEVER:
            return now_ms + after_ms
        if edge_ms <= end_ms or number == last or not may_scan:
            return before_ms
        return self._leaves_later_ms(number, phase, now_ms, own, standing, edge_ms)

    def _leaves_later_ms(self, number: int, phase: int, now_ms: int, own: int, standing: Standing, edge_ms: int) -> int:
        """Give when a user may leave a cluster under one of the versions to come, or is to be looked at before."""
        succession, ahead = self.succession, self.ahead
        assert ahead is not None
        numbers, courses = standing.numbers, standing.courses
        since_ms, last = now_ms - succession.later_ms(phase), len(ahead.borders) - 1
        index: int | None = number + 1
        while index is not None and index <= last:
            index = ahead.first_possible(index, own, numbers, courses, since_ms)
            if index is None:
                break
            takes_ms = max(succession.takes_ms(index, phase), now_ms + 1)
            if takes_ms >= edge_ms:
                return edge_ms
            then = self._standing_then(ahead.borders[index], standing, takes_ms - now_ms)
            if then is None or not then.borders.keeps(own, then.numbers, then.near):
                return takes_ms
            end_ms = self._after_all_ms(phase, now_ms) if index == last else succession.takes_ms(index + 1, phase)
            after_ms = then.leaves_ms(own, min(end_ms, edge_ms) - takes_ms)
            if after_ms < NEVER:
                return takes_ms + after_ms
            index += 1
        return min(edge_ms, self._after_all_ms(phase, now_ms))

    def _standing_then(self, borders: Borders, now: Standing, after_ms: int) -> Standing | None:
        """Give where a user will stand under a later version; None where it reads the values in another way."""
        if not now.is_whole or borders.logs != now.borders.logs:
            return None
        numbers = borders.at(now.numbers, now.courses, after_ms)
        courses = [(place, days + after_ms / DAY_MS) for place, days in now.courses]
        return Standing(borders, numbers, courses, borders.near(numbers))

    def _after_all_ms(self, phase: int, now_ms: int) -> int:
        """Give when a user is to be looked at for a version that follows all known ones."""
        succession = self.succession
        last = len(succession.models) - 1
        return succession.next_ms(last, phase, max(now_ms, succession.takes_ms(last, phase)))
