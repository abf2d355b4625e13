"""The `limits` section: bounds on what is kept per user."""

from __future__ import annotations

from typing import Any

import msgspec

from livesegments.core.definition.document import Document, describe
from livesegments.core.definition.options import read_duration, read_whole
from livesegments.core.times import DAY_MS

__all__ = ["Limits", "read_limits"]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds on a user's state and on how late an event may be."""

    lateness_ms: int = 7 * DAY_MS
    samples: int = 128
    distinct: int = 1_000
    message_ids: int = 10_000
    refuse_users: tuple[str, ...] = ()
    inherited_ms: int = 0  # what `identity: {keep: {within: ...}}` says: inherited events are never too late

    @property
    def settled_ms(self) -> int:
        """Give how old an event is that no other one is put before any more."""
        return self.lateness_ms + self.inherited_ms

    @property
    def ids_kept_ms(self) -> int:
        """Give how long a message id is kept: a copy that comes later is too late."""
        return max(DAY_MS, self.lateness_ms + 1)


def read_limits(document: Document, value: Any, inherited_ms: int) -> Limits:
    """Read the limits; mistakes are noted in the document. Inherited events are at most `inherited_ms` old."""
    defaults = Limits()
    limits = document.mapping(value, ("limits",), "a mapping such as {lateness: 7d, samples: 128}")
    document.unknown_keys(
        limits, ("lateness", "samples", "distinct", "message_ids", "refuse_users"), ("limits",), "limit"
    )

    def whole(name: str, default: int, most: int) -> int:
        return read_whole(document, limits.get(name), ("limits", name), default, 1, most)

    return Limits(
        lateness_ms=read_duration(document, limits.get("lateness"), ("limits", "lateness"), defaults.lateness_ms),
        samples=whole("samples", defaults.samples, 10_000),
        distinct=whole("distinct", defaults.distinct, 100_000),
        message_ids=whole("message_ids", defaults.message_ids, 100_000),
        refuse_users=_read_users(document, limits.get("refuse_users")),
        inherited_ms=inherited_ms,
    )


def _read_users(document: Document, value: Any) -> tuple[str, ...]:
    """Read user ids that count as none, such as undefined, null and anonymous; a bare null is the text "null"."""
    users = ["null" if user is None else user for user in value] if isinstance(value, list) else value
    if users is None:
        return ()
    if not isinstance(users, list) or not all(isinstance(user, str) and user for user in users):
        message = f"expected a list of user ids such as [undefined, anonymous], found {describe(value)}"
        wrong = [user for user in users if not isinstance(user, str)] if isinstance(users, list) else []
        if wrong:
            message += f" with {describe(wrong[0])}: ids are texts, in quotes where YAML reads a number"
        document.problem(("limits", "refuse_users"), message)
        return ()
    return tuple(dict.fromkeys(users))
