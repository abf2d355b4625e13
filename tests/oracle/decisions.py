"""One evaluation of all segments of one user at one moment."""

from collections.abc import Callable
from typing import Any

from oracle.changes import OracleChange
from oracle.definition import Definition, Segment
from oracle.evaluation import Lookup, is_met
from oracle.features import feature_value
from oracle.profiles import Profile


def lookup_at(definition: Definition, profile: Profile, now_ms: int) -> Lookup:
    """Make the lookup of names at a moment: features from scratch, segments as they stand right now."""
    known: dict[str, Any] = {}

    def lookup(name: str) -> Any:
        if name not in definition.features:
            return name in profile.entered_ms
        if name not in known:
            known[name] = feature_value(definition, profile, name, now_ms)
        return known[name]

    return lookup


def decide_all(
    definition: Definition, profile: Profile, now_ms: int, cause: str, message_id: str | None, other: str | None = None
) -> list[OracleChange]:
    """Decide every segment once, in the order of evaluation; each sees what was decided before it."""
    lookup = lookup_at(definition, profile, now_ms)
    changes = []
    for segment in definition.segments:
        change = (decide_static if segment.is_static else decide)(segment, profile, now_ms, lookup)
        if change is not None:
            profile.sequence += 1
            profile.clock_ms = max(now_ms, profile.clock_ms or 0)
            changes.append(
                OracleChange(profile.user, profile.sequence, segment.name, change, now_ms, cause, message_id, other)
            )
    return changes


def decide(segment: Segment, profile: Profile, now_ms: int, lookup: Lookup) -> str | None:
    """Decide a dynamic segment; gives the change, if any."""
    assert segment.when is not None
    wants_in = is_met(segment.when, lookup)
    wants_out = not wants_in if segment.exit_when is None else is_met(segment.exit_when, lookup)
    if segment.name in profile.entered_ms:
        if not wants_out or now_ms - profile.entered_ms[segment.name] < segment.min_dwell_ms:
            return None
        del profile.entered_ms[segment.name]
        profile.left_ms[segment.name] = now_ms
        return "exited"
    is_cooling = segment.name in profile.left_ms and now_ms - profile.left_ms[segment.name] < segment.cooldown_ms
    if not wants_in or wants_out or is_cooling:
        return None
    profile.entered_ms[segment.name] = now_ms
    return "entered"


def decide_static(segment: Segment, profile: Profile, now_ms: int, lookup: Callable[[str], Any]) -> str | None:
    """Decide a static segment once: at the first event for a list, else when every name has a value."""
    if segment.name in profile.decided:
        return None
    if segment.members is not None:
        is_member = profile.user in segment.members
    elif all(lookup(name) is not None for name in segment.names):
        assert segment.when is not None
        is_member = is_met(segment.when, lookup)
    else:
        return None
    profile.decided[segment.name] = is_member
    if not is_member:
        return None
    profile.entered_ms[segment.name] = now_ms
    return "entered"
