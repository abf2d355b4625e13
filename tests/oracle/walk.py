"""The walk over all lines in order of arrival (contract sections 2 and 4)."""

from typing import Any

from oracle.changes import Counts, OracleChange, Result
from oracle.decisions import decide_all
from oracle.definition import Definition
from oracle.durations import DAY_MS
from oracle.features import feature_value
from oracle.instants import next_instant
from oracle.lines import Event, Rejected, read_line
from oracle.profiles import Applied, Profile

BAR_MS = 30 * DAY_MS


def clock_at(profile: Profile, event: Event) -> int:
    """Give the user's clock once the event is applied."""
    return event.time_ms if profile.clock_ms is None else max(profile.clock_ms, event.time_ms)


def is_barred(profile: Profile, event: Event) -> bool:
    """Say whether the event lies at or before the bar that an erase put up and 30 days have not taken away."""
    bar_ms = profile.bar_ms
    return bar_ms is not None and event.time_ms <= bar_ms and clock_at(profile, event) < bar_ms + BAR_MS


def forget_bar(profile: Profile, clock_ms: int) -> None:
    """Take away a bar of 30 days ago; numbering begins anew once nothing keeps it and nothing came since."""
    is_empty = not profile.applied and profile.numbers_until_ms is None
    if profile.bar_ms is not None and clock_ms >= profile.bar_ms + BAR_MS:
        profile.bar_ms = None
        profile.sequence = 0 if is_empty else profile.sequence
    if profile.numbers_until_ms is not None and clock_ms >= profile.numbers_until_ms:
        profile.numbers_until_ms = None
        profile.sequence = profile.sequence if profile.applied else 0


def ids_kept(definition: Definition, profile: Profile, clock_ms: int) -> list[tuple[str, int]]:
    """Give the message ids that are not forgotten at a clock."""
    kept_ms = max(DAY_MS, definition.lateness_ms + 1)
    return [(known, at_ms) for known, at_ms in profile.message_ids if clock_ms < at_ms + kept_ms]


class Walk:
    """The state of one run: the profiles, and what came out so far."""

    def __init__(self, definition: Definition, until_ms: int | None) -> None:
        self.definition = definition
        self.until_ms = until_ms
        self.profiles: dict[str, Profile] = {}
        self.changes: dict[str, list[OracleChange]] = {}
        self.counts = Counts()
        self.outcomes: list[str | None] = []
        self.newest_ms: int | None = None

    def take(self, line: bytes) -> str | None:
        """Take one line; gives what became of it."""
        if not line.strip():
            return None
        self.counts.events += 1
        try:
            outcome = self.place(read_line(line))
        except Rejected as rejected:
            self.counts.add_dead_letter(rejected.reason)
            return rejected.reason
        self.counts.duplicates += outcome == "duplicate"
        self.counts.ignored += outcome == "ignored"
        self.counts.applied += outcome == "applied"
        return outcome

    def place(self, event: Event) -> str:
        """Decide, in the contract's order, what becomes of an accepted event; raises Rejected."""
        profile = self.profiles.get(event.user, Profile(event.user))
        clock_ms = clock_at(profile, event)
        if event.type != "erase":
            if is_barred(profile, event):
                raise Rejected("erased")
            if clock_ms - event.time_ms > self.definition.lateness_ms:
                raise Rejected("too_late")
        kept = ids_kept(self.definition, profile, clock_ms)
        if event.message_id in {known for known, _ in kept}:
            self.newest_ms = max(event.time_ms, self.newest_ms or 0)
            return "duplicate"
        if event.type == "alias" or (self.until_ms is not None and event.time_ms > self.until_ms):
            return "ignored"
        self.profiles[event.user] = profile
        self.newest_ms = max(event.time_ms, self.newest_ms or 0)
        self.advance(profile, event.time_ms)
        if event.type == "erase":
            self.erase(profile, event, clock_ms)
        else:
            profile.message_ids = [*kept, (event.message_id, clock_ms)][-self.definition.message_ids :]
            self.apply(profile, event, clock_ms)
        return "applied"

    def advance(self, profile: Profile, now_ms: int) -> None:
        """Evaluate at every instant up to `now_ms` at which time alone could change something."""
        at_ms = profile.clock_ms
        while at_ms is not None and at_ms < now_ms:
            at_ms = next_instant(self.definition, profile, at_ms, now_ms)
            if at_ms is not None:
                self.emit(profile, decide_all(self.definition, profile, at_ms, "time", None))

    def apply(self, profile: Profile, event: Event, clock_ms: int) -> None:
        """Add an event to what is known of the user, and evaluate at the user's clock."""
        self.put(profile, event, clock_ms)
        self.emit(profile, decide_all(self.definition, profile, clock_ms, "event", event.message_id))

    def put(self, profile: Profile, event: Event, clock_ms: int) -> None:
        """Add an event to what is known of the user; an event at the end of a bar takes it away."""
        forget_bar(profile, clock_ms)
        profile.clock_ms = clock_ms
        profile.is_known = profile.is_known or event.given == profile.user
        profile.applied.append(Applied(event, len(profile.applied), clock_ms))
        profile.remembered.clear()

    def erase(self, profile: Profile, event: Event, clock_ms: int) -> None:
        """Forget the user, put up the bar, and tell so."""
        forget_bar(profile, clock_ms)
        bar_ms = max(clock_ms, profile.bar_ms or 0)
        profile.erase(bar_ms)
        profile.message_ids = [(event.message_id, bar_ms)]
        profile.sequence += 1
        self.emit(
            profile, [OracleChange(profile.user, profile.sequence, "", "erased", bar_ms, "erase", event.message_id)]
        )

    def emit(self, profile: Profile, changes: list[OracleChange]) -> None:
        self.changes.setdefault(profile.user, []).extend(changes)

    def finish(self) -> Result:
        """Advance every user to the end of the input."""
        end_ms = self.newest_ms if self.until_ms is None else self.until_ms
        for profile in self.profiles.values():
            if end_ms is not None:
                self.advance(profile, end_ms)
        return Result(self.changes, self.counts, self.outcomes, end_ms, self.features, self.members)

    def features(self, user: str, now_ms: int) -> dict[str, Any]:
        profile = self.profiles.get(user, Profile(user))
        return {name: feature_value(self.definition, profile, name, now_ms) for name in self.definition.features}

    def members(self, user: str) -> set[str]:
        return set(self.profiles.get(user, Profile(user)).entered_ms)
