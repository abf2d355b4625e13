"""Who did it: links from visitors to users, and the handover of what a visitor did (contract section 2, "Identity")."""

from dataclasses import dataclass, replace

from oracle.changes import OracleChange
from oracle.decisions import decide_all
from oracle.definition import Definition
from oracle.lines import Event
from oracle.profiles import Profile
from oracle.walk import BAR_MS, Walk, clock_at, forget_bar, ids_kept, is_barred


@dataclass
class Link:
    """Which user a visitor is, since when by event time, and when that was used last."""

    user: str
    linked_ms: int
    used_ms: int


class IdentityWalk(Walk):
    """A walk that knows for each anonymous id whom it is linked to, and what is kept of the visitor."""

    def __init__(self, definition: Definition, until_ms: int | None) -> None:
        super().__init__(definition, until_ms)
        assert definition.identity is not None
        self.identity = definition.identity
        self.links: dict[str, Link] = {}
        self.kept: dict[str, list[Event]] = {}  # in order of arrival
        self.barred_ms: dict[str, int] = {}  # until when a visitor whose user was erased is not linked
        self.known: dict[str, int | None] = {}  # ids that came as `userId`, and when they were erased

    def place(self, event: Event) -> str:
        """Find whose event it is, and what it links; then decide as ever."""
        if self.until_ms is not None and event.time_ms > self.until_ms:
            return super().place(replace(event, user=self.owner(event, looks_only=True)))
        if event.given is not None:
            return self.place_given(event, event.given)
        if event.type == "erase":
            return self.place_erase(event)
        event = replace(event, user=self.owner(event))
        outcome = super().place(event)
        if outcome == "applied" and event.user == event.anonymous and not self.is_known(event.user, event.time_ms):
            self.keep(event)
        return outcome

    def owner(self, event: Event, looks_only: bool = False) -> str:
        """Give whose event it is; an event through a link uses it."""
        if event.given is not None:
            return event.given
        assert event.anonymous is not None
        link = self.links.get(event.anonymous)
        if link is None or event.type in ("alias", "erase"):
            return event.anonymous
        if event.time_ms - link.used_ms >= self.identity.links_ms:
            if not looks_only:
                del self.links[event.anonymous]
            return event.anonymous
        if not looks_only:
            link.used_ms = max(link.used_ms, event.time_ms)
        return link.user

    def place_given(self, event: Event, user: str) -> str:
        """Take an event with `userId`: it links first, and an erase forgets all links to the user afterwards."""
        self.know(user, event.time_ms)
        visitor = event.anonymous
        if event.type == "alias":
            visitor = event.previous or event.anonymous
        if visitor is not None and visitor != user:
            self.link(visitor, user, event.time_ms)
        outcome = super().place(event)
        if event.type == "erase":
            for one in [one for one, link in self.links.items() if link.user == user]:
                self.forget(one, event.time_ms)
            self.forget(user, event.time_ms)  # the id itself may have been linked to somebody
            self.known[user] = max(event.time_ms, self.known[user] or 0)
        return outcome

    def know(self, user: str, time_ms: int) -> None:
        """Take in that an id is a known user's: what it did as a visitor stays its own."""
        if user not in self.known:
            self.kept.pop(user, None)
        erased_ms = self.known.get(user)
        if erased_ms is None or time_ms > erased_ms:
            self.known[user] = None

    def is_known(self, user: str, now_ms: int) -> bool:
        """Say whether an id is a known user's; 30 days after an erase it is not any more."""
        if user not in self.known:
            return False
        erased_ms = self.known[user]
        if erased_ms is not None and now_ms >= erased_ms + BAR_MS:
            del self.known[user]
            return False
        return True

    def place_erase(self, event: Event) -> str:
        """Take an erase of a visitor, linked or not; the user that it is linked to stays."""
        outcome = super().place(event)
        if outcome == "applied":
            self.forget(event.user, event.time_ms)
            if self.is_known(event.user, event.time_ms):
                self.known[event.user] = max(event.time_ms, self.known[event.user] or 0)
        return outcome

    def forget(self, visitor: str, time_ms: int) -> None:
        """Forget whom a visitor is linked to and what is kept of it; no link event up to that time links it again."""
        link = self.links.pop(visitor, None)
        linked_ms = time_ms if link is None else link.linked_ms
        self.barred_ms[visitor] = max(time_ms, linked_ms, self.barred_ms.get(visitor, 0))
        self.kept.pop(visitor, None)

    def keep(self, event: Event) -> None:
        """Keep an event that was applied to a visitor: the newest by event time, each message id once."""
        kept = self.kept.setdefault(event.user, [])
        if event.message_id in {one.message_id for one in kept}:
            return
        kept.append(event)
        if len(kept) > self.identity.events:
            kept.remove(min(kept, key=lambda one: one.time_ms))  # of equal times the one that arrived first

    def link(self, visitor: str, user: str, time_ms: int) -> None:
        """Link an id to a user, unless a newer link is in force; the first link hands over."""
        link = self.links.get(visitor)
        if link is not None and time_ms - link.used_ms >= self.identity.links_ms:
            del self.links[visitor]
            link = None
        if visitor in self.barred_ms and time_ms <= self.barred_ms[visitor]:
            return
        if link is None:
            self.links[visitor] = Link(user, time_ms, time_ms)
            self.inherit(visitor, user, time_ms)
            self.end(visitor, user, time_ms)
        elif time_ms >= link.linked_ms:
            used_ms = max(link.used_ms, time_ms) if user == link.user else time_ms
            self.links[visitor] = Link(user, time_ms, used_ms)

    def inherit(self, visitor: str, user: str, time_ms: int) -> None:
        """Put the kept events of a visitor where they belong in the user, and evaluate once at the user's clock."""
        profile = self.profiles.get(user, Profile(user))
        now_ms = max([time_ms, *self.visits_ms(visitor)])
        kept = self.kept.pop(visitor, [])
        fresh = [one for one in kept if now_ms - one.time_ms < self.identity.within_ms]
        if fresh:
            self.advance(profile, time_ms)
            if not profile.applied:  # an erase is forgotten after 30 days, whether or not an event tells of them
                forget_bar(profile, time_ms)
        before = len(profile.applied)
        for event in sorted(fresh, key=lambda one: one.time_ms):
            clock_ms = clock_at(profile, event)
            known = ids_kept(self.definition, profile, clock_ms)
            if is_barred(profile, event) or event.message_id in {known_id for known_id, _ in known}:
                continue
            profile.message_ids = [*known, (event.message_id, clock_ms)][-self.definition.message_ids :]
            self.put(profile, event, clock_ms)
        if len(profile.applied) > before:
            assert profile.clock_ms is not None
            self.profiles[user] = profile
            self.emit(profile, decide_all(self.definition, profile, profile.clock_ms, "identity", None, visitor))

    def end(self, visitor: str, user: str, time_ms: int) -> None:
        """End the visitor, unless it is a user by that very id, or was idle for as long as links are kept."""
        profile, visits_ms = self.profiles.get(visitor), self.visits_ms(visitor)
        if profile is None or not visits_ms or self.is_known(visitor, time_ms) or profile.is_known:
            return
        if time_ms - max(visits_ms) >= self.identity.links_ms:
            return
        self.advance(profile, time_ms)
        ended, at_ms = tuple(sorted(profile.entered_ms)), max(time_ms, profile.clock_ms or 0)
        sequence = profile.sequence + 1
        gone_ms = at_ms + max(BAR_MS, self.identity.links_ms)
        self.profiles[visitor] = Profile(visitor, sequence=sequence, bar_ms=profile.bar_ms, numbers_until_ms=gone_ms)
        self.emit(profile, [OracleChange(visitor, sequence, "", "merged", at_ms, "identity", None, user, ended)])

    def visits_ms(self, visitor: str) -> list[int]:
        """Give the times of the applied events that were the visitor's own."""
        profile = self.profiles.get(visitor, Profile(visitor))
        return [one.time_ms for one in profile.applied if one.event.user == one.event.anonymous == visitor]
