"""What the cells of two selections share, of which events of the second follow events of the first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from livesegments.core.cells.cell import Bind, Cell
from livesegments.core.cells.tallies import key_of
from livesegments.core.events import Event
from livesegments.core.selection import Path, Selection, Selector

__all__ = ["FIRST", "NO_KEY", "SECOND", "PairCell", "Pairing"]

FIRST, SECOND = 1, 2  # bits of the role that an event has; it may have both
NO_KEY = 0
_ROLES_MAX = 1_000  # event names remembered; names are the user's and without bound
_NUMBERS_MAX = 10_000  # values at `by` whose number is remembered: a cart has several events, mostly close together


class Pairing:
    """Two selections, of which the first has the `where`, and the path whose values must be equal in both."""

    def __init__(self, first: Selection, texts: Sequence[str], following: Sequence[str], by: Path | None) -> None:
        read = [] if by is None else [by]  # beside what `where` reads: for those who ask which paths are read
        self.first = Selection(first.selector, (), first.where, [*first.where_paths, *read], items=first.items)
        self.second = Selection(Selector(following), (), None, read)
        self.following = tuple(following)
        self.by = None if by is None else Selection(self.second.selector, [by])
        content = ["pair", [], first.content, sorted(following), None if by is None else list(by)]
        self.both = Selection(Selector([*texts, *following]), content=content)
        self._roles: dict[tuple[str, str | None], int] = {}
        self._numbers: dict[str | tuple[str, ...], int] = {}

    def role_of(self, event: Event) -> int:
        """Give which of the two an event is: FIRST, SECOND, both bits or none."""
        kind = (event.type, event.event)
        role = self._roles.get(kind)
        if role is None:
            if len(self._roles) >= _ROLES_MAX:
                self._roles.clear()
            first, second = self.first.selector.matches(*kind), self.second.selector.matches(*kind)
            role = self._roles[kind] = FIRST * first | SECOND * second
        if role & FIRST and not self.first.takes_all and not self.first.accepts(event):
            role ^= FIRST
        return role

    def key_of(self, event: Event) -> int | None:
        """Give a number that stands for the values at `by`, NO_KEY without `by`, None for an event without a value."""
        if self.by is None:
            return NO_KEY
        values = self.by.scalars(event)
        if not values:
            return None
        is_text = len(values) == 1 and type(values[0]) is str  # nearly always: the id of a cart
        known_by = values[0] if is_text else tuple(map(key_of, values))
        number = self._numbers.get(known_by)
        if number is None:
            if len(self._numbers) >= _NUMBERS_MAX:
                self._numbers.clear()
            text = json.dumps([key_of(value) for value in values])
            number = int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
            self._numbers[known_by] = number
        return number


class PairCell(Cell):
    """A cell of a pairing that keeps what the longest window of its features needs; `far_ms` is None without one."""

    def __init__(self, pairing: Pairing, far_ms: int | None, samples: int, lateness_ms: int, *content: int) -> None:
        super().__init__(pairing.both, *content)
        self.pairing = pairing
        self.far_ms = far_ms
        self.samples = samples
        self.lateness_ms = lateness_ms

    def put(self, state: Any, event: Event, values: Sequence[Any], clock_ms: int) -> Any:
        return self.put_again(state, event.time_ms, self.taken(event), clock_ms)

    def taken(self, event: Event) -> list[int] | None:
        """Give the role and the key of an event, None where it is none of the two or has no key."""
        role = self.pairing.role_of(event)
        key = self.pairing.key_of(event) if role else None
        return None if key is None else [role, key]

    def remembers(self, bind: Bind) -> str | None:
        return f"{bind(self.taken, 'taken')}(event)"

    def put_again(self, state: Any, time_ms: int, remembered: Any, clock_ms: int) -> Any:
        if remembered is None:
            return state
        role, key = remembered
        return self.put_pair(state, time_ms, role, key, clock_ms)

    def put_pair(self, state: Any, time_ms: int, role: int, key: int, clock_ms: int) -> Any:
        """Give the state after an event of a role and a key."""
        raise TypeError(f"{type(self).__name__} has no `put_pair`")

    @property
    def selections(self) -> tuple[Selection, ...]:
        return self.pairing.first, self.pairing.second
