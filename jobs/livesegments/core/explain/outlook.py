"""The next change: what comes first if nothing happens."""

from __future__ import annotations

import msgspec

from livesegments.core.explain.records import NextChange
from livesegments.core.profile import Profile
from livesegments.core.step import Engine
from livesegments.core.times import DAY_MS, format_time

__all__ = ["HORIZON_MS", "next_change"]

HORIZON_MS = 3_653 * DAY_MS  # ten years


def next_change(engine: Engine, profile: Profile, now_ms: int, until_ms: int) -> NextChange | None:
    """Advance a copy of the profile, which stands at now, until something changes; None if nothing does until then."""
    ahead = engine.restore(profile.user_id, engine.snapshot(profile))
    while ahead.due_ms <= until_ms:
        changes = engine.advance(ahead, ahead.due_ms)
        if changes:
            at_ms = changes[0].time_ms
            return NextChange(
                at=format_time(at_ms),
                in_ms=at_ms - now_ms,
                changes=[msgspec.to_builtins(change.record) for change in changes],
            )
    return None
