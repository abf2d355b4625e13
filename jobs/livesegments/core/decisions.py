"""The decision: whether a user changes, enters when out or leaves when in."""

from __future__ import annotations

from livesegments.core.profile import Profile
from livesegments.core.program import CompiledSegment
from livesegments.core.times import NEVER

__all__ = ["is_changing"]


def is_changing(segment: CompiledSegment, profile: Profile, now_ms: int) -> bool:
    """Tell whether the user changes now, where the segment has a memory: `exit_when`, dwell, cooldown or static."""
    if segment.spec.static:
        return _decides_once(segment, profile, now_ms)
    if profile.values[segment.slot]:
        return _leaves(segment, profile, now_ms)
    return _enters(segment, profile, now_ms)


def _leaves(segment: CompiledSegment, profile: Profile, now_ms: int) -> bool:
    if now_ms - profile.members[segment.spec.name] < segment.spec.min_dwell_ms:
        return False
    if segment.exit_when is not None:
        return segment.exit_when(profile, now_ms) is True
    return segment.when(profile, now_ms) is not True


def _enters(segment: CompiledSegment, profile: Profile, now_ms: int) -> bool:
    if segment.when(profile, now_ms) is not True:
        return False
    if segment.exit_when is not None and segment.exit_when(profile, now_ms) is True:
        return False
    left_ms = profile.left.get(segment.spec.name)
    return left_ms is None or now_ms - left_ms >= segment.spec.cooldown_ms


def _decides_once(segment: CompiledSegment, profile: Profile, now_ms: int) -> bool:
    """Decide a static segment at the first moment when nothing that it names is null, and never again.

    A timer may decide ahead of an event that the user then makes earlier: what was decided after now does not count.
    """
    values = profile.values
    if values[segment.slot]:
        return False
    if segment.spec.members is not None:
        return profile.user_id in segment.spec.members
    if profile.decided.get(segment.fingerprint, NEVER) <= now_ms:
        return False
    profile.decided.pop(segment.fingerprint, None)
    segment.update(profile, now_ms)
    if any(values[slot] is None for slot in segment.name_slots):
        return False
    if segment.when(profile, now_ms) is True:
        return True
    profile.decided[segment.fingerprint] = now_ms
    return False
