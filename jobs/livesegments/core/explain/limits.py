"""Which limit a feature has hit, in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from livesegments.core.cells import Since, TallyWindow, WindowCell
from livesegments.core.explain.words import about
from livesegments.core.features import Feature, Followed, Session, States, Tally, Unfollowed
from livesegments.core.profile import Profile
from livesegments.core.program import Program

__all__ = ["AtLimit", "at_limits", "limit_words"]


class AtLimit(NamedTuple):
    """A feature that is approximate for so many of the users looked at, and what `explain` says of the last of them."""

    feature: str
    users: int
    words: str


def at_limits(program: Program, profiles: Iterable[Profile], now_ms: int) -> list[AtLimit]:
    """Give the features that have hit a limit at now, those of the most users first; profiles are advanced to now."""
    users: dict[str, int] = {}
    told: dict[str, str] = {}
    for profile in profiles:
        for slot, feature in enumerate(program.features):
            words = limit_words(feature, program.states_of(profile, slot), program.kept_of(profile, slot), now_ms)
            if words is not None:
                users[feature.name] = users.get(feature.name, 0) + 1
                told[feature.name] = words
    return [AtLimit(name, users[name], told[name]) for name in sorted(users, key=lambda name: (-users[name], name))]


def limit_words(feature: Feature, states: States, kept: States, now_ms: int) -> str | None:
    """Say which limit was hit and what that means for the value; None if none was.

    `kept` are the states of the cells that hold what the feature reads.
    """
    found = [_panes(feature, states), _distinct(feature, states, now_ms)]
    found += [_pairs(feature, states), _since(feature, kept)]
    return "; ".join(text for text in found if text) or None


def _panes(feature: Feature, states: States) -> str:
    if not feature.in_panes(states):
        return ""
    if isinstance(feature, Session):
        sessions = feature.sessions
        if sessions.periods is not None:
            return f"over {sessions.samples:,} sessions: those of a {sessions.periods.unit} are joined"
        return f"over {sessions.samples:,} sessions: they leave the window {about(sessions.pane_ms)} at a time"
    cell = feature.cells[0]
    assert isinstance(cell, WindowCell | TallyWindow)
    pane_ms = -(-feature.window.far_ms // cell.samples)  # type: ignore[attr-defined]
    return f"over {cell.samples:,} events: they leave the window {about(pane_ms)} at a time"


def _pairs(feature: Feature, states: States) -> str:
    if not isinstance(feature, Followed | Unfollowed) or not feature.at_limit(states):
        return ""
    return f"at {feature.cell.samples:,}: only the newest count"


def _since(feature: Feature, kept: States) -> str:
    for cell, state in zip(feature.kept, kept, strict=True):
        if isinstance(cell, Since) and cell.is_full(state):
            late = f"one of {' or '.join(cell.since.texts)} that comes late"
            return f"over {cell.samples:,} events since: {late} ends none of those before the newest {cell.samples:,}"
    return ""


def _distinct(feature: Feature, states: States, now_ms: int) -> str:
    """Values beyond the limit count in the total only, which is then more than the sum of the counts."""
    if not isinstance(feature, Tally) or feature.only is not None:
        return ""
    counts, total = feature.counts(states, now_ms)
    return (
        f"over {feature.distinct:,} values: further ones count in the total only"
        if sum(counts.values()) < total
        else ""
    )
