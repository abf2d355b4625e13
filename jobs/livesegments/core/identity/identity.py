"""The identity step: links of anonymous ids to users, and what comes out for each event. Pure.

It knows ids, not users: what becomes of an event at its user does not change whom it links.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from livesegments.core.definition import Definition
from livesegments.core.events import Event
from livesegments.core.identity.known import KnownUsers
from livesegments.core.identity.visitor import Visitor
from livesegments.core.profile import NO_TIME

__all__ = ["Ending", "Handover", "Identity", "Move", "Resolved"]


class Handover(NamedTuple):
    """A visitor is from now on the user: the kept items by time, none where the visitor was another user before."""

    user_id: str
    visitor: str
    items: list[Any]
    time_ms: int


class Ending(NamedTuple):
    """The profile of a visitor ends, for it is now a user's."""

    visitor: str
    into: str
    time_ms: int


Move = Handover | Ending


class Resolved(NamedTuple):
    """Whom an event belongs to, and what moves before it is applied, in this order."""

    user_id: str
    moves: Sequence[Move] = ()
    is_visitor: bool = False


class Identity:
    """All anonymous ids of a run; events later than `until_ms` do nothing."""

    def __init__(self, definition: Definition, until_ms: int | None = None) -> None:
        assert definition.identity is not None
        self._spec = definition.identity
        self._limits = definition.limits
        self._until_ms = until_ms
        self._visitors: dict[str, Visitor] = {}
        self._known = KnownUsers()
        self._linked: dict[str, dict[str, None]] = {}  # by user: the anonymous ids linked to them

    def take(self, event: Event, item: Any) -> Resolved:
        """Give whom an event belongs to and what moves; `item` is kept for a visitor's event, to be handed over."""
        user_id, anonymous_id, time_ms = event.given_user_id, event.anonymous_id, event.time_ms
        if self._until_ms is not None and time_ms > self._until_ms:
            return Resolved(event.user_id)
        if event.type == "alias":
            anonymous_id = event.previous_id or anonymous_id
        elif user_id is None:
            return self._of_anonymous(event, item)
        if user_id is None:
            return Resolved(event.user_id)
        self._know(user_id, time_ms)
        moves = self._link(anonymous_id, user_id, time_ms) if anonymous_id and anonymous_id != user_id else ()
        if event.type == "erase":
            self._forget(user_id, time_ms)
            self._bar(user_id, self._visitor(user_id, time_ms), time_ms)
            self._known.erase(user_id, time_ms)
        return Resolved(user_id, moves)

    def _of_anonymous(self, event: Event, item: Any) -> Resolved:
        anonymous_id, time_ms = event.user_id, event.time_ms
        visitor = self._visitor(anonymous_id, time_ms)
        is_known = self._known.has(anonymous_id, time_ms)
        if event.type == "erase":
            if visitor.erase(event, self._limits):
                if is_known:
                    self._known.erase(anonymous_id, time_ms)
                self._bar(anonymous_id, visitor, time_ms)
        elif visitor.user is not None:
            visitor.used_ms = max(visitor.used_ms, time_ms)
            return Resolved(visitor.user)
        elif not is_known:
            visitor.keep(event, item, self._limits, self._spec.events)
        return Resolved(anonymous_id, (), not is_known)

    def _know(self, user_id: str, time_ms: int) -> None:
        """Take in that an id is a known user's: what was kept of it as a visitor stays the user's."""
        visitor = self._visitors.get(user_id) if self._known.add(user_id, time_ms) else None
        if visitor is not None:
            visitor.kept, visitor.is_active = [], False

    def _visitor(self, anonymous_id: str, now_ms: int) -> Visitor:
        """Give what is known of an id; a link that nothing used for long is forgotten."""
        visitor = self._visitors.get(anonymous_id)
        if visitor is None:
            visitor = self._visitors[anonymous_id] = Visitor()
        elif visitor.user is not None and now_ms - visitor.used_ms >= self._spec.links_ms:
            self._unlink(anonymous_id, visitor)
        return visitor

    def _link(self, anonymous_id: str, user_id: str, time_ms: int) -> Sequence[Move]:
        visitor = self._visitor(anonymous_id, time_ms)
        before = visitor.user
        if time_ms <= visitor.barred_ms or time_ms < visitor.linked_ms:
            return ()
        visitor.linked_ms = time_ms
        visitor.used_ms = max(visitor.used_ms, time_ms) if before == user_id else time_ms
        if before == user_id:
            return ()
        if before is not None:
            self._drop(before, anonymous_id)
        visitor.user = user_id
        self._linked.setdefault(user_id, {})[anonymous_id] = None
        return [Handover(user_id, anonymous_id, [], time_ms)] if before else self._hand_over(visitor, anonymous_id)

    def _hand_over(self, visitor: Visitor, anonymous_id: str) -> Sequence[Move]:
        """Give what a visitor who was just linked for the first time hands over."""
        assert visitor.user is not None
        user_id, time_ms = visitor.user, visitor.linked_ms
        now_ms = max(time_ms, visitor.clock_ms)
        items = [kept.item for kept in visitor.kept if now_ms - kept.time_ms < self._spec.within_ms]
        moves: list[Move] = [Handover(user_id, anonymous_id, items, time_ms)]
        visitor.kept = []
        if visitor.is_active and now_ms - visitor.clock_ms < self._spec.links_ms:
            moves.append(Ending(anonymous_id, user_id, time_ms))
            visitor.begin()  # else the profile goes on, with the message ids that it knows
        return moves

    def _forget(self, user_id: str, time_ms: int) -> None:
        for anonymous_id in self._linked.pop(user_id, ()):
            visitor = self._visitors[anonymous_id]
            visitor.barred_ms = max(visitor.barred_ms, visitor.linked_ms, time_ms)
            visitor.user, visitor.linked_ms, visitor.used_ms = None, NO_TIME, NO_TIME

    def _bar(self, anonymous_id: str, visitor: Visitor, time_ms: int) -> None:
        """Forget whom an erased id is linked to; no event up to the erase or that link makes it again."""
        visitor.barred_ms = max(visitor.barred_ms, visitor.linked_ms, time_ms)
        self._unlink(anonymous_id, visitor)

    def _unlink(self, anonymous_id: str, visitor: Visitor) -> None:
        if visitor.user is not None:
            self._drop(visitor.user, anonymous_id)
        visitor.user, visitor.linked_ms, visitor.used_ms = None, NO_TIME, NO_TIME

    def _drop(self, user_id: str, anonymous_id: str) -> None:
        linked = self._linked[user_id]
        del linked[anonymous_id]
        if not linked:
            del self._linked[user_id]
